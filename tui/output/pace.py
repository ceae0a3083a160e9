"""How much may be under way to a terminal: a window that its answers move, else a rate by the clock.

Behind what is sent goes a question that every terminal answers. Its answer says that everything before has arrived:
from that comes how fast the line is and how far. What the line itself holds may be under way, and a little more, so
that it never runs dry and next to nothing waits in it (the way of TCP's BBR: Cardwell et al., ACM Queue 14/5, 2016). A
terminal that never answers gets its bytes by the clock; one that ceases to answer has a line that stalls, and gets
next to nothing.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

QUESTION = "\x1b[5n"
"""Device status report (ECMA-48, DSR): tmux and screen answer it too, and unlike that of the cursor's position its
answer, `CSI 0 n`, looks like no key."""

LEAST = 1_024
"""Bytes that may be under way on the slowest line."""
FIRST = 3_072
"""Bytes that may be under way when the terminal has just begun to answer: 0.1 s of 256 kbit/s."""
MOST = 16_384
"""Bytes that may be under way on a fast line, however far; and before the first answer, so that a screen goes whole."""
LEAST_PIECE, MOST_PIECE = 512, 8_192
"""Bytes after which another question is put, on slow lines and on fast ones: each answer costs some work."""
PIECE_SECONDS = 0.016
"""Seconds that a piece takes between these."""
MORE = 2
"""Pieces that wait in the line: while the answer to one is on its way, the other goes."""

SMALL = 512
"""Bytes that hold nothing up."""
SPARED = 2
"""What part of a piece is not asked about while nothing else is under way."""
DRIFT = 1 / 8
"""How fast the usual delay follows answers to questions that nothing held up: lines change."""
SPEEDS = 8
"""Answers of which the quickest tells the line's speed: one that comes late says nothing, all of them do."""
SHORTEST = 0.001
"""Seconds that an answer takes at least, for what is computed from it."""

SILENCE = 1.0
"""Seconds without an answer after which one is not waited for any more."""
USUAL_TIMES = 4
"""How many times the usual delay is not yet silence, on a slow line."""
RATE = 16_384
"""Bytes a second to a terminal that does not answer."""
STALLED_RATE = 2_048
"""Bytes a second while a terminal that used to answer is silent."""
STALLED_FOR = 10.0
"""Seconds after which such a terminal counts as one that does not answer."""
FRAME = 0.1
"""Seconds between two frames by the clock."""
ASK_AGAIN = 5.0
"""Seconds between two questions to a silent terminal."""

BLOCKED = 2
"""Writes that wait for a terminal which takes nothing: none is added."""
LOOK_AGAIN = 0.05
"""Seconds until writes that wait are counted again."""


class _Asked(NamedTuple):
    """A question under way."""

    size: int
    """Bytes sent with it and before it, back to the question before."""
    at: float
    """When it was put."""
    alone: bool
    """Whether next to nothing was under way that could hold it up."""
    full: bool
    """Whether as much was under way as may be, so that the line was in use."""
    arrived: int
    """Bytes that had arrived by then."""


