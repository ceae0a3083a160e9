"""Writes the company's life: two weeks of pipelines before the world is born, and new ones now and then afterwards.

Everything it does is an event of the world, so that history and the present come about by the same rules.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from data.simulator import scheduler
from data.simulator.chance import digest, stream, unit
from data.simulator.commits import commit
from data.simulator.entities import Access, Pipeline, Project, Schedule, User, Variable
from data.simulator.factory import CreationError, Order, may_run_on
from data.simulator.settings import DAY
from data.simulator.world import World

PIPELINES_PER_DAY = 6.2
"""Pipelines that a project's people start on a working day, schedules left out."""

WEEKEND_FACTOR = 0.2
"""What is left of that on a Saturday or Sunday."""

HOUR_WEIGHTS = (1, 1, 1, 1, 1, 1, 2, 5, 12, 18, 20, 18, 10, 16, 20, 19, 16, 11, 7, 5, 4, 3, 2, 1)
"""How the people's pipelines spread over the hours of a day, UTC."""

WARM_PIPELINES = 7
"""Pipelines that start within the last minutes before the world is born, so that some are in progress."""

WARM_SECONDS = (20.0, 320.0)
"""How long before that instant they start, in seconds of life."""

SOURCES = (("push", 0.62), ("web", 0.2), ("api", 0.12), ("trigger", 0.06))
"""Sources of the people's pipelines with their shares."""

TEST_AGE, TEST_APART = 1_800.0, 5_400.0
"""How long before the world is born the last test run began, in seconds of life, and how far they are apart."""

TESTER, TESTED_API, TESTED_WITH = "bo", "train-e2e", {"EPOCHS": "8"}
"""Who starts them, for which API, with which variables."""

MINUTE, HOUR = 60.0, 3_600.0
"""Seconds of a minute and of an hour."""

SATURDAY = 5
"""First day of the weekend, counted from Monday as 0."""

LIVE_SCHEDULE_DAYS = 7
"""Days after the world's birth for which schedules go on firing, where the author is active."""

MAIN_SHARE = 0.45
"""Share of the people's pipelines that run on main."""

_PLAY_SHARE, _APPROVE_SHARE, _RETRY_SHARE, _CANCEL_SHARE, _SWITCH_SHARE = 0.35, 0.75, 0.25, 0.05, 0.3
_REACTION = (40.0, 1_500.0)
_CANCEL_AFTER = (20.0, 200.0)
_RATES = ("0.0003", "0.0005", "0.001", "0.002", "0.005")


def start(world: World) -> None:
    """Put all of history, the schedules and the first live pipeline on the world's heap."""
    authored: set[int] = set()
    world.settled.append(lambda pipeline: _react(world, pipeline) if pipeline.id in authored else None)
    if world.settings.history_days > 0:
        _history(world, authored)
    _test_runs(world)
    if world.settings.activity > 0:
        world.at(world.born, lambda: _next_live(world, authored))


def _history(world: World, authored: set[int]) -> None:
    first = world.time - world.time % DAY
    ahead = LIVE_SCHEDULE_DAYS if world.settings.activity > 0 else 1
    for project in world.projects.values():
        for number in range(int(world.settings.history_days) + ahead + 1):
            _one_day(world, project, first + number * DAY, authored)
    draw = stream(world.settings.seed, "warm")
    projects = list(world.projects.values())
    for number in range(min(WARM_PIPELINES, 2 * len(projects))):
        age = draw.uniform(*WARM_SECONDS) / world.settings.speed
        project = projects[number % len(projects)]
        world.at(world.born - age, partial(_author, world, project, authored))


def _test_runs(world: World) -> None:
    """Let somebody test the first projects, the last time some minutes before the world is born."""
    places = list(world.testing.values())
    for number in range(world.settings.test_runs if places else 0):
        age = (TEST_AGE + TEST_APART * (world.settings.test_runs - 1 - number)) / world.settings.speed
        project = places[number % len(places)]
        world.at(max(world.born - age, world.time), partial(_test, world, project, number))


def _test(world: World, project: Project, number: int) -> None:
    run_id = str(UUID(digest(world.settings.seed, "RUN_ID", number)[:32]))
    given = {"RUN_ID": run_id, "LINESIDE_API": TESTED_API, **TESTED_WITH}
    variables = tuple(Variable(key, value) for key, value in given.items())
    order = Order(project=project, user=world.users[TESTER], ref=project.default_branch, variables=variables)
    with suppress(CreationError):  # nobody insists
        scheduler.create_pipeline(world, order)


