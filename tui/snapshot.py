"""The last look of a list, kept so that the first frame needs no store.

The file lies in the state folder, one per store. It holds cells, not records: they are drawn as they were until the
store's own rows take their place. It is read before anything else, so it is plain JSON, which needs no further import.
"""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tui.look import Look
from tui.options import DashboardOptions
from widgets.cells import Cell
from widgets.rows import Row

ROWS = 70
"""Rows kept; more than any screen shows."""
VERSION = 3
"""Form of the file; another one is ignored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """What was on the screen: which list, how one looked at it, its rows, and where the cursor stood.

    Attributes:
        taken: when.
        screen: name of the tab.
        look: what restricted and ordered the list, and its columns.
        cursor: key of the row under the cursor.
        rows: the first rows, at most `ROWS`, with a cell for each of those columns.
        theme: name of the theme.
        theme_by: who chose it (`tui.theming.By`).
    """

    taken: datetime
    screen: str = "runs"
    look: Look = Look()  # noqa: RUF009 - a tuple cannot change
    cursor: str = ""
    rows: tuple[Row, ...] = ()
    theme: str = ""
    theme_by: str = ""

    @property
    def filter(self) -> str:
        """What restricted the list."""
        return self.look.filter


def state_folder() -> Path:
    """Where snapshots lie; the same rule as `data.config.paths`, without its imports."""
    if given := os.environ.get("LINESIDE_STATE_DIR"):
        return Path(given)
    base = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    return Path(base) / "lineside"


def snapshot_path(options: DashboardOptions) -> Path:
    """The file for a configuration, a store and a folder that one stands in."""
    where = "\0".join(
        [
            str(options.config or os.environ.get("LINESIDE_CONFIG", "")),
            _without_login(str(options.store or "")),
            _without_login(os.environ.get("MONGO_DB_URL", "")),
            os.environ.get("LINESIDE_DATA_DIR", ""),
            "" if options.config else os.getcwd(),
        ]
    )
    name = where.encode("utf-8", "surrogateescape")
    return state_folder() / f"screen-{zlib.crc32(name):08x}{zlib.adler32(name):08x}.json"


def _without_login(url: str) -> str:
    """What may be told of a URL: not its password, of which even a checksum says something."""
    return url.rpartition("@")[2]


def load(path: Path) -> Snapshot | None:
    """The snapshot of a file; None when there is none, or none that can be used."""
    try:
        found = json.loads(path.read_bytes())
        if found["version"] != VERSION:
            return None
        return Snapshot(
            taken=datetime.fromtimestamp(float(found["taken"]), UTC),
            screen=str(found["screen"]),
            look=Look.read(found["look"]),
            cursor=str(found["cursor"]),
            rows=tuple(Row(str(key), tuple(map(_cell, cells))) for key, cells in found["rows"]),
            theme=str(found["theme"]),
            theme_by=str(found.get("theme_by", "")),
        )
    except (OSError, ValueError, TypeError, LookupError, OverflowError, RecursionError):
        return None  # whatever is in the file, the dashboard starts


def save(path: Path, snapshot: Snapshot) -> None:
    """Write a snapshot, all of it or nothing. A folder that cannot be written is no reason to complain."""
    found = {
        "version": VERSION,
        "taken": snapshot.taken.timestamp(),
        "screen": snapshot.screen,
        "look": snapshot.look.as_dict(),
        "cursor": snapshot.cursor,
        "rows": [(row.key, row.cells) for row in snapshot.rows[:ROWS]],
        "theme": snapshot.theme,
        "theme_by": snapshot.theme_by,
    }
    draft = path.with_suffix(f".{os.getpid()}")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(found, ensure_ascii=True, separators=(",", ":")))
        draft.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _cell(given: Sequence[Any]) -> Cell:
    text, tone, spans = given
    return Cell(str(text), str(tone), tuple((str(piece), str(look)) for piece, look in spans))
