"""The engine's pure rules: waiting, budgets, merging, linking, agenda."""

from __future__ import annotations

import asyncio
import math
import random
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from data.config import ConnectionSettings, Secret
from data.engine import link, merge, summary
from data.engine.agenda import Agenda
from data.engine.backoff import Backoff
from data.engine.board import Board
from data.engine.budget import Budget, Rank
from data.engine.health import Health
from data.engine.secrets import Secrets, read_line, write_line
from data.engine.server import Slots
from data.engine.timing import Timing
from data.errors import Forbidden, LinesideError, Unreachable
from data.model import DatasetInput, Interest, JobRun, LogState, MetricSummary, PipelineRun, TrackedRun
from data.sources.gitlab.ci import base_name
from data.sources.http import RateLimit

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
RUN = PipelineRun(
    id="work:1:10", project_id="work:1", connection="work", git_project_id=1, git_pipeline_id=10,
    created=NOW, updated=NOW, status="running", git_commit_hash="abc", start=NOW,
)  # fmt: skip
TRACKED = TrackedRun(id="ml:r", connection="ml", run_id="r", start=NOW + timedelta(minutes=5))
JOB = JobRun(
    id="work:1:job:7", pipeline_run_id=RUN.id, project_id="work:1", connection="work", git_project_id=1, git_job_id=7,
    name="train",
)  # fmt: skip
TAGS = ["CI_PIPELINE_ID", "CI_JOB_ID", "RUN_ID", "ci.*"]


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


# Waiting


def test_backoff_doubles_up_to_its_cap_and_is_short_while_somebody_looks() -> None:
    backoff = Backoff(Timing(backoff_first=1, backoff_watched=4, backoff_cap=60), chance=lambda: 0.0)
    waits = []
    for _ in range(8):
        backoff.failed()
        waits.append(backoff.wait(watched=False))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert backoff.wait(watched=True) == 4
    backoff.succeeded()
    assert backoff.wait(watched=False) == 0


def test_backoff_of_many_engines_differs() -> None:
    early, late = Backoff(Timing(), chance=lambda: 0.9), Backoff(Timing(), chance=lambda: 0.1)
    early.failed()
    late.failed()
    assert 0.7 < early.wait(False) < late.wait(False) < 1


@pytest.mark.parametrize(
    ("remaining", "rank", "wait"),
    [
        (100, Rank.BACKGROUND, 0.0),
        (80, Rank.BACKGROUND, 0.0),
        (60, Rank.BACKGROUND, 6.0),
        (50, Rank.BACKGROUND, 60.0),
        (60, Rank.ROUTINE, 0.0),
        (40, Rank.ROUTINE, 5.0),
        (40, Rank.PERSON, 0.0),
        (0, Rank.PERSON, 0.0),
    ],
)
def test_half_of_a_limit_is_for_people(remaining: int, rank: Rank, wait: float) -> None:
    clock = Clock()
    budget = Budget(None, clock=clock, wall=clock)
    reset = datetime.fromtimestamp(clock.time + 60, UTC)
    budget.heard(RateLimit(100, remaining, reset))
    assert budget.wait(rank) == pytest.approx(wait)
    clock.time += 60
    assert budget.wait(rank) == 0


def test_a_refusal_closes_the_connection_for_everybody() -> None:
    clock = Clock()
    budget = Budget(None, clock=clock, wall=clock)
    budget.close(30)
    budget.close(5)
    assert [budget.wait(rank) for rank in Rank] == [30, 30, 30]
    clock.time += 31
    assert budget.wait(Rank.BACKGROUND) == 0


def test_an_own_cap_spaces_requests() -> None:
    clock = Clock()
    budget = Budget(60, clock=clock, wall=clock)
    for _ in range(3):
        budget.spent()
    assert budget.wait(Rank.PERSON) == pytest.approx(3)


