"""How much may be under way, against simulated lines; the clock is ours."""

from __future__ import annotations

import math
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.output import pace as pacing
from tui.output.pace import FIRST, FRAME, LEAST, MOST, RATE, STALLED_RATE, Pace

START = 100.0


class Line:
    """A line of some bytes a second and a round trip in seconds, with a terminal that answers at its end."""

    def __init__(self, rate: float, trip: float) -> None:
        self.rate, self.trip = rate, trip
        self.free_at = START
        self.answers: deque[float] = deque()
        self.arrived = 0
        self.most = 0.0

    def send(self, count: int, now: float, asked: bool) -> None:
        self.free_at = max(now, self.free_at) + count / self.rate
        self.most = max(self.most, self.free_at - now)
        self.arrived += count
        if asked:
            self.answers.append(self.free_at + self.trip)


def run(pace: Pace, line: Line, seconds: float, *, start: float = START) -> float:
    """Send over the line as fast as `pace` lets, in its pieces; returns the time it ended."""
    now = start
    while now < start + seconds:
        while line.answers and line.answers[0] <= now:
            line.answers.popleft()
            pace.answered(now)
        while room := pace.room(now):
            count = min(room, pace.piece)
            line.send(count, now, pace.sent(count, now))
        now += 0.005
    return now


def test_little_is_under_way_on_a_slow_line_and_it_is_used_well() -> None:
    line = Line(rate=32_000, trip=0.1)
    run(Pace(), line, 10.0)
    assert line.arrived > 0.8 * 32_000 * 10
    assert line.most < MOST / 32_000 + 0.1


def test_the_slowest_line_is_never_long_behind() -> None:
    pace, line = Pace(), Line(rate=8_000, trip=0.1)
    pace.sent(0, START)
    pace.answered(START + 0.1)
    run(pace, line, 10.0)
    assert line.arrived > 0.5 * 8_000 * 10
    assert line.most < 0.6


def test_a_fast_line_that_is_far_gets_more_under_way() -> None:
    pace = Pace()
    line = Line(rate=10_000_000, trip=0.2)
    run(pace, line, 20.0)
    assert pace.window == MOST
    assert line.arrived > 10 * MOST


def test_a_line_that_gets_slow_soon_has_no_more_than_it_holds_under_way() -> None:
    pace, line = Pace(), Line(rate=10_000_000, trip=0.2)
    now = run(pace, line, 20.0)
    assert pace.window == MOST
    line.rate, line.most = 32_000, 0.0
    now = run(pace, line, 3.0, start=now)
    assert pace.window < 2.5 * 32_000 * 0.2
    line.most = 0.0
    run(pace, line, 3.0, start=now)
    assert line.most < 0.2


def test_small_frames_on_a_quiet_line_say_nothing_of_its_speed() -> None:
    pace, line = Pace(), Line(rate=32_000, trip=0.1)
    now = run(pace, line, 5.0)
    before = pace.window
    for _ in range(100):
        now += 0.3
        while line.answers and line.answers[0] <= now:
            pace.answered(line.answers.popleft())
        line.send(100, now, pace.sent(100, now))
    assert pace.window > 0.8 * before


