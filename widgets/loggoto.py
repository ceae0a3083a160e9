"""Going to a line, a part, a time of day or an age."""

from __future__ import annotations

import re
from datetime import datetime

from widgets.logmarks import LogMarks
from widgets.logmoves import counted

NUMBER = re.compile(r"-?\d{1,18}")
PERCENT = re.compile(r"(\d{1,3})\s*%")

HELP = "4312, -20 from the end, 50%, 12:30, or +90s since the beginning"


class LogGoto(LogMarks):
    """Goes to a place at once where it is known already, and else as soon as it is."""

    _aim: str | int = ""
    """Where to go when the log is known from its beginning: the text of a place, or a byte of the file; "" for none."""

    def restarted(self) -> None:
        """Nowhere to go in the new log."""
        super().restarted()
        self._aim = ""

    def shifted(self, count: int) -> None:
        """Go where one wanted to, if that is known now."""
        super().shifted(count)
        aim, index = self._aim, self.index
        if index is None or aim == "":
            return
        wrong = ""
        if isinstance(aim, int) and aim >= index.start:
            wrong = self._go_to_byte(aim)
        elif isinstance(aim, str) and index.complete:
            wrong = self.goto(aim)
        if wrong:
            self.tell(wrong, "warning")

    def goto(self, text: str) -> str:
        """Go to a place: `4312` a line, `-20` from the end, `50%`, `12:30[:05]`, `+90s`, `+2m` or `+1:30`.

        Returns what is wrong with it, "" when nothing is. What is not known yet is gone to as soon as it is.
        """
        text = text.strip()
        self._aim = ""
        if self.index is None or not self.lines:
            return "there are no lines yet"
        if NUMBER.fullmatch(text) or PERCENT.fullmatch(text):
            return self._go_to_number(text)
        if ":" in text or text.startswith("+"):
            return self._go_to_time(text)
        return HELP

    def _go_to_number(self, text: str) -> str:
        assert self.index is not None
        from_end = text.startswith("-") and int(text) >= -self.lines
        if not self.index.complete and not from_end:
            self._aim = text
            self.tell("the lines are being counted; going there as soon as they are", "dim")
            return ""
        part = PERCENT.fullmatch(text)
        if part is not None:
            if int(part[1]) > 100:  # noqa: PLR2004 - percent
                return "a log has 100 %"
            return self._go(min(self.lines - 1, self.lines * int(part[1]) // 100))
        number = int(text)
        if number == 0:
            return "lines are counted from 1"
        if abs(number) > self.lines:
            return f"the log has {counted(self.lines, 'line')}"
        return self._go(number - 1 if number > 0 else self.lines + number)

    def _go_to_time(self, text: str) -> str:
        from data.logtext.when import LogTimes, parse_age, parse_clock

        assert self.index is not None
        clock, age = parse_clock(text), parse_age(text)
        if clock is None and age is None:
            return HELP
        times = LogTimes(self.index, self.zone)
        if times.first is None:
            return "this log has no timestamps"
        moment = times.first.time + age if age is not None else times.moment_of(clock) if clock is not None else None
        offset = None if moment is None else times.offset_at(moment)
        if offset is None:
            return f"the log has times from {self._clock(times.first.time)} to {self._clock(times.last)}"
        return self._go_to_byte(offset)

    def _clock(self, moment: datetime | None) -> str:
        return "" if moment is None else moment.astimezone(self.zone).strftime("%H:%M:%S")

    def _go_to_byte(self, offset: int) -> str:
        assert self.index is not None
        self._aim = ""
        if offset < self.index.start:
            self._aim = offset
            self.tell("that part is being read; going there as soon as it is", "dim")
            return ""
        return self._go(self.index.line_at(offset))

    def _go(self, line: int) -> str:
        found = self.nearest(line)
        if found is None:
            return "the filter shows no line from there on"
        self.show_line(found)
        if found != line:
            self.tell(f"the filter does not show line {line + 1:,}; this is the next one that it shows", "dim")
        return ""