def _one_day(world: World, project: Project, midnight: float, authored: set[int]) -> None:
    weekday = datetime.fromtimestamp(midnight, UTC).weekday()
    draw = stream(world.settings.seed, "day", project.full_path, int(midnight))
    mean = PIPELINES_PER_DAY * (WEEKEND_FACTOR if weekday >= SATURDAY else 1.0)
    for _ in range(round(max(0.0, draw.gauss(mean, mean / 3)))):
        instant = midnight + (draw.choices(range(24), HOUR_WEIGHTS)[0] + draw.random()) * HOUR
        if world.time <= instant < world.born:
            world.at(instant, partial(_author, world, project, authored))
    for schedule in project.schedules:
        if schedule.active and schedule.weekday in (None, weekday):
            instant = midnight + schedule.hour * HOUR + MINUTE * draw.random()
            if instant >= world.time and (instant < world.born or world.settings.activity > 0):
                world.at(instant, partial(_scheduled, world, project, schedule, authored))


def _scheduled(world: World, project: Project, schedule: Schedule, authored: set[int]) -> None:
    pipeline = run_schedule(world, project, schedule, schedule.owner)
    authored.add(pipeline.id)


def run_schedule(world: World, project: Project, schedule: Schedule, user: User) -> Pipeline:
    """Start the pipeline of a schedule.

    Raises:
        CreationError: the pipeline is refused.
    """
    order = Order(
        project=project,
        user=user,
        ref=schedule.ref,
        source="schedule",
        variables=schedule.variables,
        inputs=schedule.inputs,
    )
    pipeline = scheduler.create_pipeline(world, order)
    schedule.pipelines.append(pipeline)
    return pipeline


def _next_live(world: World, authored: set[int]) -> None:
    """Wait an exponential time, start a pipeline somewhere, and so on."""
    number = world.next_id("live")
    draw = stream(world.settings.seed, "live", number)

    def happen() -> None:
        _author(world, draw.choice(list(world.projects.values())), authored)
        _next_live(world, authored)

    world.after(draw.expovariate(world.settings.activity / HOUR), happen)


def _author(world: World, project: Project, authored: set[int]) -> None:
    """Let somebody push a commit or launch a pipeline in `project`."""
    draw = stream(world.settings.seed, "author", project.full_path, project.iid, round(world.time))
    source = draw.choices([name for name, _ in SOURCES], [share for _, share in SOURCES])[0]
    branch = project.branches["main"] if draw.random() < MAIN_SHARE else draw.choice(list(project.branches.values()))
    user = _person(world, project, branch.name, draw)
    variables: tuple[Variable, ...] = ()
    if source == "push":
        commit(world, project, branch, draw, world.time, user)
    elif world.access(user, project) >= Access.MAINTAINER and project.variables_role != "no_one_allowed":
        variables = _launch_variables(draw)
    order = Order(project=project, user=user, ref=branch.name, source=source, variables=variables)
    try:
        pipeline = scheduler.create_pipeline(world, order)
    except CreationError:
        return  # a combination of switches that leaves no job: the person gives up
    authored.add(pipeline.id)
    if draw.random() < _CANCEL_SHARE:
        world.after(draw.uniform(*_CANCEL_AFTER), partial(_cancel, world, pipeline))


def _person(world: World, project: Project, ref: str, draw: random.Random) -> User:
    able = [user for user in world.users.values() if may_run_on(world, user, project, ref)]
    return draw.choice(able)


def _launch_variables(draw: random.Random) -> tuple[Variable, ...]:
    chosen = [Variable("LR", draw.choice(_RATES)), Variable("EPOCHS", str(draw.choice((20, 30, 40, 60))))]
    if draw.random() < _SWITCH_SHARE:
        chosen.append(Variable("RUN_DRIFT_CHECK", "false"))
    return tuple(chosen)


def _react(world: World, pipeline: Pipeline) -> None:
    """Let somebody approve, deploy or retry some time after a pipeline ended or blocked."""
    chance = unit(world.settings.seed, "react", pipeline.project.full_path, pipeline.iid, pipeline.status)
    low, high = _REACTION
    wait = low + (high - low) * unit(world.settings.seed, "wait", pipeline.project.full_path, pipeline.iid)
    if pipeline.status == "manual" and chance < _APPROVE_SHARE:
        world.after(wait, lambda: _play(world, pipeline, "approve"))
    elif pipeline.status == "success" and chance < _PLAY_SHARE:
        world.after(wait, lambda: _play(world, pipeline, "deploy"))
    elif pipeline.status == "failed" and chance < _RETRY_SHARE and not pipeline.is_child:
        world.after(wait, lambda: _retry(world, pipeline))


def _play(world: World, pipeline: Pipeline, name: str) -> None:
    for job in pipeline.latest:
        if job.name == name and job.status == "manual" and pipeline.id in world.pipelines:
            scheduler.play_job(world, job)


def _cancel(world: World, pipeline: Pipeline) -> None:
    if pipeline.id in world.pipelines:
        scheduler.cancel_pipeline(world, pipeline)


def _retry(world: World, pipeline: Pipeline) -> None:
    if pipeline.status == "failed" and pipeline.id in world.pipelines:
        scheduler.retry_pipeline(world, pipeline)
