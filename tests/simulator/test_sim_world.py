"""The world without HTTP: determinism, history, statuses, logs, and settings that make no world."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from data.errors import ConfigError
from data.simulator import ManualClock, SimulatorSettings, World
from data.simulator.build import build_world
from data.simulator.ci import holds
from data.simulator.clock import iso, parse_iso
from data.simulator.entities import COMPLETED, Job
from data.simulator.factory import Order, make_pipeline
from data.simulator.logs import LogBook
from data.simulator.names import theme
from data.simulator.scheduler import create_pipeline
from data.simulator.serializers import Serializer
from data.simulator.status import composite
from tests.simulator.conftest import QUIET


def world(clock: ManualClock | None = None, **settings: Any) -> World:
    """Build a world that stands still."""
    return build_world(SimulatorSettings(**settings), clock or ManualClock())


def picture(found: World) -> bytes:
    """Return everything that a client could see, as JSON."""
    show = Serializer(found, LogBook(found))
    rows = [show.pipeline_detail(p) for p in found.pipelines.values()]
    jobs = [show.job_basic(job) for job in found.jobs.values()]
    return msgspec.json.encode([[show.project_basic(p) for p in found.projects.values()], rows, jobs])


def test_a_seed_makes_the_same_world_twice() -> None:
    clocks = ManualClock(), ManualClock()
    one, two = (world(clock, history_days=3) for clock in clocks)
    assert picture(one) == picture(two)
    for clock in clocks:
        clock.advance(3_000)
    for step in (100, 900, 2_000):
        one.advance(one.born + step)
    for found in (one, two):
        found.advance()
    assert picture(one) == picture(two)
    assert picture(world(history_days=3, seed=2)) != picture(one)


def test_two_weeks_of_history_are_believable() -> None:
    found = world()
    statuses = Counter(p.status for p in found.pipelines.values())
    assert 450 < len(found.pipelines) < 900
    assert 0.6 < statuses["success"] / len(found.pipelines) < 0.92 and statuses["failed"] > 30
    assert statuses["manual"] and statuses["canceled"] and statuses["running"] >= 3
    sources = {p.source for p in found.pipelines.values()}
    assert {"push", "schedule", "web", "parent_pipeline", "pipeline"} <= sources
    hours = Counter(int(p.created_at % 86_400 // 3_600) for p in found.pipelines.values() if p.source == "push")
    assert sum(hours[hour] for hour in range(8, 18)) > 4 * sum(hours[hour] for hour in (22, 23, 0, 1, 2, 3))
    ages = [found.born - p.created_at for p in found.pipelines.values()]
    assert min(ages) >= 0 and 13 * 86_400 < max(ages) <= 14 * 86_400
    assert any(job.retried for job in found.jobs.values()) and any(
        d.job.status == "success" for p in found.projects.values() for d in p.deployments
    )


def test_times_are_in_order_everywhere() -> None:
    for job in world(history_days=2).jobs.values():
        times = [t for t in (job.created_at, job.queued_at, job.started_at, job.finished_at) if t is not None]
        assert times == sorted(times)
        assert (job.finished_at is not None) == (job.status in COMPLETED - {"skipped"})


def test_runners_never_take_more_than_they_can() -> None:
    events = []
    found = world(history_days=2)
    for job in found.jobs.values():
        if job.runner is not None and job.started_at is not None:
            events += [(job.started_at, 1, job.runner.id), (job.finished_at or found.time, -1, job.runner.id)]
    busy: Counter[int] = Counter()
    room = {runner.id: runner.capacity for runner in found.runners}
    for _, change, runner in sorted(events):
        busy[runner] += change
        assert 0 <= busy[runner] <= room[runner]


def test_the_background_author_starts_pipelines() -> None:
    clock = ManualClock()
    found = world(clock, history_days=0, activity=60)
    clock.advance(3_600)
    found.advance()
    assert 30 < sum(not p.is_child for p in found.pipelines.values()) < 100


def test_speed_shortens_jobs_and_leaves_times_alone() -> None:
    def took(speed: float) -> float:
        clock = ManualClock()
        found = world(clock, **{**QUIET, "speed": speed})
        project = next(iter(found.projects.values()))
        made = create_pipeline(found, Order(project=project, user=found.users["bo"], ref="main"))
        clock.advance(10_000)
        found.advance()
        assert made.status == "success" and made.finished_at is not None
        return made.finished_at - made.created_at

    assert took(10) == pytest.approx(took(1) / 10, rel=1e-6)


@pytest.mark.parametrize(
    ("statuses", "allowed", "expected"),
    [
        ("success success", "", "success"),
        ("success failed", "failed", "success"),
        ("success failed", "", "failed"),
        ("created created", "", "created"),
        ("pending created", "", "pending"),
        ("success pending created", "", "running"),
        ("success created", "", "running"),
        ("success manual created", "", "manual"),
        ("success manual", "manual", "success"),
        ("manual", "manual", "skipped"),
        ("success canceled", "", "canceled"),
        ("failed canceled", "", "failed"),
        ("success canceling", "", "canceling"),
        ("running canceling", "", "running"),
        ("success skipped", "", "success"),
        ("skipped", "", "skipped"),
        ("failed manual", "", "manual"),
        ("", "", "success"),
    ],
)
def test_the_status_of_a_set_of_jobs(statuses: str, allowed: str, expected: str) -> None:
    found = world(**QUIET)
    project = next(iter(found.projects.values()))
    template = make_pipeline(found, Order(project=project, user=found.users["bo"], ref="main")).jobs[0]
    jobs = []
    for status in statuses.split():
        spec = replace(template.spec, allow_failure=status in allowed.split())
        job = Job(1, template.pipeline, spec, 0, 0.0, template.user)
        job.status = status
        jobs.append(job)
    assert composite(jobs) == expected


def test_rules() -> None:
    assert holds('$A == "1" && $B != "2"', {"A": "1"})
    assert not holds('$A == "1"', {})
    assert holds('$A != "1"', {})


def test_generated_projects_have_paths_of_their_own() -> None:
    paths = [f"{theme(1, index).group}/{theme(1, index).path}" for index in range(200)]
    assert len({theme(1, index).path for index in range(200)}) == 200 and len(set(paths)) == 200
    assert len(world(history_days=0, projects=40).projects) == 40


def test_logs_are_pure() -> None:
    one, two = world(history_days=1), world(history_days=1)
    books = LogBook(one), LogBook(two)
    finished = [job.id for job in one.jobs.values() if job.status in ("success", "failed") and not job.is_bridge]
    for number in finished[:60]:
        assert books[0].body(one.jobs[number]) == books[1].body(two.jobs[number]) != b""


def test_instants() -> None:
    assert iso(parse_iso("2026-03-02T09:00:00.123Z")) == "2026-03-02T09:00:00.123Z"
    assert parse_iso("2026-03-02T10:00:00+01:00") == parse_iso("2026-03-02T09:00:00")


@pytest.mark.parametrize("wrong", [{"speed": 0}, {"projects": 0}, {"port": 70_000}, {"history_days": -1}])
def test_settings_that_make_no_world(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(wrong))):
        SimulatorSettings(**wrong)
    with pytest.raises(ValueError, match="backwards"):
        ManualClock().advance(-1)
