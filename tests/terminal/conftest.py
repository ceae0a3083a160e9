"""The program in a pty, on the fixed world."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.terminal.pty import Terminal
from tests.tui.stage import fill_store, write_config

LINESIDE = [sys.executable, "-m", "tui.cli"]
"""The program, as its console script runs it."""


@pytest.fixture
def start(tmp_path: Path, own_world: Path) -> Iterator[Callable[..., Terminal]]:
    """Starts the dashboard on the fixed world; everything that was started is ended."""
    (tmp_path / "work").mkdir()
    asyncio.run(fill_store(tmp_path / "data"))
    config = write_config(tmp_path)
    with contextlib.ExitStack() as stack:

        def begin(
            *options: str,
            columns: int = 120,
            rows: int = 40,
            env: dict[str, str] | None = None,
            before: Sequence[str] = (),
        ) -> Terminal:
            """With `before` the program in which it runs, such as a multiplexer."""
            command = [*before, *LINESIDE, "--config", str(config), "--store", str(tmp_path / "data" / "lineside.db")]
            given = {"COLORTERM": "truecolor", "PYTHONPATH": str(Path(__file__).parents[2]), **(env or {})}
            terminal = Terminal(
                [*command, *(options or ("--no-engine",))], columns=columns, rows=rows, env=given, cwd=tmp_path / "work"
            )
            return stack.enter_context(terminal)

        yield begin
