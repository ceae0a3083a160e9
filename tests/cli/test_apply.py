"""`apply`, `export PROJECT`, `apis`, `components` and `define`: definitions from the command line."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from data.model import Pipeline, PipelineAPI, PipelineJob, Record
from data.simulator import Simulator, SimulatorSettings
from data.store.open import open_store
from data.store.place import STORE_FILE
from tests.cli.conftest import Invoke, fill
from tests.defined import KNOWN, PROJECT

KEYS = json.loads((Path(__file__).parent / "json_keys.json").read_text())
TEXT = "project: ml/churn\npipelines:\n- name: train\n  timeout: 6h\n  apis: [{name: e2e, track: false}, {name: new}]\n"
LINES = [
    "~ pipeline train",
    "    ~ timeout: 1h → 6h",
    "+ API train/new",
    "~ API train/e2e",
    "    ~ track: true → false",
]


@pytest.fixture
def store_file(own_world: Path, config: Path) -> Path:
    """A store with one project and its definitions."""
    path = own_world / "data" / STORE_FILE
    project = replace(PROJECT, connection="gitlab")
    fill(path, [project, *KNOWN.records])
    return path


@pytest.fixture
def file(own_world: Path, store_file: Path) -> Path:
    """A document."""
    path = own_world / "defs.yaml"
    path.write_text(TEXT)
    return path


def stored(path: Path) -> list[Record]:
    """What the store holds of definitions."""

    async def read() -> list[Record]:
        store = await open_store(path)
        try:
            found = [await store.page(kind) for kind in (Pipeline, PipelineJob, PipelineAPI)]
            return [record for page in found for record in page.records]
        finally:
            await store.close()

    return asyncio.run(read())


def test_the_export_applies_to_nothing(invoke: Invoke, file: Path) -> None:
    exported = invoke("export", "churn")
    assert exported.code == 0
    assert [one["name"] for one in yaml.safe_load(exported.out)["pipelines"]] == ["train"]
    assert invoke("export", "definitions", "ml/churn").out == exported.out
    applied = invoke("apply", "-f", "-", "--prune", stdin=exported.out)
    assert (applied.code, applied.out) == (0, "")
    assert "churn is as the file says: nothing to change" in applied.err


def test_a_dry_run_shows_the_difference_and_changes_nothing(invoke: Invoke, file: Path, store_file: Path) -> None:
    before = stored(store_file)
    shown = invoke("apply", "-f", str(file), "--dry-run")
    assert (shown.code, shown.out.splitlines()) == (0, LINES)
    assert stored(store_file) == before
    assert invoke("--read-only", "apply", "-f", str(file), "--dry-run").code == 0


def test_the_difference_as_json(invoke: Invoke, file: Path) -> None:
    found = invoke("apply", "-f", str(file), "--dry-run", "--json").json
    assert (found["project"], found["applied"]) == ("work:1", False)
    assert [(one["action"], one["record"], one["id"]) for one in found["changes"]] == [
        ("change", "Pipeline", "work:1:train"),
        ("add", "PipelineAPI", "work:1:train:new"),
        ("change", "PipelineAPI", "work:1:train:e2e"),
    ]
    assert found["changes"][0]["fields"] == [{"sign": "~", "field": "timeout", "old": "1h", "new": "6h"}]


def test_it_shows_and_asks(invoke: Invoke, file: Path, store_file: Path) -> None:
    before = stored(store_file)
    asked = invoke("apply", "-f", str(file))
    assert asked.code == 2
    assert all(line in asked.err for line in LINES)
    assert "--yes sends without a question" in asked.err
    assert "read-only" in invoke("--read-only", "apply", "-f", str(file), "--yes").err
    # Without an engine it is taken back.
    late = invoke("--no-engine", "apply", "-f", str(file), "--yes", "--timeout", "0.2")
    assert late.code == 1
    assert "taken back" in late.err
    assert stored(store_file) == before


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("pipelines: []", 2, "the file names no project"),
        ("project: nobody/nothing\n", 3, "there is no project nobody/nothing"),
        ("project: churn\npipelines:\n- name: train\n  timeot: 1h\n  type: x", 2, "defs.yaml:4: pipelines[0]: unknown"),
        ("project: churn\npipelines:\n- name: train\n  timeot: 1h\n  type: x", 2, "defs.yaml:5: pipelines[0].type"),
        ("project: churn\npipelines: [{name: train, apis: [{name: a, callback_url: x}]}]", 2, "write https://host"),
        ("a: [x", 2, "a bracket is never closed"),
    ],
)
def test_what_cannot_be_used_is_told(invoke: Invoke, file: Path, text: str, code: int, said: str) -> None:
    file.write_text(text)
    done = invoke("apply", "-f", str(file), "--dry-run")
    assert (done.code, done.out) == (code, "")
    assert said in done.err
    assert "Traceback" not in done.err


def test_files_that_are_none(invoke: Invoke, own_world: Path, file: Path) -> None:
    assert "there is no such file" in invoke("apply", "-f", str(own_world / "none.yaml")).err
    assert "is a folder" in invoke("apply", "-f", str(own_world)).err
    file.write_bytes(b"\xff\xfe")
    assert invoke("apply", "-f", str(file)).code == 2


def test_a_file_for_another_project(invoke: Invoke, file: Path, store_file: Path) -> None:
    other = replace(PROJECT, id="gitlab:7", git_project_id=7, path="ml/fraud", name="fraud", connection="gitlab")
    fill(store_file, [other])
    found = invoke("apply", "-f", str(file), "--project", "fraud", "--dry-run", "--json").json
    assert {one["action"] for one in found["changes"]} == {"add"}
    assert found["project"] == "gitlab:7"
    assert invoke("apply", "-f", str(file), "--project", "7", "--dry-run", "--json").json == found


def test_the_listings(invoke: Invoke, store_file: Path) -> None:
    table = invoke("apis").out
    assert "retrain" in table
    assert "extract" in table  # which it leaves out
    found = invoke("apis", "retrain", "--json").json
    assert [one["id"] for one in found] == ["work:1:train:retrain"]
    assert set(KEYS["apis"]) <= set(found[0])
    assert "MODEL_TRAINING" in invoke("components").out
    jobs = invoke("components", "--json").json
    assert [one["name"] for one in jobs] == ["extract", "features", "train", "report"]
    assert set(KEYS["components"]) <= set(jobs[0])
    assert set(KEYS["pipelines"]) <= set(invoke("pipelines", "--json").json[0])
    assert "no APIs fit the filter" in invoke("apis", "nothing-like-it").err


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["pipeline", "train"], 2, "- pipeline train"),
        (["pipeline", "train"], 2, "- jobs: extract, features, train, report"),
        (["api", "ml/churn/train/retrain"], 2, "- API train/retrain"),
        (["job", "train/report"], 2, "- job train/report"),
        (["job", "nobody"], 3, "there is no job nobody"),
        (["run", "train"], 2, "is not one of"),
    ],
)
def test_deleting_names_what_goes(invoke: Invoke, store_file: Path, words: list[str], code: int, said: str) -> None:
    done = invoke("define", "delete", *words)
    assert (done.code, done.out) == (code, "")
    assert said in done.err


def test_a_name_of_several_is_asked_about(invoke: Invoke, store_file: Path) -> None:
    two = Pipeline(id="work:1:two", project_id="work:1", name="two")
    fill(store_file, [two, PipelineAPI(id="work:1:two:e2e", pipeline_id=two.id, name="e2e")])
    done = invoke("define", "delete", "api", "e2e")
    assert (done.code, "means 2 of them" in done.err) == (2, True)
    assert "- API two/e2e" in invoke("define", "delete", "api", "two/e2e").err


@pytest.mark.server
@pytest.mark.timeout(180)
def test_from_a_file_to_the_store_and_back(own_world: Path, invoke: Invoke, monkeypatch: pytest.MonkeyPatch) -> None:
    with Simulator(SimulatorSettings(projects=1, history_days=0.01, activity=0)) as simulator:
        write_config(own_world, simulator)
        monkeypatch.setenv("LINESIDE_CONFIG_DIR", str(own_world))
        monkeypatch.chdir(own_world)
        assert invoke("sync", "--once").code == 0
        path = own_world / "defs.yaml"
        path.write_text("project: churn\npipelines: [{name: score, type: model inference, apis: [{name: nightly}]}]\n")
        done = invoke("apply", "-f", str(path), "--yes", "--timeout", "60")
        assert (done.code, len(done.out.split())) == (0, 2), done.err
        assert "added pipeline score, API score/nightly" in done.err
        assert "nothing to change" in invoke("apply", "-f", str(path), "--yes").err
        exported = yaml.safe_load(invoke("export", "churn").out)["pipelines"]
        assert {one["name"] for one in exported} == {"default", "score"}
        done = invoke("define", "delete", "pipeline", "score", "--yes", "--timeout", "60")
        assert (done.code, "deleted pipeline score" in done.err) == (0, True), done.err
        assert [one["name"] for one in invoke("pipelines", "--json").json] == ["default"]


def write_config(folder: Path, simulator: Simulator) -> None:
    """A configuration of the simulator's only project."""
    content = {
        "connections": {"gitlab": {"kind": "gitlab", "url": simulator.url, "token": simulator.tokens["maintainer"]}},
        "projects": [next(iter(simulator.world.paths))],
    }
    path = folder / "config.yaml"
    path.write_text(yaml.safe_dump(content))
    path.chmod(0o600)
