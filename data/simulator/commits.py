"""Puts commits on branches."""

from __future__ import annotations

import random

from data.simulator.chance import digest
from data.simulator.entities import Branch, Commit, Project, User
from data.simulator.names import PEOPLE, SUBJECTS
from data.simulator.world import World


def commit(
    world: World, project: Project, branch: Branch, draw: random.Random, at: float, author: User | None = None
) -> Commit:
    """Put a new commit on `branch` at the instant `at`, by `author` or somebody, and return it."""
    title = draw.choice(SUBJECTS)
    who = author or world.users[draw.choice(PEOPLE)[0]]
    sha = digest(world.settings.seed, project.full_path, branch.name, len(branch.commits))
    parents = (branch.head.sha,) if branch.commits else ()
    made = Commit(sha, title, f"{title}\n", who, at, parents)
    branch.commits.append(made)
    project.commits[sha] = made
    project.last_activity_at = max(project.last_activity_at, at)
    return made
