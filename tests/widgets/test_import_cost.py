"""What the first frame needs costs no import beyond Textual itself."""

from __future__ import annotations

import subprocess
import sys

FIRST_FRAME = """
import sys
import textual.app
before = set(sys.modules)
import widgets.grid, widgets.frame
print(sorted(name for name in set(sys.modules) - before if name.partition(".")[0] != "widgets"))
"""

LOG_TEXT = """
import sys
import data.logtext
print(sorted(name for name in sys.modules if name.partition(".")[0] in {"textual", "rich", "widgets", "tui"}))
"""


def printed(program: str) -> str:
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_grid_and_frame_load_nothing_that_textual_has_not_loaded() -> None:
    assert printed(FIRST_FRAME) == "[]"


def test_the_text_of_logs_needs_no_screen() -> None:
    assert printed(LOG_TEXT) == "[]"
