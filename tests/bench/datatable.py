"""Yardstick: Textual's DataTable with many rows, as a program of its own: python datatable.py ROWS."""

from __future__ import annotations

import sys

from textual.app import App, ComposeResult
from textual.widgets import DataTable

COLUMNS = ("#", "status", "pipeline", "ref", "commit", "age", "took", "val_auc", "by")


class TableApp(App[None]):
    """One table."""

    def compose(self) -> ComposeResult:
        """The table."""
        yield DataTable(cursor_type="row")

    def on_mount(self) -> None:
        """Fill it."""
        table = self.query_one(DataTable)
        table.add_columns(*COLUMNS)
        table.add_rows(
            (f"#{number}", "success", "churn", "main", f"{number:08x}", "3d", "12:40", f"{number / 1e6:.4f}", "ada")
            for number in range(int(sys.argv[1]))
        )


if __name__ == "__main__":
    TableApp().run()
