"""What `lineside doctor` hears of the roles and settings that forbid launching."""

from __future__ import annotations

import pytest

from data.engine.doctor import Diagnosis, diagnose
from tests.engine.conftest import Lab

pytestmark = pytest.mark.server


def told(lab: Lab, who: str) -> Diagnosis:
    """What is said of the project that lets nobody set variables."""
    path = next(
        one.full_path for one in lab.simulator.world.projects.values() if one.variables_role == "no_one_allowed"
    )
    [found] = diagnose(lab.settings(path, who=who))
    return found


async def test_a_role_that_cannot_launch_is_named(lab: Lab) -> None:
    [project] = told(lab, "reporter").projects
    assert project.access_level == 20 and "launching needs 30" in project.limits[0] and not project.error


async def test_variables_that_nobody_may_set_are_named(lab: Lab) -> None:
    [project] = told(lab, "maintainer").projects
    assert len(project.limits) == 1 and "use inputs" in project.limits[0]


async def test_a_token_that_only_reads_is_known_as_such(lab: Lab) -> None:
    assert told(lab, "reader").connection.can_write is False
