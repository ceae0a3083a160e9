"""GET /version, /metadata, /user, /personal_access_tokens/self, members, runners and variables."""

from __future__ import annotations

from starlette.responses import Response

from data.simulator.api.call import Call, answer
from data.simulator.api.errors import not_found, unauthorized
from data.simulator.api.paging import by_offset
from data.simulator.chance import digest
from data.simulator.entities import Access


def _needs_token(call: Call) -> None:
    if call.token is None:
        raise unauthorized()


def version(call: Call) -> Response:
    """GET /version."""
    _needs_token(call)
    name = call.world.settings.version
    return answer({"version": name, "revision": digest(name)[:11]})


def metadata(call: Call) -> Response:
    """GET /metadata."""
    _needs_token(call)
    name = call.world.settings.version
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return answer({"version": name, "revision": digest(name)[:11], "kas": kas, "enterprise": name.endswith("-ee")})


def me(call: Call) -> Response:
    """GET /user."""
    _needs_token(call)
    return answer(call.json.me(call.user))


def token_self(call: Call) -> Response:
    """GET /personal_access_tokens/self."""
    if call.token is None:
        raise unauthorized()
    return answer(call.json.token(call.token))


def members(call: Call) -> Response:
    """GET /projects/:id/members/all."""
    project, wanted = call.project(Access.GUEST), call.text("query").lower()
    rows = [
        (user, project.members[user.id])
        for user in call.world.users.values()
        if user.id in project.members and wanted in f"{user.username} {user.name}".lower()
    ]
    return by_offset(call, rows, lambda row: call.json.member(*row))


def project_runners(call: Call) -> Response:
    """GET /projects/:id/runners; Maintainers only."""
    call.project(Access.MAINTAINER)
    kind, wanted = call.text("type"), call.text("tag_list")
    rows = [
        r for r in call.world.runners if kind in ("", "instance_type") and (not wanted or r.tag in wanted.split(","))
    ]
    return by_offset(call, rows, call.json.runner)


def runner(call: Call) -> Response:
    """GET /runners/:rid."""
    _needs_token(call)
    number = call.number("rid")
    found = next((item for item in call.world.runners if item.id == number), None)
    if found is None:
        raise not_found()
    return answer(call.json.runner_detail(found))


def variables(call: Call) -> Response:
    """GET /projects/:id/variables; Maintainers only."""
    return by_offset(call, call.project(Access.MAINTAINER).variables, call.json.ci_variable)


def variable(call: Call) -> Response:
    """GET /projects/:id/variables/:key; Maintainers only."""
    key = call.part("key")
    found = next((item for item in call.project(Access.MAINTAINER).variables if item.key == key), None)
    if found is None:
        raise not_found("Variable")
    return answer(call.json.ci_variable(found))