class Pace:
    """What one terminal can take. Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.window = FIRST
        """Bytes that may be under way while the terminal answers."""
        self.answers: bool | None = None
        """Whether it answers; None: nothing is known yet."""
        self._asked: deque[_Asked] = deque()
        self._behind = 0
        self._quickest: float | None = None
        self._saved = float(MOST)
        self._saved_at: float | None = None
        self._arrived = 0
        self._speeds: deque[float] = deque(maxlen=SPEEDS)
        self._sent_at = self._last_question = float("-inf")
        self._silent_since: float | None = None
        self._waiting = 0

    @property
    def piece(self) -> int:
        """Bytes behind which a question belongs."""
        return _within(LEAST_PIECE, self._speed * PIECE_SECONDS, MOST_PIECE)

    @property
    def _speed(self) -> float:
        """Bytes a second that the line takes, as far as is known."""
        return max(self._speeds, default=0.0)

    @property
    def under_way(self) -> int:
        """Bytes that were sent and not answered for."""
        return sum(asked.size for asked in self._asked) + self._behind

    def room(self, now: float) -> int:
        """Bytes that may be sent now; 0: wait."""
        if self._waiting >= BLOCKED:
            return 0
        self._listen(now)
        if self.answers:
            return max(0, self.window - self.under_way)
        if 0 < now - self._sent_at < FRAME:  # what is sent at the same time is the same frame
            return 0
        return max(0, int(self._save(now)))

    def sent(self, count: int, now: float) -> bool:
        """Take note of `count` bytes that are sent, none to ask only. True: put the question behind them."""
        self._listen(now)
        self._saved = self._save(now) - count
        self._sent_at = now if count else self._sent_at
        self._behind += count
        if self.answers is False:
            ask = now - self._last_question >= ASK_AGAIN
        elif self._asked:
            ask = self._behind >= self.piece
        else:
            ask = self._behind >= max(SMALL, self.piece // SPARED) or not count or self.answers is None
        if ask:
            under_way = self.under_way
            full = self.window - under_way < self.piece
            self._asked.append(_Asked(self._behind, now, under_way < SMALL, full, self._arrived))
            self._behind = 0
            self._last_question = now
        return ask

    def answered(self, now: float) -> None:
        """The answer to the oldest question came back. One to no question changes nothing but that it answers."""
        was_silent = self.answers is False
        self.answers, self._silent_since = True, None
        if was_silent:
            # How long it took says nothing of the line's usual; what else was asked has arrived, too, or is lost.
            self._asked.clear()
            self._speeds.clear()
            self._behind, self.window = 0, LEAST
        elif self._asked:
            self._learn(self._asked.popleft(), now)

    def wait(self, now: float) -> float | None:
        """Seconds until `room` may change without an answer; None: it has room, or only an answer changes it."""
        if self._waiting >= BLOCKED:
            return LOOK_AGAIN
        if self.room(now) > 0:
            return None
        if self.answers:
            return max(0.0, self._asked[0].at + self._patience() - now) if self._asked else None
        missing = (1 - self._save(now)) / self._rate(now)
        return max(self._sent_at + FRAME - now, missing, 0.0)

    def blocked(self, waiting: int, now: float) -> None:
        """Take note of how many writes the terminal has not taken yet."""
        del now  # part of the contract; how long it has been does not matter
        self._waiting = waiting

    def _patience(self) -> float:
        return max(SILENCE, USUAL_TIMES * (self._quickest or 0.0))

    def _listen(self, now: float) -> None:
        """See whether the terminal has fallen silent."""
        if not self._asked or now - self._asked[0].at < self._patience() or self.answers is False:
            return
        if self.answers:
            self._silent_since = now
        self.answers = False
        self._saved, self._saved_at = 0.0, now

    def _rate(self, now: float) -> int:
        stalled = self._silent_since is not None and now - self._silent_since < STALLED_FOR
        return STALLED_RATE if stalled else RATE

    def _save(self, now: float) -> float:
        """Bytes that the clock has granted and nothing used; a rest is no reason for a flood."""
        if self._saved_at is not None:
            most = max(self._saved, float(FIRST))
            self._saved = min(most, self._saved + (now - self._saved_at) * self._rate(now))
        self._saved_at = now
        return self._saved

    def _learn(self, asked: _Asked, now: float) -> None:
        """Learn from an answer how far the line is and how fast, and how much it therefore holds."""
        self._arrived += asked.size
        delay = max(0.0, now - asked.at)
        if self._quickest is None or delay <= self._quickest:
            self._quickest = delay
        elif asked.alone:
            self._quickest += (delay - self._quickest) * DRIFT
        speed = (self._arrived - asked.arrived) / max(delay, SHORTEST)
        if asked.full or speed > self._speed:  # where there was too little to send, it was not the line that was slow
            self._speeds.append(speed)
        if self._speeds:
            self.window = _within(LEAST, self._speed * self._quickest + MORE * self.piece, MOST)


def _within(least: int, value: float, most: int) -> int:
    return round(min(max(value, least), most))