def test_next_to_nothing_is_not_asked_about() -> None:
    pace = Pace()
    assert pace.sent(0, START)
    pace.answered(START + 0.1)
    asked = 0
    for frame in range(20):
        now = START + 1 + frame
        if pace.sent(pacing.SMALL // 2, now):
            asked += 1
            pace.answered(now + 0.1)
    assert asked == 10


def test_a_question_stands_behind_more_on_a_fast_line() -> None:
    slow, fast = Pace(), Pace()
    run(slow, Line(rate=32_000, trip=0.1), 2.0)
    run(fast, Line(rate=10_000_000, trip=0.002), 2.0)
    assert 4 * slow.piece < fast.piece


def test_before_the_line_is_known_a_first_screen_goes_whole_and_is_asked_about() -> None:
    pace = Pace()
    assert pace.room(START) == MOST
    assert pace.sent(0, START)
    assert pace.sent(10_000, START)
    pace.answered(START + 0.1)
    assert pace.window == FIRST
    pace.answered(START + 0.4)
    assert pace.window == pytest.approx(10_000 / 0.4 * 0.1, abs=pacing.MORE * pacing.LEAST_PIECE)


def test_asking_alone_delays_no_frame() -> None:
    pace = Pace()
    assert pace.sent(0, START)
    assert pace.room(START) == MOST


def test_with_answers_never_more_than_the_window_is_under_way() -> None:
    pace = Pace()
    pace.sent(0, START)
    pace.answered(START + 0.1)
    now = START + 0.2
    assert pace.room(now) == FIRST
    pace.sent(FIRST, now)
    assert pace.room(now) == 0
    assert pace.wait(now) == pytest.approx(1.0)
    pace.answered(now + 0.15)
    assert pace.room(now + 0.15) >= FIRST


def test_a_terminal_that_never_answers_gets_its_bytes_by_the_clock() -> None:
    pace, line = Pace(), Line(rate=1e9, trip=math.inf)
    run(pace, line, 20.0)
    assert 0.8 * 20 * RATE < line.arrived < 20 * RATE + MOST + 2 * FIRST
    assert pace.answers is False
    pace.sent(1, START + 20)
    assert pace.room(START + 20.01) == 0
    assert 0 < (pace.wait(START + 20.01) or 0) <= 2 * FRAME


def test_a_line_that_stalls_gets_next_to_nothing_and_recovers_with_the_first_answer() -> None:
    pace = Pace()
    pace.sent(0, START)
    pace.answered(START + 0.1)
    now, sent = START + 1.0, 0
    while now < START + 6.0:
        if room := pace.room(now):
            sent += room
            pace.sent(room, now)
        now += 0.01
    assert pace.answers is False
    assert sent <= FIRST + 4 * STALLED_RATE + FIRST
    pace.answered(now)
    assert pace.answers is True and pace.room(now) == LEAST


def test_a_terminal_that_stays_silent_long_is_served_by_the_clock_again() -> None:
    pace = Pace()
    pace.sent(0, START)
    pace.answered(START + 0.1)
    pace.sent(2_000, START + 1)
    assert pace.room(START + 2.5) == 0 and pace.answers is False
    sent, now = 0, START + 13.0
    while now < START + 15.0:
        if room := pace.room(now):
            sent += room
            pace.sent(room, now)
        now += 0.01
    assert sent > RATE


def test_a_silent_terminal_is_asked_now_and_then() -> None:
    pace = Pace()
    asked = [at for at in range(60) if pace.sent(100, START + at)]
    assert 60 / pacing.ASK_AGAIN - 2 <= len(asked) <= 60 / pacing.ASK_AGAIN + 1


def test_a_writer_that_does_not_drain_stops_everything() -> None:
    pace = Pace()
    pace.blocked(pacing.BLOCKED, START)
    assert pace.room(START) == 0
    assert pace.wait(START) == pacing.LOOK_AGAIN
    pace.blocked(0, START + 1)
    assert pace.room(START + 1) > 0


def test_what_is_late_is_measured_by_the_usual_delay() -> None:
    pace = Pace()
    pace.sent(0, START)
    pace.answered(START + 0.8)
    pace.sent(FIRST, START + 1)
    assert pace.room(START + 3.5) == 0 and pace.answers is True
    assert pace.room(START + 4.5) >= 0 and pace.answers is False


def test_what_was_sent_before_the_first_answer_never_blocks_what_comes_after() -> None:
    pace = Pace()
    while (room := pace.room(START)) > 0:
        pace.sent(min(room, 700), START)
    pace.answered(START + 0.1)
    assert pace.room(START + 0.1) > 0 or pace.wait(START + 0.1) is not None


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(["sent", "answered", "room", "blocked"]), st.floats(0, 3)), max_size=60))
def test_whatever_answers_come_the_numbers_stay_in_their_bounds(steps: list[tuple[str, float]]) -> None:
    pace, now = Pace(), START
    for what, later in steps:
        now += later
        if what == "sent":
            pace.sent(500, now)
        elif what == "answered":
            pace.answered(now)
        elif what == "blocked":
            pace.blocked(int(later * 2), now)
        assert 0 <= pace.room(now) <= MOST
        assert LEAST <= pace.window <= MOST
        wait = pace.wait(now)
        assert wait is None or 0 <= wait < 60
        assert wait is not None or pace.room(now) > 0  # it is never stuck for good
