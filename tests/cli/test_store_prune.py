"""`store prune`: what it would delete, what it deletes, of a file and of a team's database."""

from __future__ import annotations

import asyncio
import gc
import warnings
from pathlib import Path

import pytest

from data.model import Record
from data.store.logs import LogFiles
from data.store.open import open_logs, open_store
from data.store.place import LOG_FOLDER, STORE_FILE
from tests.cli.conftest import CONFIG, Invoke, fill
from tests.ferretdb import server
from tests.retention.world import project, run, with_all, write_logs

RUNS = [
    run(1, 100),
    run(2, 90),
    run(3, 80, labels=("good",)),
    run(4, 70, submission_id="s"),
    run(5, 2),
    run(6, 1, pipeline_id="gitlab:1:serve"),
    run(7, 100, project_id="gitlab:2"),
]
RECORDS: list[Record] = [project(1), project(2), *(record for one in RUNS for record in with_all(one))]


@pytest.fixture
def file(own_world: Path, config: Path) -> Path:
    """A store file with seven runs, and logs beside it."""
    path = own_world / "data" / STORE_FILE
    fill(path, RECORDS)
    write_logs(LogFiles(path.parent / LOG_FOLDER), RECORDS)
    return path


def left(file: Path) -> list[int]:
    """Numbers of the jobs whose logs are there."""
    return sorted(int(use.job_id.rpartition(":")[2]) for use in LogFiles(file.parent / LOG_FOLDER).usage())


def test_it_shows_first_and_deletes_nothing(invoke: Invoke, file: Path) -> None:
    shown = invoke("store", "prune", "--older-than", "30d")
    assert shown.code == 0
    assert [line.split()[:4] for line in shown.out.splitlines()[1:]] == [
        ["churn1", "›", "train", "2"],
        ["churn2", "›", "train", "1"],
    ]
    assert "3 runs would be deleted, with 3 datasets, 3 models, 3 artifacts, 3 test reports" in shown.err
    assert "6 jobs; 3 logs, 300 B" in shown.err
    assert "1 run stays: with labels or notes (--marked deletes them, too)" in shown.err
    assert "1 run stays: launched from here" in shown.err
    assert "--yes deletes them" in shown.err
    assert len(left(file)) == len(RUNS)


def test_yes_deletes_and_a_second_time_there_is_nothing(invoke: Invoke, file: Path) -> None:
    done = invoke("store", "prune", "--older-than", "30d", "--yes")
    assert "3 runs deleted" in done.err
    assert left(file) == [31, 41, 51, 61]
    assert "nothing to delete" in invoke("store", "prune", "--older-than", "30d", "--yes").err
    rest = invoke("store", "prune", "--older-than", "30d", "--yes", "--marked", "--launched", "--json").json
    assert (rest["runs"], rest["deleted"]) == (["gitlab:1:3", "gitlab:1:4"], True)
    assert left(file) == [51, 61]


def test_by_number_of_one_project_as_json(invoke: Invoke, file: Path) -> None:
    found = invoke("store", "prune", "--keep-runs", "3", "--project", "ml/churn1", "--json").json
    assert found["deleted"] is False
    assert found["runs"] == ["gitlab:1:1", "gitlab:1:2"]
    assert found["records"]["jobs"] == 4
    assert found["logs"] == {"count": 2, "bytes": 200}
    assert found["rules"] == {"older_than": None, "keep_runs": 3, "launched": False, "marked": False}
    assert [(one["pipeline"], one["age"], one["number"]) for one in found["pipelines"]] == [("churn1 › train", 0, 2)]


def test_the_configuration_says_what_is_kept(invoke: Invoke, file: Path, config: Path) -> None:
    assert "nothing to delete" in invoke("store", "prune").err
    config.write_text(f"{CONFIG}store: {{history: 85d, keep_runs: 1}}\n")
    assert invoke("store", "prune", "--json").json["runs"] == ["gitlab:1:1", "gitlab:1:2", "gitlab:1:7"]
    config.write_text(f"{CONFIG}store: {{history: 0}}\n")
    nothing = invoke("store", "prune")
    assert (nothing.code, "the configuration keeps all runs" in nothing.err) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--yes", "--dry-run"], 2, "give one of them"),
        (["--older-than", "soon"], 2, "soon"),
        (["--older-than", "1d", "--project", "nowhere"], 3, "there is no project nowhere here"),
    ],
)
def test_what_cannot_be_done_is_said(
    invoke: Invoke, file: Path, arguments: list[str], code: int, sentence: str
) -> None:
    failed = invoke("store", "prune", *arguments)
    assert (failed.code, sentence in failed.err) == (code, True)


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")
def test_a_teams_database_is_pruned_itself(invoke: Invoke, config: Path, tmp_path: Path) -> None:
    with server(tmp_path / "ferretdb") as address:
        url = f"{address}/prune"

        async def put() -> None:
            store = await open_store(url)
            await store.put(RECORDS)
            await store.close()

        asyncio.run(put())
        logs = open_logs(url, tmp_path / "none")
        write_logs(logs, RECORDS)
        done = invoke("--store", url, "store", "prune", "--older-than", "30d", "--yes", "--json").json
        assert sorted(done["runs"]) == ["gitlab:1:1", "gitlab:1:2", "gitlab:1:7"]
        assert address.partition("//")[2] in done["store"]
        assert invoke("--store", url, "store", "prune", "--older-than", "30d", "--json").json["runs"] == []
        assert sorted(use.job_id for use in logs.usage()) == [f"gitlab:1:job:{number}1" for number in (3, 4, 5, 6)]
        logs.close()  # type: ignore[attr-defined]
    with warnings.catch_warnings():  # sockets of a client that was closed while one of its monitors connected
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
