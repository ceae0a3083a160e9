"""What the token and the user's role do not allow: `why_not_…` gives "" where a thing is possible, else a sentence.

What the server alone can know is left to it: an unknown access level, unknown scopes and unknown refs forbid nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from data.launch.asked import Target, known_ref
from data.model.project import Project
from data.model.work import Connection

DEVELOPER: Final = 30
"""Least GitLab access level that may run pipelines (GitLab docs, user/permissions)."""
LEVELS: Final[Mapping[str, int]] = {"developer": DEVELOPER, "maintainer": 40, "owner": 50}
"""Roles of `ci_pipeline_variables_minimum_override_role` that name a level (GitLab docs, api/projects)."""
ROLES: Final[Mapping[int, str]] = {
    5: "minimal access", 10: "guest", 15: "planner", 20: "reporter", 30: "developer", 40: "maintainer", 50: "owner",
}  # fmt: skip
"""Names of GitLab's access levels (GitLab docs, api/access_levels)."""
NO_ONE: Final = "no_one_allowed"
"""The variables' role that forbids them to everybody, owners included."""
WRITE_SCOPE: Final = "api"
"""Scope that a token needs for changes (GitLab docs, security/tokens)."""
READ_SCOPES: Final = frozenset({
    "read_api", "read_user", "read_repository", "write_repository", "read_registry", "write_registry", "openid",
    "profile", "email", "ai_features", "k8s_proxy", "create_runner", "manage_runner", "self_rotate",
    "read_virtual_registry", "write_virtual_registry", "read_service_ping", "admin_mode", "sudo",
})  # fmt: skip
"""Scopes that are known not to let a token start a pipeline; a scope that is not known here may."""


def why_not_launch(project: Project) -> str:
    """Why nothing can be launched in a project. An unknown access level is left to the server."""
    if project.archived:
        return f"{project.name} is archived: GitLab runs nothing in it"
    return _why_not_role(project, "launching")


def why_not_connection(connection: Connection | None) -> str:
    """Why a connection's token changes nothing on its server."""
    if connection is None:
        return ""
    scopes = connection.scopes
    if scopes and WRITE_SCOPE not in scopes and READ_SCOPES.issuperset(scopes):
        return f"the token of {connection.name} has the scope {', '.join(scopes)}; launching needs {WRITE_SCOPE}"
    if connection.can_write is False:
        return f"the login of {connection.name} may only read"
    return ""


def why_not_act(project: Project, connection: Connection | None = None) -> str:
    """Why runs and jobs of a project cannot be acted on: cancelled, retried, played."""
    if project.archived:
        return f"{project.name} is archived: GitLab changes nothing in it"
    return why_not_connection(connection) or _why_not_role(project, "this")


def why_not_variables(project: Project) -> str:
    """Why a launch may not carry CI/CD variables; inputs are not concerned (GitLab docs, api/projects)."""
    role = project.variables_role
    if role == NO_ONE:
        return f"{project.name} lets nobody set pipeline variables; use inputs"
    if (least := LEVELS.get(role, 0)) and 0 < project.access_level < least:
        return f"{project.name} lets only the role {role} and above set pipeline variables"
    return ""


def why_not_ref(target: Target, name: str) -> str:
    """Why no pipeline can be started on a branch or tag of the project, as far as its refs are known."""
    ref = known_ref(target, name)
    if ref is None or ref.may_run:
        return ""
    role = ROLES.get(target.project.access_level, "")
    yours = f"; your role is {role}" if role else ""
    return f"{name} is protected: you may not run pipelines on it{yours}"


def _why_not_role(project: Project, what: str) -> str:
    if 0 < project.access_level < DEVELOPER:
        role = ROLES.get(project.access_level, "")
        yours = f"{project.access_level} ({role})" if role else str(project.access_level)
        return f"your access level in {project.name} is {yours}; {what} needs {DEVELOPER} (developer)"
    return ""
