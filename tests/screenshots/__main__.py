"""Makes the pictures of the README with the application itself, on the fixed world of the tests.

python -m tests.screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.tui.stage import playing, settle

SIZE = (120, 34)
"""Columns and rows of a picture."""
FONTS = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
"""Fixed-width fonts, one of which every system has."""
PICTURES: tuple[tuple[str, Sequence[str]], ...] = (
    ("runs", ()),
    ("run", ("j", "enter")),
    ("log", ("j", "l")),
    ("search", ("j", "l", "slash", *"=0.7", "enter", "n")),
    ("launch", ("j", "T")),
    ("projects", ("1",)),
    ("activity", ("6",)),
)
"""Name and keys of each."""


async def picture(name: str, keys: Sequence[str], folder: Path) -> Path:
    """Press `keys` on a new dashboard and save what it shows."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["LINESIDE_STATE_DIR"] = f"{place}/state"
        async with playing(Path(place) / "data", SIZE) as pilot:
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
            path = folder / f"{name}.svg"
            path.write_text(with_local_fonts(pilot.app.export_screenshot(title=f"lineside: {name}", simplify=True)))
            return path


def with_local_fonts(svg: str) -> str:
    """A picture that asks nobody for fonts: any fixed-width one that the reader has will do."""
    without = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: ?Fira Code,? ?(monospace)?;", f"font-family: {FONTS};", without)


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for name, keys in PICTURES:
        print(asyncio.run(picture(name, keys, folder)))


if __name__ == "__main__":
    main()