async def test_slots_go_to_the_most_urgent_first() -> None:
    slots, order = Slots(1), []

    async def work(name: str, rank: Rank) -> None:
        async with slots.take(rank):
            order.append(name)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        async with slots.take(Rank.PERSON):
            tasks = [
                group.create_task(work(name, rank))
                for name, rank in (("back", Rank.BACKGROUND), ("routine", Rank.ROUTINE), ("person", Rank.PERSON))
            ]
            given_up = group.create_task(work("gone", Rank.PERSON))
            await asyncio.sleep(0)
            given_up.cancel()
        await asyncio.wait(tasks)
    assert order == ["person", "routine", "back"]


async def test_an_agenda_runs_items_by_rank_and_a_failure_concerns_its_item_only() -> None:
    ran: list[str] = []
    said: list[tuple[str, str]] = []

    def report(name: str, error: LinesideError | None) -> None:
        said.append((name, str(error) if error else ""))

    agenda = Agenda(Timing(backoff_first=100), report, lambda: False)

    async def fine() -> None:
        ran.append("fine")

    async def bad() -> None:
        ran.append("bad")
        raise Forbidden("you may not")

    agenda.add("bad", bad, lambda: 0.0)
    agenda.add("fine", fine, None, lambda: Rank.PERSON)
    await agenda.finish(set(Rank), rounds=10)
    assert ran == ["fine", "bad"] and said == [("fine", ""), ("bad", "you may not")]
    assert "fine" not in agenda and "bad" in agenda
    working = asyncio.create_task(agenda.work(Rank.ROUTINE))
    await asyncio.sleep(0)
    assert ran == ["fine", "bad"], "an item that failed waits"
    agenda.soon("bad")
    await asyncio.sleep(0)
    assert ran == ["fine", "bad"], "also when something wants it soon"
    agenda.soon("bad", force=True)
    while ran != ["fine", "bad", "bad"]:
        await asyncio.sleep(0)
    working.cancel()


# Health


def test_health_is_written_at_once_on_a_change_and_rarely_otherwise() -> None:
    clock = Clock()
    settings = ConnectionSettings(kind="gitlab", url="https://gitlab.example")
    health = Health("work", settings, Timing(heartbeat=5), now=lambda: NOW + timedelta(seconds=clock.time), clock=clock)
    assert health.due() is None
    health.succeeded()
    first = health.due()
    assert first is not None and first.state == "ok"
    clock.time += 1
    health.succeeded()
    assert health.due() is None
    health.failed(Unreachable("it is away", hint="wait"))
    away = health.due()
    assert away is not None and (away.state, away.last_error, away.hint) == ("offline", "it is away", "wait")
    clock.time += 10
    health.failed(Unreachable("it is away", hint="wait"))
    still = health.due()
    assert still is not None and still.offline_since == away.offline_since
    health.succeeded()
    back = health.due()
    assert back is not None and back.offline_since is None


# Merging


def test_a_glance_keeps_what_users_and_the_engine_added() -> None:
    stored = replace(RUN, labels=("keep",), notes="mine", run_info_id="r1", jobs_synced=True, job_count=3)
    same = merge.glance(stored, replace(RUN))
    assert same == stored
    newer = merge.glance(stored, replace(RUN, status="success", updated=NOW + timedelta(minutes=1)))
    assert (newer.labels, newer.notes, newer.run_info_id, newer.job_count) == (("keep",), "mine", "r1", 3)
    assert newer.status == "success" and not newer.jobs_synced


def test_a_job_keeps_its_log_and_what_lists_do_not_tell() -> None:
    stored = replace(JOB, log=LogState(size=10), image="img", memory_usage=5.0, downstream="x")
    fresh = merge.job(stored, replace(JOB, status="success"))
    assert (fresh.log.size, fresh.image, fresh.memory_usage, fresh.status) == (10, "img", 5.0, "success")


