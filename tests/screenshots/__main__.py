"""Makes the pictures of the README with the application itself, on the fixed world of the tests.

python -m tests.screenshots [FOLDER]
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from data.model import Record, TrackedRun
from tests import world_more
from tests.charted import charted
from tests.compared import sweep, tracked_world
from tests.tui.stage import dashboard, playing, settle
from tests.world import records
from tui.dashboard import Dashboard

SIZE = (120, 34)
"""Columns and rows of a picture."""
Open = Callable[[Dashboard], None]
"""Leads to the screen of a picture."""
FONTS = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
"""Fixed-width fonts, one of which every system has."""


def _charts(app: Dashboard) -> None:
    app.open_metrics(["mlflow:r1", "mlflow:r2", "mlflow:r3"], "churn")


def _compared(app: Dashboard) -> None:
    app.open_compare(TrackedRun, [run.id for run in sweep(5)])


def _run(app: Dashboard) -> None:
    app.open_run(world_more.RUN)


PICTURES: tuple[tuple[str, Sequence[str]], ...] = (
    ("runs", ()),
    ("run", ("j", "enter")),
    ("log", ("j", "l")),
    ("search", ("j", "l", "slash", *"=0.7", "enter", "n")),
    ("launch", ("j", "T")),
    ("projects", ("1",)),
    ("activity", ("6",)),
    ("groups", ("b", *"user", "enter", "enter")),
)
"""Name and keys of each on the fixed world."""
FURTHER: tuple[tuple[str, Open, Sequence[Record], Sequence[str]], ...] = (
    ("metrics", _charts, charted(), (*["left"] * 5, "S", "S")),
    ("compare", _compared, tracked_world(5), ("j", "j", "m")),
    ("lineage", _run, world_more.more(), ["right_square_bracket"] * 4),
)
"""Name, way, further records and keys of each on a greater world."""


async def picture(
    name: str, keys: Sequence[str], folder: Path, more: Sequence[Record] = (), way: Open | None = None
) -> Path:
    """Go the `way` and press `keys` on a new dashboard, and save what it shows."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["LINESIDE_STATE_DIR"] = f"{place}/state"
        async with playing(Path(place) / "data", SIZE, world=[*records(), *more]) as pilot:
            if way is not None:
                way(dashboard(pilot))
                await settle(pilot)
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
    for name, way, more, keys in FURTHER:
        print(asyncio.run(picture(name, keys, folder, more, way)))


if __name__ == "__main__":
    main()
