"""`activity`: who did what, colleagues included."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Invoke

pytestmark = pytest.mark.usefixtures("store_file")


def test_everybodys_commands_newest_first_with_the_servers_answer(invoke: Invoke) -> None:
    lines = invoke("activity").out.splitlines()
    assert lines[0].split() == ["age", "state", "what", "who", "answer"]
    assert "launch churn on main" in lines[1]
    assert "bo@gpu-1" in lines[1]
    assert "Insufficient permissions to set pipeline variables" in lines[1]
    assert "cancel churn #148" in lines[2]


@pytest.mark.parametrize(
    ("words", "ids"),
    [
        (["by:bo"], ["c2"]),
        (["by:ada"], ["c1"]),
        (["mine"], ["c1"]),
        (["kind:cancel"], ["c1"]),
        (["status:refused", "project:churn"], ["c2"]),
        (["--limit", "1"], ["c2"]),
        (["--sort", "created"], ["c1", "c2"]),
        (["by:nobody"], []),
    ],
)
def test_it_is_filtered_by_user_and_more(invoke: Invoke, words: list[str], ids: list[str]) -> None:
    assert [one["id"] for one in invoke("activity", "--json", *words).json] == ids


def test_nothing_is_said_as_such(invoke: Invoke) -> None:
    assert "no commands fit the filter" in invoke("activity", "by:nobody").err
