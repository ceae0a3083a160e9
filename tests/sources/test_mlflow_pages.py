"""How large pages of runs are: some megabytes, whatever a run weighs; and how long histories are looked at quickly."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from data.config.credentials import Credential
from data.config.settings import ConnectionSettings
from data.sources.mlflow import RestTracking
from data.sources.mlflow.history import LONG, SKETCH_PARTS, SKETCH_STEPS
from data.sources.mlflow.pagesize import FIRST, GROWTH, MOST_BYTES, PAGE_BYTES, PageSize
from tests.sources.scripted import Answer, Scripted, Seen

RUNS = "/api/2.0/mlflow/runs/search"
BULK = "/api/2.0/mlflow/metrics/get-history-bulk-interval"


@pytest.fixture
def tracking(script: Scripted) -> Iterator[RestTracking]:
    source = RestTracking("ml", ConnectionSettings(kind="mlflow", url=script.url), Credential())
    yield source
    source.close()


class Server:
    """Runs of some weight each, newest first, with offsets as tokens as MLflow has them."""

    def __init__(self, *weights: int) -> None:
        self.weights = weights

    def __call__(self, seen: Seen) -> Answer:
        body = seen.json
        start = int(body.get("page_token") or 0)
        end = start + body["max_results"]
        rows = [self.row(number) for number in range(start, min(end, len(self.weights)))]
        more = {"next_page_token": str(end)} if end < len(self.weights) else {}
        return Answer({"runs": rows, **more})

    def row(self, number: int) -> dict[str, Any]:
        info = {"run_id": f"{number:032x}", "experiment_id": "1", "status": "FINISHED", "start_time": 10**12 - number}
        return {"info": info, "data": {"params": [{"key": "p", "value": "x" * self.weights[number]}]}}


def all_runs(tracking: RestTracking, limit: int = 200) -> list[str]:
    found: list[str] = []
    token = ""
    while True:
        page = tracking.runs(["1"], limit=limit, page_token=token)
        found += [run.run_id for run in page.runs]
        token = page.next_token
        if not token:
            return found


def asked(script: Scripted) -> list[int]:
    return [seen.json["max_results"] for seen in script.seen if seen.path == RUNS]


def test_small_runs_come_in_pages_of_two_hundred(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Server(*[1_000] * 1_000))
    assert all_runs(tracking) == [f"{number:032x}" for number in range(1_000)]
    assert asked(script) == [20, 80, 200, 200, 200, 200, 200]
    assert tracking.received == sum(len(json.dumps(Server(*[1_000] * 1_000)(seen).body)) for seen in script.seen)


def test_large_runs_come_in_pages_of_a_few_megabytes(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Server(*[300_000] * 60))
    assert len(set(all_runs(tracking))) == 60
    assert asked(script)[:3] == [20, 13, 13]
    assert max(asked(script)[1:]) * 300_000 <= PAGE_BYTES


def test_a_page_that_would_be_huge_is_not_read_but_asked_for_again(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Server(*[2_000_000] * 30))
    assert len(all_runs(tracking)) == 30
    assert asked(script)[:3] == [20, 1, 1]
    assert tracking.received < 31 * 2_010_000, "the body of the first page was left alone"


def test_a_single_run_may_have_any_size(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Server(2 * MOST_BYTES))
    (run,) = tracking.runs(["1"], limit=1).runs
    assert run.params
    assert asked(script) == [1]


def test_large_runs_behind_small_ones_shrink_the_pages_at_once(tracking: RestTracking, script: Scripted) -> None:
    script.on(RUNS, Server(*[1_000] * 300, *[400_000] * 40))
    assert len(set(all_runs(tracking))) == 340
    sizes = asked(script)
    assert sizes[:3] == [20, 80, 200]
    assert max(sizes[6:]) <= 10


def test_a_huge_answer_without_a_length_is_given_up_half_way(tracking: RestTracking, script: Scripted) -> None:
    heavy = Server(*[1_000_000] * 40)

    def endless(seen: Seen) -> Answer:
        answer = heavy(seen)
        return Answer(answer.body, endless=True)

    script.on(RUNS, endless)
    assert len(all_runs(tracking)) == 40
    assert asked(script)[0] == FIRST
    assert asked(script)[1] < FIRST


def test_pages_grow_bit_by_bit_and_shrink_at_once() -> None:
    size = PageSize()
    assert size.fitting(200) == FIRST
    size.learn(FIRST, FIRST * 100)
    assert size.fitting(200) == FIRST * GROWTH
    size.learn(10, 10 * 1_000_000)
    assert size.fitting(200) == PAGE_BYTES // 1_000_000
    size.learn(0, 2)
    assert size.fitting(200) == PAGE_BYTES // 1_000_000, "an empty page tells nothing"
    assert size.fitting(2) == 2


class History:
    """A history with a point at every `every`-th step, sampled as MLflow does."""

    def __init__(self, last: int, every: int = 1) -> None:
        self.last, self.every = last, every

    def __call__(self, seen: Seen) -> Answer:
        first, end, most = (int(seen.query[name][0]) for name in ("start_step", "end_step", "max_results"))
        steps = range(-(-max(first, 0) // self.every) * self.every, min(end, self.last) + 1, self.every)[:most]
        return Answer({"metrics": [{"run_id": "r", "value": 1 / (s + 1), "step": s, "timestamp": s} for s in steps]})


def test_a_long_history_is_sketched_from_short_parts_of_it(tracking: RestTracking, script: Scripted) -> None:
    script.on(BULK, History(999_999))
    (found,) = tracking.sketch(["r"], "loss", 999_999, range(SKETCH_PARTS + 1))
    assert found.sampled
    assert (found.id, found.steps[0], found.steps[-1]) == ("ml:r:loss", 0, 999_999)
    assert list(found.steps) == sorted(set(found.steps))
    assert len(found.steps) > SKETCH_PARTS * SKETCH_STEPS * 0.9
    spans = [int(seen.query["end_step"][0]) - int(seen.query["start_step"][0]) for seen in script.seen]
    assert len(spans) == SKETCH_PARTS + 1
    assert set(spans) == {SKETCH_STEPS - 1}


def test_a_history_that_is_not_long_or_has_gaps_is_not_sketched(tracking: RestTracking, script: Scripted) -> None:
    script.on(BULK, History(999_999, every=1_000))
    assert tracking.sketch(["r"], "loss", LONG - 1, range(SKETCH_PARTS + 1)) == []
    assert script.seen == []
    assert tracking.sketch(["r"], "loss", 999_990, range(SKETCH_PARTS + 1)) == []


def test_a_server_that_does_not_sample_is_asked_for_a_sketch_once(tracking: RestTracking, script: Scripted) -> None:
    for _ in range(2):
        assert tracking.sketch(["r"], "loss", 999_999, range(SKETCH_PARTS + 1)) == []
    assert [seen.path for seen in script.seen] == [BULK]


def test_a_run_that_is_gone_ends_a_sketch_and_nothing_else(tracking: RestTracking, script: Scripted) -> None:
    gone = Answer({"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "Run 'x' not found"}, status=404)
    script.on(BULK, gone, History(999_999))
    assert tracking.sketch(["r", "x"], "loss", 999_999, range(SKETCH_PARTS + 1)) == []
    assert len(tracking.sketch(["r"], "loss", 999_999, range(SKETCH_PARTS + 1))) == 1
