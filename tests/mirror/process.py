"""`python -m tests.mirror.process HERE TEAM`: a mirror as a process of its own, to be killed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from tests.mirror.conftest import FAST, SqliteTeam, here_in


async def main(folder: Path, team: Path) -> None:
    """Mirror until killed."""
    async with here_in(folder, SqliteTeam(team)) as here, here.running(FAST):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
