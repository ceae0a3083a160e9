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
from typing import NamedTuple

from data.model import Record, TrackedRun
from tests import tested, world_activity, world_more, world_pipelines
from tests.charted import charted
from tests.compared import sweep, tracked_world
from tests.tui import launchworld
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


def _together(app: Dashboard) -> None:
    app.open_together(tested.RUN_ID)


NEXT = "right_square_bracket"


class Picture(NamedTuple):
    """What a picture shows: records beside those of the fixed world, the way to the screen, and keys there."""

    name: str
    keys: Sequence[str] = ()
    more: Sequence[Record] = ()
    way: Open | None = None


LAUNCHED = launchworld.world(launchworld.preview(), launchworld.refs(), *launchworld.submitted())
"""A run that was launched here, with what the server says of its project."""
PICTURES: tuple[Picture, ...] = (
    Picture("runs"),
    Picture("run", ("j", "enter")),
    Picture("log", ("j", "l")),
    Picture("search", ("j", "l", "slash", *"=0.7", "enter", "n")),
    Picture(
        "launch", ("j", "T"), launchworld.world(launchworld.preview(), launchworld.refs(), *launchworld.submitted())
    ),
    Picture("projects", ("1",)),
    Picture("pipelines", ("2", "j"), world_pipelines.world()),
    Picture("queue", ("6", NEXT), world_activity.activity()),
    Picture("together", (NEXT, NEXT, "j"), tested.tested(), _together),
    Picture("groups", ("b", *"user", "enter", "enter")),
    Picture("metrics", (*["left"] * 5, "S", "S"), charted(), _charts),
    Picture("compare", ("j", "j", "m"), tracked_world(5), _compared),
    Picture("lineage", [NEXT] * 4, world_more.more(), _run),
)
"""The pictures of the README."""


async def picture(one: Picture, folder: Path) -> Path:
    """Go its way and press its keys on a new dashboard, and save what that shows."""
    world = {(type(record), record.id): record for record in (*records(), *one.more)}
    with tempfile.TemporaryDirectory() as place:
        os.environ["LINESIDE_STATE_DIR"] = f"{place}/state"
        async with playing(Path(place) / "data", SIZE, world=list(world.values())) as pilot:
            if one.way is not None:
                one.way(dashboard(pilot))
                await settle(pilot)
            for key in one.keys:
                await pilot.press(key)
                await settle(pilot)
            path = folder / f"{one.name}.svg"
            path.write_text(with_local_fonts(pilot.app.export_screenshot(title=f"lineside: {one.name}", simplify=True)))
            return path


def with_local_fonts(svg: str) -> str:
    """A picture that asks nobody for fonts: any fixed-width one that the reader has will do."""
    without = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    return re.sub(r"font-family: ?Fira Code,? ?(monospace)?;", f"font-family: {FONTS};", without)


def main() -> None:
    """Make all pictures."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent
    for one in PICTURES:
        print(asyncio.run(picture(one, folder)))


if __name__ == "__main__":
    main()
