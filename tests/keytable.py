"""Writes the key table of the README anew from the registry of commands.

python -m tests.keytable README.md
"""

from __future__ import annotations

import sys
from pathlib import Path

from tui.commands import COMMANDS, LOG, LOGS, MOVES, CommandSpec, key_table

BEGIN, END = "<!-- keys -->", "<!-- /keys -->"
"""The table stands between these."""


def table() -> str:
    """The table in Markdown: keys, what they do, where."""
    specs: list[CommandSpec] = [*MOVES, *COMMANDS, *LOG]
    all_logs = ", ".join(LOGS.split())
    lines = ["| keys | what | where |", "|---|---|---|"]
    for spec, (keys, _, sentence) in zip(specs, key_table(specs), strict=True):
        where = "lists" if spec in MOVES else ", ".join(spec.screens).replace(all_logs, "logs") or "everywhere"
        shown = " ".join(f"`{key}`" for key in keys.replace("|", "\\|").split())
        lines.append(f"| {shown} | {sentence} | {where} |")
    return "\n".join(lines)


def rewritten(text: str) -> str:
    """`text` with the current table between the marks."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(rewritten(path.read_text()))
