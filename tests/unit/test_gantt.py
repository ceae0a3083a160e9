"""The time axis of a run and the strips of its jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from data.model import JobRun
from tests.unit.jobs import BEGAN, NOW, a_job, a_run
from tui.present.gantt import CUT, heading, strip
from tui.present.timeline import Axis, Lane, Part, horizon, lanes, make_axis, span
from widgets.cells import Cell
from widgets.glyphs import ASCII, UNICODE, use

START = BEGAN.timestamp()


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def axis_of(*jobs: JobRun, **values: object) -> tuple[Axis, dict[str, Lane]]:
    run = a_run("build test", **values)
    own = lanes(run, jobs, NOW)
    return make_axis(run, own), own


def test_a_lane_has_the_time_in_the_queue_before_the_time_it_ran():
    (lane,) = lanes(a_run(), [a_job(1, "build", "build", begin=20, lasts=40, queued_time=15)], NOW).values()
    assert lane == Lane(START + 5, START + 20, START + 60, "success")


def test_a_running_job_reaches_to_now_and_one_that_never_began_has_no_lane():
    own = lanes(a_run(), [a_job(1, "a", "x", begin=20, status="running"), a_job(2, "b", "x", status="created")], NOW)
    assert list(own) == ["g:1:job:1"]
    assert own["g:1:job:1"].end == NOW.timestamp()


@pytest.mark.parametrize(
    ("needs", "expected"),
    [
        pytest.param("", 90, id="the stages before"),
        pytest.param("fetch", 30, id="what it needs"),
    ],
)
def test_a_pending_job_waits_since_its_turn_came(needs, expected):
    jobs = [
        a_job(1, "fetch", "build", begin=0, lasts=30),
        a_job(2, "lint", "build", begin=0, lasts=90),
        a_job(3, "unit", "test", needs, status="pending"),
    ]
    lane = lanes(a_run("build test"), jobs, NOW)["g:1:job:3"]
    assert (lane.queued, lane.start, lane.end) == (START + expected, None, NOW.timestamp())


def test_a_retried_attempt_does_not_tell_when_the_next_stage_began():
    jobs = [
        a_job(1, "fetch", "build", begin=0, lasts=300, retried=True),
        a_job(2, "fetch", "build", begin=10, lasts=20),
        a_job(3, "unit", "test", status="pending"),
    ]
    assert lanes(a_run("build test"), jobs, NOW)["g:1:job:3"].queued == START + 30


def test_a_span_holds_all_lanes():
    assert span([Lane(5, 10, 20, "success"), Lane(2, None, 30, "pending")], "running") == Lane(2, 10, 30, "running")
    assert span([], "running") is None


def test_the_axis_is_common_and_places_are_parts_of_it():
    axis, _ = axis_of(a_job(1, "a", "build", begin=0, lasts=50), a_job(2, "b", "test", begin=50, lasts=50))
    assert axis.length == 100
    assert [axis.place(START + at) for at in (-9, 0, 25, 100, 200)] == [0, 0, 0.25, 1, 1]


def test_idle_days_are_cut_out_and_short_pauses_are_not():
    jobs = [
        a_job(1, "a", "build", begin=0, lasts=100),
        a_job(2, "b", "test", begin=150, lasts=50),
        a_job(3, "deploy", "test", begin=300_000, lasts=100),
    ]
    axis, own = axis_of(*jobs)
    assert [(part.start - START, part.end - START) for part in axis.parts] == [(0, 200), (300_000, 300_100)]
    assert axis.length < 320
    assert axis.place(START + 150_000) == axis.place(START + 200)
    drawn = strip(own["g:1:job:3"], axis, 60).text
    assert drawn.rstrip().endswith("━" * 18)
    assert CUT in strip(own["g:1:job:1"], axis, 60).text


def test_the_axis_of_a_running_run_grows_in_steps_and_reaches_to_its_estimated_end():
    job = a_job(1, "a", "build", begin=0, status="running")
    run = a_run(status="running")
    lengths = {make_axis(run, lanes(run, [job], NOW + timedelta(seconds=second))).length for second in range(0, 60, 5)}
    assert len(lengths) <= 2
    assert all(length >= 600 for length in lengths)
    own = lanes(run, [job], NOW)
    assert make_axis(run, own, 900).length >= 1500
    assert axis_of()[0] == Axis(START, 0.0, ())


def test_horizons_are_a_fixed_series():
    assert horizon(1) == horizon(30) == 30
    assert horizon(31) == pytest.approx(34.5)
    assert horizon(34.5) == pytest.approx(34.5)


AXIS = Axis(0, 100, (Part(0, 100, 0),))


@pytest.mark.parametrize(
    ("lane", "expected"),
    [
        (Lane(0, 0, 100, "success"), "━━━━━━━━━━"),
        (Lane(0, 50, 100, "success"), "─────━━━━━"),
        (Lane(0, 45, 100, "success"), "────╼━━━━━"),
        (Lane(15, 20, 45, "failed"), " ╶━━╸"),
        (Lane(20, None, 40, "pending"), "  ──"),
        (Lane(50, 50, 50.001, "success"), "     ╸"),
        (Lane(100, 100, 100, "success"), "         ╺"),
    ],
)
def test_a_strip_has_two_places_to_a_cell(lane, expected):
    assert strip(lane, AXIS, 10).text == expected


def test_what_waited_is_dim_and_what_ran_has_the_tone_of_its_status():
    assert strip(Lane(0, 50, 100, "failed"), AXIS, 4) == Cell.of(("──", "dim"), ("━━", "failed"))


def test_without_lane_axis_or_room_there_is_nothing():
    assert strip(None, AXIS, 10) == Cell()
    assert strip(Lane(0, 0, 1, "success"), Axis(0, 0, ()), 10) == Cell()
    assert strip(Lane(0, 0, 1, "success"), AXIS, 0) == Cell()


def test_ascii_strips_tell_waiting_from_running():
    use(ASCII)
    assert strip(Lane(0, 50, 100, "success"), AXIS, 10).text == "-----====="


@pytest.mark.parametrize(
    ("length", "width", "expected"),
    [
        (100, 40, "0:00        0:30        1:00        1:30"),
        (7200, 30, "0:00   0:30:00 1:00:00"),
        (100, 5, ""),
    ],
)
def test_the_heading_has_round_times_where_they_lie(length, width, expected):
    shown = heading(Axis(0, length, (Part(0, length, 0),)), width)
    if not expected:
        assert shown == ""
        return
    assert shown.startswith("0:00")
    for label in ("0:30", "1:00") if length == 100 else ("1:00:00",):
        seconds = sum(int(part) * 60**place for place, part in enumerate(reversed(label.split(":"))))
        assert abs(shown.index(label) - seconds / length * width) <= 1


def test_behind_a_cut_the_heading_says_how_late_it_is():
    axis, _ = axis_of(a_job(1, "a", "build", begin=0, lasts=100), a_job(2, "b", "test", begin=300_000, lasts=100))
    assert "3d 11h" in heading(axis, 60)
