"""What comes from the terminal's keyboard side, which may be any bytes."""

from __future__ import annotations

from codecs import IncrementalDecoder, getincrementaldecoder
from functools import partial


def forgive_rubbish() -> None:
    """Let bytes that are not UTF-8, such as those of a pasted binary file, become replacement characters.

    Textual's driver decodes strictly, in a thread whose error ends the program with a traceback, and offers no option
    (textual/drivers/linux_driver.py, run_input_thread).
    """
    from textual.drivers import linux_driver

    vars(linux_driver)["getincrementaldecoder"] = _forgiving


def _forgiving(encoding: str) -> partial[IncrementalDecoder]:
    return partial(getincrementaldecoder(encoding), errors="replace")
