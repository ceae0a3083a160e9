"""What `doctor` finds out of the terminal: what it says of itself, and what is sent to it."""

from __future__ import annotations

import os
import shutil
import sys
import termios
from typing import TYPE_CHECKING

from data.errors import LinesideError
from tui.cli.examine_team import Facts, problem_of
from tui.options import OUTPUT, STOCK, DashboardOptions, chosen_output
from tui.output.asking import LONGEST, Heard, ask
from tui.output.terminal import Depth, Terminal, from_environment, may_be_asked

if TYPE_CHECKING:
    from data.config import Settings

LEAST_COLUMNS, LEAST_LINES = 80, 24
"""Smallest terminal on which everything can be used."""
FAR = 1.0
"""Seconds that an answer is waited for over SSH: one that comes later would be a key of the shell."""
COLOURS = {Depth.NONE: "no", Depth.SIXTEEN: "16", Depth.EIGHT_BIT: "256", Depth.TRUE: "16 million"}
"""How many colours there are, in a word."""


def terminal_facts(options: DashboardOptions, settings: Settings | None) -> Facts:
    """What the terminal says of itself; where there is one, it is asked."""
    from widgets.glyphs import ASCII, glyphs

    columns, lines = shutil.get_terminal_size((0, 0))
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    heard = _heard() if is_terminal else Heard(from_environment(os.environ), None)
    terminal = heard.terminal
    facts: Facts = {
        "term": os.environ.get("TERM", ""),
        "name": terminal.name,
        "colors": COLOURS[terminal.depth],
        "columns": columns,
        "lines": lines,
        "encoding": getattr(sys.stdout, "encoding", "") or "",
        "signs": "ASCII signs" if glyphs() is ASCII else "Unicode signs",
        "is_terminal": is_terminal,
        "multiplexer": terminal.multiplexer,
        "background": list(terminal.background) if terminal.background else None,
        "problems": [],
    }
    facts["output"] = _output_facts(heard, facts, _off(options, settings, facts))
    if is_terminal and (columns < LEAST_COLUMNS or lines < LEAST_LINES):
        message = f"the terminal has {columns}x{lines} cells; the dashboard wants {LEAST_COLUMNS}x{LEAST_LINES}"
        facts["problems"].append({"message": message, "hint": "make the window larger or the letters smaller"})
    return facts


def output_words(output: Facts) -> str:
    """What is sent to the terminal, and what it can take, in a line."""
    what = f"{'stock' if output['off'] else 'lean'}{': ' + output['off'] if output['off'] else ''}"
    if not output["asked"]:
        return f"{what}; not asked: this is no terminal"
    able = [word for key, word in ABILITIES.items() if output[key]]
    if output["answers"]:
        able.append(f"answers in {output['milliseconds']:.0f} ms")
    else:
        able.append("does not answer: paced by the clock")
    return f"{what}; {', '.join(able)}"


ABILITIES = {
    "synchronized": "synchronized frames",
    "scrolls": "scroll regions",
    "repeats": "repeated characters",
    "erases_coloured": "coloured erasing",
}
"""What a terminal can do, by the name of the fact, as people read it."""


def _heard() -> Heard:
    terminal = from_environment(os.environ)
    seconds = FAR if os.environ.get("SSH_CONNECTION") else LONGEST
    try:
        source, target = sys.stdin.fileno(), sys.stdout.fileno()
        return ask(terminal, source, target, all_questions=may_be_asked(os.environ), seconds=seconds)
    except (OSError, termios.error):  # the terminal went away, or belongs to somebody else
        return Heard(terminal, None)


def _output_facts(heard: Heard, facts: Facts, off: str) -> Facts:
    terminal: Terminal = heard.terminal
    return {
        "off": off,
        "asked": facts["is_terminal"],
        "synchronized": terminal.synchronized,
        "scrolls": terminal.scrolls,
        "repeats": terminal.repeats,
        "erases_coloured": terminal.erases_coloured,
        "answers": terminal.answers,
        "milliseconds": None if heard.delay is None else round(heard.delay * 1000, 1),
    }


def _off(options: DashboardOptions, settings: Settings | None, facts: Facts) -> str:
    """Why whole screens are sent instead of what changed; nothing where they are not."""
    try:
        chosen = chosen_output(options)
    except LinesideError as error:
        facts["problems"].append(problem_of(error))
        return str(error)
    if chosen == STOCK:
        return "by --output" if options.output else f"by {OUTPUT}"
    if chosen is None and settings is not None and settings.ui.output == STOCK:
        return "by ui.output"
    from textual.app import App

    from tui.output.driver import unknown
    from tui.output.lean import unknown_parts

    missing = unknown_parts(App()) or unknown()
    return f"this version of Textual is not known (it lacks {missing})" if missing else ""
