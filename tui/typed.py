"""What comes from the terminal's keyboard side, which may be any bytes."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from textual.driver import Driver


def terminal_driver(stock: type[Driver]) -> type[Driver]:
    """Our driver in place of Textual's for terminals; any other, such as that of tests or of the web, stays.

    With a Textual that our driver does not know the stock one stays, too, made to take any bytes.
    """
    if stock.__name__ != "LinuxDriver":
        return stock
    try:
        from tui.output.driver import TerminalDriver, unknown
    except (ImportError, AttributeError):  # names that another Textual lacks
        known = False
    else:
        known = not unknown()
    if known:
        return TerminalDriver
    forgive_rubbish()
    return stock


def forgive_rubbish() -> None:
    """Let bytes that are not UTF-8, such as those of a pasted binary file, become replacement characters.

    Textual's driver decodes strictly, in a thread whose error ends the program with a traceback, and offers no option
    (textual/drivers/linux_driver.py, run_input_thread).
    """
    from textual.drivers import linux_driver

    vars(linux_driver)["getincrementaldecoder"] = _forgiving


def _forgiving(encoding: str) -> partial[IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), errors="replace")