def test_extremes_of_a_metric_widen_and_links_are_kept() -> None:
    stored = replace(TRACKED, pipeline_run_id="p", linked_by="job", metrics={"m": MetricSummary(last=2, min=1, max=3)})
    fresh = merge.tracked(stored, replace(TRACKED, metrics={"m": MetricSummary(last=7)}))
    assert fresh.pipeline_run_id == "p" and (fresh.metrics["m"].min, fresh.metrics["m"].max) == (1, 7)


@pytest.mark.parametrize(
    ("name", "base"),
    [("train", "train"), ("test 2/5", "test"), ("fit: [gpu, 3]", "fit"), ("deploy 2", "deploy 2"), ("a/b", "a/b")],
)
def test_the_name_of_a_parallel_job_in_its_configuration(name: str, base: str) -> None:
    assert base_name(name) == base


# Linking


def test_keys_come_from_gitlabs_tag_and_from_configured_ones() -> None:
    tags = {
        "gitlab.CI_JOB_ID": "7", "CI_PIPELINE_ID": "10", "RUN_ID": "r1", "ci.job_id": "8", "ci.pipeline_iid": "3",
        "ci.name": "x", "mlflow.source.git.commit": "abc", "other": "9",
    }  # fmt: skip
    found = link.keys(replace(TRACKED, tags=tags), TAGS)
    assert found == link.Keys(job=7, tagged_jobs=(8,), pipelines=(10,), run_infos=("r1",), commit="abc")


def test_the_first_rule_that_holds_wins() -> None:
    every = link.Candidates(
        launched=RUN, jobs={7: JOB}, pipelines={10: RUN}, of_run_info=[RUN], of_commit=[RUN], parent=None
    )
    keys = link.Keys(job=7, pipelines=(10,), run_infos=("r1",), commit="abc")
    assert link.match(TRACKED, keys, every, NOW) == link.Match(RUN.id, JOB.id, "launch")
    assert link.match(TRACKED, keys, every._replace(launched=None), NOW) == link.Match(RUN.id, JOB.id, "job")
    less = every._replace(launched=None, jobs={})
    assert link.match(TRACKED, keys, less, NOW) == link.Match(RUN.id, "", "tag")
    by_info = link.match(TRACKED, keys, less._replace(pipelines={}), NOW)
    assert by_info == link.Match(RUN.id, "", "tag")
    likely = link.match(TRACKED, keys, link.Candidates(of_commit=[RUN]), NOW + timedelta(hours=1))
    assert likely == link.Match(RUN.id, "", "commit", certain=False)
    assert link.match(TRACKED, keys, link.Candidates(), NOW) is None


def test_a_link_is_settled_when_the_job_that_it_names_is_known() -> None:
    keys = link.Keys(job=7, pipelines=(10,))
    by_tag = link.apply(TRACKED, link.match(TRACKED, keys, link.Candidates(pipelines={10: RUN}), NOW), "work:1")
    assert by_tag.linked_by == "tag" and not link.is_settled(by_tag, keys)
    assert link.is_settled(by_tag, link.Keys(pipelines=(10,)))
    known = link.Candidates(pipelines={10: RUN}, jobs={7: JOB})
    by_job = link.apply(by_tag, link.match(by_tag, keys, known, NOW), "work:1")
    assert (by_job.linked_by, by_job.job_run_id) == ("job", JOB.id) and link.is_settled(by_job, keys)
    launched = link.match(TRACKED, keys, known._replace(launched=RUN), NOW)
    assert launched == link.Match(RUN.id, JOB.id, "launch")


def test_the_same_commit_at_another_time_is_no_match() -> None:
    ended = replace(RUN, completion=NOW + timedelta(minutes=1))
    keys = link.Keys(commit="abc")
    assert link.match(TRACKED, keys, link.Candidates(of_commit=[ended]), NOW) is None
    later = replace(RUN, id="work:1:11", created=NOW + timedelta(minutes=4), start=None)
    found = link.match(TRACKED, keys, link.Candidates(of_commit=[RUN, later]), NOW + timedelta(hours=1))
    assert found is not None and found.pipeline_run_id == later.id


