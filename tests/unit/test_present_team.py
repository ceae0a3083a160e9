"""What the first line says of a team's store, and whose runs are one's own there."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from data.model import Command, Connection
from tui.actions_base import user_name
from tui.context import names_of
from tui.present.health import health_line, store_cells

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
SHOWN = "mongo db.example/lineside"
GITLAB = Connection(id="gitlab", name="gitlab", kind="gitlab", state="ok", last_success=NOW, user="bot (token)")


def store(state: str, **values: object) -> Connection:
    """The connection to the team's store."""
    return Connection(id="store", name="team store", kind="mongodb", state=state, **values)  # type: ignore[arg-type]


def command(minutes: int, state: str = "queued") -> Command:
    """A command that was made so many minutes ago."""
    return Command(id=f"{minutes}-{state}", kind="cancel", state=state, created=NOW - timedelta(minutes=minutes))


COMMANDS = (command(1), command(2), command(9), command(1, "sending"))
AWAY = {"offline_since": NOW - timedelta(minutes=3), "last_success": NOW - timedelta(minutes=4)}


@pytest.mark.parametrize(
    ("team", "expected"),
    [
        (None, [SHOWN]),
        (store("ok"), [SHOWN]),
        (store("unknown"), [f"{SHOWN} ◌"]),
        (store("offline", **AWAY), [f"{SHOWN} ✗ away 3m", "2 waiting here"]),
        (store("offline", offline_since=NOW), [f"{SHOWN} ✗ away now"]),
        (store("unauthorized", last_success=NOW), [f"{SHOWN} ✗ unauthorized"]),
        (store("error"), [f"{SHOWN} ✗ error", "3 waiting here"]),
    ],
)
def test_the_first_line_says_since_when_it_is_away_and_what_waits_here(
    team: Connection | None, expected: list[str]
) -> None:
    assert [cell.text for cell in store_cells(SHOWN, team, COMMANDS, NOW)] == expected


def test_the_store_stands_behind_the_servers() -> None:
    cells = health_line((store("ok"), GITLAB), SHOWN, 2, COMMANDS, NOW)
    assert [cell.text for cell in cells] == ["gitlab ✓", SHOWN, "2 active", "4 queued"]


def test_the_tokens_of_engines_do_not_say_who_one_is() -> None:
    assert names_of([GITLAB], "ada") == ("bot", "ada")
    assert names_of([GITLAB, store("ok")], "ada") == ("ada",)


def test_a_user_may_be_known_by_another_name_than_the_login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada1")
    assert user_name() == "ada1"
    monkeypatch.setenv("LINESIDE_USER", " ada\x1b[31m ")
    assert user_name() == "ada"
    monkeypatch.setenv("LINESIDE_USER", " ")
    assert user_name() == "ada1"
