"""Builds a world from its seed: users, tokens, groups, projects, repositories, runners, schedules; then its history."""

from __future__ import annotations

import random

from data.simulator import author, templates, templates_tests
from data.simulator.chance import digest, stream
from data.simulator.ci import PipelineSpec
from data.simulator.clock import Clock
from data.simulator.commits import commit
from data.simulator.entities import (
    Access,
    Branch,
    CiVariable,
    Environment,
    Group,
    Project,
    Runner,
    Schedule,
    Tag,
    Token,
    User,
    Variable,
)
from data.simulator.names import FEATURE_BRANCHES, PEOPLE, THEMES, Theme, theme
from data.simulator.settings import DAY, SimulatorSettings
from data.simulator.world import World

_AGE = 400 * DAY
"""Age of the users and of the oldest project when the world begins."""

_ROLES = (Access.OWNER, Access.MAINTAINER, Access.DEVELOPER, Access.DEVELOPER, Access.MAINTAINER, Access.DEVELOPER)
"""Access level of the team's members in order; the rest are reporters."""

_RUNNERS = (
    ("docker-cpu-01", "cpu", 6),
    ("docker-cpu-02", "cpu", 6),
    ("gpu-a100-01", "gpu", 4),
    ("gpu-a100-02", "gpu", 2),
)
"""Description, tag and capacity of the shared runners."""

TOKENS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("owner", "ada", ("api",)),
    ("maintainer", "bo", ("api",)),
    ("developer", "chidi", ("api",)),
    ("reporter", "goran", ("api",)),
    ("reader", "bo", ("read_api",)),
    ("expired", "bo", ("api",)),
    ("revoked", "bo", ("api",)),
    ("outsider", "visitor", ("api",)),
)
"""Name, user and scopes of every token."""


def build_world(settings: SimulatorSettings, clock: Clock | None = None) -> World:
    """Return a world that has lived up to its clock's first instant. Deterministic in settings and that instant."""
    world = World(settings, clock)
    born = world.born
    world.rewind(born - settings.history_days * DAY)
    _people(world)
    for number, (name, tag, capacity) in enumerate(_RUNNERS, start=11):
        world.runners.append(Runner(number, name, tag, capacity, born - _AGE))
    themes = [theme(settings.seed, index) for index in range(settings.projects)]
    paths = frozenset(f"{item.group}/{item.path}" for item in themes)
    for index, item in enumerate(themes):
        _project(world, index, item, templates.variant(index, paths))
    for index, item in enumerate(themes[: len(THEMES)]):
        _test_repository(world, index, item, templates.variant(index, paths))
    author.start(world)
    world.advance(born)
    return world


def _people(world: World) -> None:
    since = world.born - _AGE
    for username, name in (*PEOPLE, ("visitor", "Vis Itor")):
        world.users[username] = User(world.next_id("user"), username, name, since)
    for name, username, scopes in TOKENS:
        value = f"glpat-sim-{digest(world.settings.seed, 'token', name)[:20]}"
        token = Token(world.next_id("token"), name, value, world.users[username], scopes, since)
        token.expires_at = world.born - DAY if name == "expired" else world.born + 300 * DAY
        token.revoked = name == "revoked"
        world.tokens[value] = token


def _group(world: World, full_path: str) -> Group:
    if full_path not in world.groups:
        above, _, path = full_path.rpartition("/")
        parent = _group(world, above) if above else None
        name = path.replace("-", " ").title() if path != "ml" else "ML"
        world.groups[full_path] = Group(world.next_id("group", 21), name, path, full_path, parent)
    return world.groups[full_path]


def _project(world: World, index: int, item: Theme, kind: templates.Variant) -> None:
    spec = templates.training_pipeline(item, kind)
    project = _empty(world, index, item, spec, templates.repository_files(item, kind, spec))
    project.inputs = templates.INPUTS if kind.inputs else ()
    project.variables_role = kind.variables_role
    project.timestamps = kind.timestamps
    world.projects[project.id] = project
    draw = stream(world.settings.seed, "project", item.path)
    _repository(world, project, draw, developers_on_main=kind.developers_on_main)
    _settings(world, project, draw)


def _test_repository(world: World, index: int, item: Theme, kind: templates.Variant) -> None:
    """Make the project whose pipeline tests that of another one."""
    named = templates_tests.test_theme(item)
    spec = templates_tests.test_pipeline(item, kind)
    project = _empty(world, index, named, spec, templates_tests.test_files(item, spec))
    world.testing[project.id] = project
    _repository(world, project, stream(world.settings.seed, "project", named.path), developers_on_main=True)


def _empty(world: World, index: int, item: Theme, spec: PipelineSpec, files: dict[str, str]) -> Project:
    """Return a project with its members, without commits."""
    since = world.born - _AGE + index * DAY
    project = Project(
        id=world.next_id("project", 101),
        name=item.path.replace("-", " ").title(),
        path=item.path,
        group=_group(world, item.group),
        theme=item,
        created_at=since,
        last_activity_at=since,
        spec=spec,
        inputs=(),
        files=files,
    )
    world.paths[project.full_path] = project
    for position, (username, _) in enumerate(PEOPLE):
        level = _ROLES[position] if position < len(_ROLES) else Access.REPORTER
        project.members[world.users[username].id] = level
    return project


def _repository(world: World, project: Project, draw: random.Random, *, developers_on_main: bool) -> None:
    start = world.time
    main = Branch("main", [], protected=True, developers_can_merge=developers_on_main)
    project.branches["main"] = main
    for age in (90, 60, 41, 23, 9):
        commit(world, project, main, draw, start - age * DAY)
    for position, name in enumerate(FEATURE_BRANCHES):
        branch = Branch(name, [main.head])
        project.branches[name] = branch
        commit(world, project, branch, draw, start - (len(FEATURE_BRANCHES) - position + draw.random()) * DAY)
    for number, index in (("v1.0", 1), ("v1.1", 3)):
        tag = Tag(number, main.commits[index], f"Release {number}", protected=not developers_on_main)
        project.tags[number] = tag


def _settings(world: World, project: Project, draw: random.Random) -> None:
    since, owner = project.created_at, world.users["ada"]
    project.variables = [
        CiVariable("MLFLOW_TRACKING_URI", world.settings.mlflow_uri or "https://mlflow.example.com"),
        CiVariable(
            "AWS_SECRET_ACCESS_KEY", digest(world.settings.seed, project.path, "aws"), masked=True, protected=True
        ),
        CiVariable("REGISTRY_PASSWORD", "", masked=True, hidden=True, description="Set by the platform team"),
    ]
    for name, tier in (("staging", "staging"), ("production", "production")):
        url = f"https://{name}.{project.path}.example.com"
        project.environments.append(Environment(world.next_id("environment"), name, tier, url, since, since))
    epochs = (Variable("EPOCHS", "40"),)
    night = draw.randint(1, 4)
    for description, weekday, active in (
        ("Nightly training", None, True),
        ("Weekly full training", 6, weekly_active(project)),
    ):
        number, hour = world.next_id("schedule", 7), night if weekday is None else night + 6
        schedule = Schedule(number, description, "main", hour, weekday, active, owner, since, since)
        schedule.variables = epochs if weekday is not None and project.variables_role != "no_one_allowed" else ()
        schedule.inputs = {"epochs": 40} if weekday is not None and project.inputs else {}
        project.schedules.append(schedule)


def weekly_active(project: Project) -> bool:
    """Whether the project's weekly schedule is switched on: in every other project."""
    return project.id % 2 == 0