def test_a_nested_run_goes_where_its_parent_went() -> None:
    parent = replace(TRACKED, id="ml:p", run_id="p", pipeline_run_id=RUN.id, job_run_id=JOB.id, linked_by="job")
    child = replace(TRACKED, parent_run_id="p")
    assert link.match(child, link.Keys(), link.Candidates(parent=parent), NOW) == link.Match(RUN.id, JOB.id, "job")


def test_a_sure_link_is_never_replaced_by_a_likely_one() -> None:
    sure = replace(TRACKED, pipeline_run_id="a", linked_by="job")
    assert link.apply(sure, link.Match("b", by="commit", certain=False), "work:1") == sure
    likely = replace(TRACKED, pipeline_run_id="b", linked_by="commit")
    assert link.apply(likely, link.Match("a", JOB.id, "job"), "work:1").pipeline_run_id == "a"


MEMORY = f"{summary.SYSTEM}{summary.MEMORY_METRIC}"
CPU_OF_A_NODE = f"{summary.SYSTEM}node-1/{summary.CPU_METRIC}"
LATER = NOW + timedelta(hours=1)


def summed_up(run: PipelineRun, linked: Sequence[TrackedRun], names: Mapping[str, str] | None = None) -> PipelineRun:
    """A run with what these MLflow runs say, taken in one after the other; `names` are those of experiments."""
    found = summary.Summary()
    for one in linked:
        found.add(one)
    return found.told(run, (names or {}).get(found.experiment_id, ""))


def test_a_run_sums_up_its_mlflow_runs() -> None:
    values = {
        "auc": MetricSummary(last=0.5),
        "nan": MetricSummary(last=math.nan),
        "infinite": MetricSummary(last=-sys.float_info.max),
        MEMORY: MetricSummary(last=5, max=9),
    }
    one = replace(TRACKED, id="ml:1", linked_by="job", metrics=values)
    two = replace(TRACKED, id="ml:2", linked_by="commit", start=LATER, metrics={"auc": MetricSummary(last=0.9)})
    run = summed_up(RUN, [two, one])
    assert run.mlflow_run_ids == ("ml:1", "ml:2") and run.metrics == {"auc": 0.9, MEMORY: 5}
    assert run.link is not None and (run.link.by, run.link.certain) == ("job", True)
    assert run.max_memory_usage == 9 and run.max_cpu_usage is None


def test_a_run_takes_params_experiment_data_and_model_from_the_newest_that_has_them() -> None:
    held_out = DatasetInput(name="holdout", digest="9", context="eval")
    data = (held_out, DatasetInput(name="churn", digest="7f", context="Training"))
    old = replace(
        TRACKED, id="ml:1", experiment_id="1", params={"lr": "0.1", "seed": "4"}, datasets=data, models=("churn", "a"),
        linked_by="job",
    )  # fmt: skip
    new = replace(TRACKED, id="ml:2", experiment_id="2", start=LATER, params={"lr": "0.2"}, linked_by="job")
    run = summed_up(RUN, [old, new], {"ml:1": "first", "ml:2": "second"})
    assert run.params == {"lr": "0.2", "seed": "4"}
    assert (run.experiment, run.dataset, run.model) == ("second", "churn@7f", "a")
    assert summed_up(RUN, [old, new]).experiment == ""
    bare = summed_up(RUN, [replace(old, datasets=(DatasetInput(name="holdout"),))])
    assert bare.dataset == "holdout"


