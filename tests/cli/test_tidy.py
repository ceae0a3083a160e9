"""`erase`, `keep`, `delete`, `rename`, and several targets at once: what is asked, left out, and sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import JobRun, LogState, PipelineRun, Project
from tests.cli.conftest import Invoke, fill
from tests.cli.test_act import outbox
from tests.world import FAILED_JOB, FAILED_RUN, LOG, records

pytestmark = pytest.mark.usefixtures("store_file")


def change(path: Path, kind: type, id_: str, **values: object) -> None:
    """Change a record of the fixed world."""
    found = next(one for one in records() if isinstance(one, kind) and one.id == id_)
    fill(path, [replace(found, **values)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (["erase", "1036", "--yes"], 2, "deploy (job 1036) has not ended: its status is manual"),
        (["erase", "1034", "--yes"], 2, "it has no log and no artifacts"),
        (["keep", "1033", "--yes"], 2, "has no artifacts on the server"),
        (["delete", "#103", "--yes"], 2, "deleting a run needs 50 (owner)"),
        (["rename", "#103", " ", "--yes"], 2, "a run needs a name"),
        (["erase", "999999", "--yes"], 3, "there is no job 999999 here"),
        (["delete", "#999999", "--yes"], 3, "there is no run #999999 here"),
        (["erase", "1033"], 2, "Erase churn train (job 1033) on the server? Nobody is there to ask"),
        (["rename", "#103", "baseline"], 2, "Rename churn #103 to baseline? Nobody is there to ask"),
        (["erase", "1034", "1036", "--yes"], 2, "has not ended"),
    ],
)
def test_refused_before_anything_is_sent(
    invoke: Invoke, store_file: Path, words: list[str], code: int, sentence: str
) -> None:
    shown = invoke("--no-engine", *words)
    assert (shown.code, shown.out) == (code, "")
    assert sentence in shown.err
    assert outbox(store_file) == []


def test_what_is_lost_is_said_before(invoke: Invoke, store_file: Path) -> None:
    log = LogState(size=len(LOG), complete=True)
    change(store_file, JobRun, FAILED_JOB, log=log, artifacts_size=4_400_000)
    shown = invoke("--no-engine", "erase", FAILED_JOB)
    assert "Lost: 1 log (all held here, 2.5 KiB) and 4.2 MiB of artifacts." in shown.err
    assert "for everybody and for good" in shown.err
    change(store_file, Project, "gitlab:1", access_level=50)
    shown = invoke("--no-engine", "delete", "#103")
    assert "Delete churn #103 on the server?" in shown.err
    assert "Lost: 1 pipeline, 7 jobs with their logs (1 held here, 2.5 KiB), 4.2 MiB of artifacts." in shown.err


@pytest.mark.parametrize("words", [["erase", "1033"], ["delete", "#103"], ["rename", "#103", "x"], ["keep", "1033"]])
def test_read_only_sends_nothing(invoke: Invoke, store_file: Path, words: list[str]) -> None:
    shown = invoke("--read-only", *words, "--yes")
    assert shown.code == 2 and "read-only" in shown.err
    assert outbox(store_file) == []


def test_a_run_that_is_gone_is_not_deleted_again(invoke: Invoke, store_file: Path) -> None:
    change(store_file, PipelineRun, FAILED_RUN, gone=True)
    shown = invoke("--no-engine", "delete", "#103", "--yes")
    assert shown.code == 2 and "only our copy is left" in shown.err


def test_of_several_those_that_cannot_be_are_left_out_and_the_others_go_on(invoke: Invoke, store_file: Path) -> None:
    """Nobody answers here: each is taken back, and the next one is sent all the same."""
    shown = invoke("--no-engine", "cancel", "#100", "#103", "#160", "--yes", "--timeout", "0.2")
    assert shown.code == 1
    assert "left out: #103 is over: its status is failed" in shown.err
    assert "cancel churn #100: taken back, nothing was sent" in shown.err
    assert "cancel churn #160: taken back, nothing was sent" in shown.err
    assert "0 of 3 cancelled, #100 and #160 taken back, #103 is over" in shown.err
    assert [one.state for one in outbox(store_file)] == ["withdrawn", "withdrawn"]
