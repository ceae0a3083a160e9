"""The dashboard in a terminal, on a team's store that stops and comes back while somebody types."""

from __future__ import annotations

import sys
from pathlib import Path

import requests

from tests.engine.conftest import CHURN
from tests.team.ferret import FerretDB
from tests.team.members import TOKEN, Team
from tests.terminal.pty import Terminal

LINESIDE = [sys.executable, "-m", "tui.cli"]
AWAY, WAITS = "away", "1 waiting here"
"""What the first line says while the team's store does not answer, and of a command that waits for it."""


def test_keys_are_answered_while_the_store_stands_still(team: Team, mongo: FerretDB, tmp_path: Path) -> None:
    numbers = [pipeline(team) for _ in range(3)]
    env = {
        TOKEN: team.simulator.tokens["maintainer"], "MONGO_DB_URL": team.url, "COLORTERM": "truecolor",
        "PYTHONPATH": str(Path(__file__).parents[2]), "LINESIDE_DATA_DIR": str(tmp_path / "data"),
    }  # fmt: skip
    command = [*LINESIDE, "--config", str(team.config)]
    with Terminal(command, columns=120, rows=40, env=env, cwd=tmp_path) as terminal:
        for number in numbers:
            terminal.wait(str(number))
        terminal.wait(lambda text: "mongo 127.0.0.1" in text and AWAY not in text)
        mongo.freeze()
        try:
            terminal.wait(AWAY)
            terminal.send("?")
            terminal.wait("Keys of")
            terminal.send("\x1b")
            terminal.wait(lambda text: str(numbers[0]) in text and "Keys of" not in text)
            terminal.send("x")
            terminal.wait("Cancel")
            terminal.send("y")
            terminal.wait(WAITS)
            assert team.simulator.world.pipelines[numbers[-1]].status == "pending"
        finally:
            mongo.thaw()
        terminal.wait(lambda text: AWAY not in text and "canceled" in text)
        assert [team.simulator.world.pipelines[number].status for number in numbers] == [
            "pending",
            "pending",
            "canceled",
        ]
        terminal.send("\x11")
        assert terminal.wait_exit() == 0


def pipeline(team: Team) -> int:
    """Somebody starts a pipeline on the server."""
    git = team.simulator.world.paths[CHURN].id
    answer = requests.post(
        f"{team.simulator.url}/api/v4/projects/{git}/pipeline", json={"ref": "main"}, timeout=10,
        headers={"PRIVATE-TOKEN": team.simulator.tokens["maintainer"]},
    )  # fmt: skip
    answer.raise_for_status()
    return int(answer.json()["id"])
