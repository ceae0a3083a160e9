"""What one does with a log that is shown: search, filter, go to, copy, save, open it in another program.

A screen with one log takes `Reading` in before its other bases and gives it `view`, `index`, `log_path` and `log_name`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

from tui.reading_out import Outlets
from widgets.logmoves import counted
from widgets.logview import LogView

if TYPE_CHECKING:
    from widgets.prompt import Prompt

Asking: TypeAlias = Literal["", "search", "filter", "goto", "save"]
"""What the prompt line is open for."""

CASES: tuple[bool | None, ...] = (None, True, False)
"""Ways to compare: smart (capitals in the pattern make it exact), exact, ignored."""
CASE_NAMES = {None: "smart case", True: "exact case", False: "case ignored"}
CASE_SIGNS = {None: "", True: " Aa", False: " aa"}
PLACE = re.compile(r"[-+]?\d[\d:hms]*\s*%?")
"""What the `:` line takes for a place: `4312`, `-20`, `50%`, `12:30`, `+90s`."""


class Reading(Outlets):
    """Carries out the log commands that need more than the log view."""

    searched: str = ""
    """What is searched for; "" for nothing."""
    filtered_by: str = ""
    """What lines are filtered by; "" for nothing."""
    _regex = False
    _case: bool | None = None
    _asking: Asking = ""
    _way = ""
    """In which way is searched, where that has just changed: said with what is found."""
    _found = (0, 0, False)
    """What a search found when that was last told: how many lines, which of them is current, whether it was over."""
    _found_words = ""
    """What was said of it."""
    _all_found = False
    """Whether the search was over once: what it finds from then on was written since."""

    def ask_line(self, label: str, value: str, complete: Callable[[str], Sequence[str]] | None = None) -> None:
        """Open the prompt line."""
        self.dashboard.ask(self, label, value, complete)

    # The prompt

    def _ask(self, what: Asking, value: str, complete: Callable[[str], Sequence[str]] | None = None) -> None:
        self._asking = what
        self.ask_line(self._label(value), value, complete)

    def _label(self, text: str) -> str:
        """What stands before the text: what is asked, and how it will be taken."""
        if self._asking == "save":
            return "save raw" if self.saves_raw(text) else "save plain"
        if self._asking == "goto":
            return "go to"
        return self.filter_sign() if self._asking == "filter" else f"/{self._how()}"

    def _how(self) -> str:
        return (".*" if self._regex else "") + CASE_SIGNS[self._case]

    def filter_text(self) -> str:
        """What the log is filtered by."""
        return self.filtered_by

    def filter_sign(self) -> str:
        """`&`, and how the text is compared."""
        return f"&{self._how()}"

    def _open_prompt(self) -> Prompt | None:
        from widgets.prompt import Prompt

        return next(iter(self.query(Prompt)), None) if self._asking else None

    def prompt_changed(self, prompt: Prompt, text: str) -> None:
        """Search while one types."""
        prompt.label = self._label(text)
        if self._asking == "search":
            prompt.show_error(self._search(text))
        elif self._asking == "filter":
            prompt.show_error(self._filter(text))
        else:
            prompt.show_error("")
        prompt.refresh()

    def prompt_submitted(self, text: str) -> None:
        """`enter`: keep what was searched or filtered, go to a place, or save."""
        asked, self._asking = self._asking, ""
        if asked == "search":
            self._search(text or self.searched)
        elif asked == "filter":
            self._filter(text)
        elif asked == "goto" and text.strip():
            self._say_wrong(self.view.goto(text.strip()))
        elif asked == "save" and text.strip():
            self.save(text.strip())

    def prompt_cancelled(self) -> None:
        """`esc`: no search, and the view goes back to where it began; no filter."""
        asked, self._asking = self._asking, ""
        if asked == "search":
            self._search("")
        elif asked == "filter":
            self._filter("")

    def _say_wrong(self, wrong: str) -> None:
        if wrong:
            self.say(wrong, "warning")

    # Search and filter

    def why_not(self, id: str) -> str:
        """Why a command cannot be used now."""
        if id in {"log.next_match", "log.previous_match"} and not self.searched:
            return "nothing is searched for; / searches"
        if id in {"log.context_more", "log.context_less"} and not self.filtered_by:
            return "nothing is filtered; & filters"
        return super().why_not(id)

    def do_log_search(self) -> None:
        """`/`: search; the history of searches is under `up`."""
        self._way = ""
        self._ask("search", "")

    def do_log_filter(self) -> None:
        """`&`: show only the lines that match."""
        self._ask("filter", self.filtered_by)

    def do_log_regex(self) -> None:
        """`alt+r`: by regular expression, or by plain text; while a path to save to is asked for, plain or raw."""
        if self._asking == "save":
            self._raw = not self._raw
            self._relabel()
            return
        self._regex = not self._regex
        self._again("regular expression" if self._regex else "plain text")

    def do_log_case(self) -> None:
        """`alt+c`: the next way to compare."""
        self._case = CASES[(CASES.index(self._case) + 1) % len(CASES)]
        self._again(CASE_NAMES[self._case])

    def _again(self, way: str) -> None:
        """Search and filter again in another way, and say in which."""
        self._way = f"{way}: "
        prompt = self._open_prompt()
        typing = self._asking if prompt is not None and prompt.value else ""
        if prompt is not None and typing:
            self.prompt_changed(prompt, prompt.value)
        self._relabel()
        wrong = self._search(self.searched) if self.searched and typing != "search" else ""
        if self.filtered_by and typing != "filter":
            wrong = self._filter(self.filtered_by) or wrong
        self.say(wrong or way, "warning" if wrong else "dim")

    def _relabel(self) -> None:
        prompt = self._open_prompt()
        if prompt is not None:
            prompt.label = self._label(prompt.value)
            prompt.refresh()

    def _search(self, text: str) -> str:
        self._all_found = self._all_found and text == self.searched
        self.searched = text
        return self.view.search(text, regex=self._regex, case=self._case)

    def _filter(self, text: str) -> str:
        self.filtered_by = text
        wrong = self.view.filter(text, regex=self._regex, case=self._case)
        self.refresh_frame()
        return wrong

    def search_for(self, text: str) -> str:
        """Search for `text` as the prompt would; returns what is wrong with it, "" when nothing is."""
        wrong = self._search(text)
        return wrong or self._search(text)  # the second time, the text is no longer being typed

    def end_search(self) -> None:
        """Search for nothing."""
        self._search("")

    def end_filter(self) -> None:
        """Show all lines."""
        self._filter("")

    # Going to a place

    def do_log_sections(self) -> None:
        """`S`: the sections with their durations."""
        from tui.screens.sections import choose_section

        choose_section(self)

    def do_log_goto(self) -> None:
        """`ctrl+g`: go to a line, a part, a time or an age."""
        self._ask("goto", "")

    def take_line(self, text: str) -> bool:
        """`:` with a place, such as `:4312`, goes there."""
        if PLACE.fullmatch(text) is None:
            return super().take_line(text)
        self._say_wrong(self.view.goto(text))
        return True

    # What the view says

    def on_log_view_searched(self, message: LogView.Searched) -> None:
        """Say how many there are."""
        found, before = (message.count, message.place, message.done), self._found
        grew = self._all_found and found != before and message.place in {0, before[1]}
        self._found, self._all_found = found, self._all_found or message.done
        if grew and self._notice.text != self._found_words:
            return  # a log that grows, or a key that went elsewhere, has had its say
        way, more = self._way, "" if message.done else " so far"
        if message.done:
            self._way = ""
        words = f"{message.place:,} of {message.count:,}" if message.place else counted(message.count, "matching line")
        self._found_words = f"{way}{words if message.count else 'no match'}{more}"
        self.say(self._found_words, "" if message.count else "dim")

    def on_log_view_not_found(self, message: LogView.NotFound) -> None:
        """Say that there is none."""
        self.say(f"no {message.what} in this log", "dim")

    def on_log_view_follow_changed(self, message: LogView.FollowChanged) -> None:
        """Say whether the end is followed."""
        self.say("following the end" if message.following else "not following; F or G follows again", "dim")

    def on_log_view_said(self, message: LogView.Said) -> None:
        """Say what a key did."""
        self.say(message.text, message.tone)

    # Saving

    def do_log_save(self) -> None:
        """`s`: save to a file."""
        from tui.reading_save import complete_path, suggested

        if not self.is_copying():
            self._raw = False
            self._ask("save", suggested(self.log_name()), complete_path)