def test_nested_and_deleted_runs_count_less_in_any_order() -> None:
    parent = replace(TRACKED, id="ml:p", run_id="p", params={"lr": "best"}, linked_by="job")
    trials = [
        replace(TRACKED, id=f"ml:{n}", run_id=f"{n}", parent_run_id="p", linked_by="job",
                start=LATER + timedelta(minutes=n), params={"lr": f"{n}", "depth": f"{n}"})
        for n in range(4)
    ]  # fmt: skip
    gone = replace(parent, id="ml:gone", start=LATER, params={"lr": "gone", "only": "here"}, lifecycle_stage="deleted")
    timeless = replace(parent, id="ml:timeless", start=None, params={"lr": "?", "depth": "?"})
    every = [gone, parent, timeless, *trials]
    run = summed_up(RUN, every)
    assert run.params == {"lr": "best", "depth": "?", "only": "here"}
    assert run.mlflow_run_ids[-1] == "ml:p" and run.mlflow_run_ids[0] == "ml:gone"
    for seed in range(20):
        mixed = random.Random(seed).sample(every, len(every))
        assert summed_up(RUN, mixed) == run


def test_use_is_the_greatest_of_all_nodes_and_never_shrinks_while_the_runs_stay() -> None:
    metrics = {CPU_OF_A_NODE: MetricSummary(last=40), f"system/{summary.CPU_METRIC}": MetricSummary(last=20),
               "system/node-1/gpu_0_utilization_percentage": MetricSummary(last=99),
               "cpu_utilization_percentage": MetricSummary(last=99)}  # fmt: skip
    busy = replace(TRACKED, linked_by="job", metrics=metrics)
    run = summed_up(RUN, [busy])
    assert (run.max_cpu_usage, run.max_memory_usage) == (40, None)
    calm = replace(busy, metrics={CPU_OF_A_NODE: MetricSummary(last=1)})
    assert summed_up(run, [calm]).max_cpu_usage == 40
    assert summed_up(run, [replace(calm, id="ml:other")]).max_cpu_usage == 1, "the busy one belongs elsewhere now"
    assert summed_up(run, []) == RUN


# Interests and secrets


def test_a_board_tells_what_is_looked_at_and_refreshes_once() -> None:
    board = Board()

    def interest(topic: str, seconds: float = 10) -> Interest:
        return Interest(id=f"v:{topic}", viewer="v", topic=topic, expires=NOW + timedelta(seconds=seconds))

    board.update([interest("projects"), interest("run:work:1:10"), interest("refresh:work:1"), interest("nonsense")])
    assert board.everything and board.watched and board.ids("run") == {"work:1:10"}
    assert [board.changed.is_set(), board.take_refresh("work:1"), board.take_refresh("work:1")] == [True, True, False]
    board.changed.clear()
    board.update([interest("projects"), interest("run:work:1:10"), interest("refresh:work:1"), interest("nonsense")])
    assert [board.changed.is_set(), board.take_refresh("work:1")] == [False, False]
    board.update([interest("projects"), interest("run:work:1:10"), interest("refresh:work:1", 20)])
    assert board.take_refresh("work:1")
    topics = ["metrics:ml:a", "metric:ml:b:loss", "metric:ml:b:loss@1..2", "metric:ml:c:with:colon"]
    board.update([interest(topic) for topic in topics])
    assert board.ids("metrics") == {"ml:a", "ml:b", "ml:c"}
    assert board.ids("metric") == {"ml:a", "ml:b:loss", "ml:b:loss@1..2", "ml:c:with:colon"}
    board.update([])
    assert (board.watched, board.ids("run")) == (False, frozenset())


async def test_secrets_are_waited_for_and_forgotten() -> None:
    secrets = Secrets()
    waiting = asyncio.create_task(secrets.take("c", ["A"], 5))
    await asyncio.sleep(0)
    line = write_line("c", {"A": Secret("value")})
    found = read_line(line)
    assert found is not None
    secrets.give(*found)
    values = await waiting
    assert values is not None and values["A"].reveal() == "value" and "value" not in repr(secrets.__dict__)
    secrets.forget("c")
    assert await secrets.take("c", ["A"], 0.01) is None
    assert read_line(b"no json\n") is None and read_line(b"[]\n") is None
