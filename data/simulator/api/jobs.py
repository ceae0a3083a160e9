"""Jobs: lists, single ones, logs, cancel, retry, play and erase."""

from __future__ import annotations

import re

from starlette.responses import Response

from data.simulator import actions, scheduler
from data.simulator.api.call import Call, answer
from data.simulator.api.errors import bad_request, forbidden, invalid
from data.simulator.api.guard import Limiter
from data.simulator.api.paging import by_id, by_offset
from data.simulator.api.pipelines import STATUSES, read_variables
from data.simulator.entities import COMPLETED, RETRYABLE, Access, Job
from data.simulator.factory import may_run_on
from data.simulator.logs import LogBook

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def project_jobs(call: Call, limiter: Limiter) -> Response:
    """GET /projects/:id/jobs: newest first, no totals, limited per user; by keyset with an opaque cursor."""
    project = call.project()
    limiter.application(call.world.settings.jobs_limit, "jobs", call.user.id)
    scope = call.many("scope", STATUSES)
    rows = [job for job in project.jobs.values() if not job.is_bridge and (not scope or job.status in scope)]
    if call.text("pagination") == "keyset":
        return by_id(call, rows, lambda job: job.id, call.json.job, cursor=True)
    return by_offset(call, sorted(rows, key=lambda job: -job.id), call.json.job, count=False)


def job(call: Call) -> Response:
    """GET /projects/:id/jobs/:jid."""
    return answer(call.json.job(call.job()))


def trace(call: Call) -> Response:
    """GET …/jobs/:jid/trace: the whole log, empty where there is none.

    GitLab up to 18 ignores ranges (lib/api/ci/jobs.rb). The setting `trace_range` honours `Range` as some proxies do;
    `trace_byte_offset` honours `byte_offset` and `byte_limit`, which are reported for newer servers.
    """
    found, logs = call.job(), call.json.logs
    settings = call.world.settings
    if settings.trace_byte_offset and ("byte_offset" in call.query or "byte_limit" in call.query):
        size = logs.length(found)
        return _text(logs.part(found, _bytes(call, "byte_offset", 0), _bytes(call, "byte_limit", size)))
    if settings.trace_range and call.range:
        return _ranged(logs, found, call.range)
    return _text(logs.body(found))


def _text(body: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, "text/plain")


def _bytes(call: Call, name: str, default: int) -> int:
    text = call.text(name, str(default))
    if not text.isdecimal():
        raise invalid(name)
    return int(text)


def _ranged(logs: LogBook, job: Job, header: str) -> Response:
    """Answer a `Range` request for one range (RFC 9110): 206, or 416 beyond the end."""
    found, size = _RANGE.fullmatch(header.strip()), logs.length(job)
    if found is None or not (found[1] or found[2]):
        return _text(logs.body(job))
    if found[1]:
        first, last = int(found[1]), min(int(found[2] or size - 1), size - 1)
    else:
        first, last = max(size - int(found[2]), 0), size - 1
    if first >= size or first > last:
        return _text(b"", 416, {"Content-Range": f"bytes */{size}"})
    headers = {"Content-Range": f"bytes {first}-{last}/{size}", "Accept-Ranges": "bytes"}
    return _text(logs.part(job, first, last + 1 - first), 206, headers)


def _changeable(call: Call, *, bridges: bool = False) -> Job:
    """Return the route's job where the user may run jobs on its ref."""
    found = call.job(Access.DEVELOPER, bridges=bridges)
    if not may_run_on(call.world, call.user, found.project, found.pipeline.ref):
        raise forbidden()
    return found


def cancel(call: Call) -> Response:
    """POST …/cancel: 201, a finished job comes back unchanged; `force` needs the Maintainer role."""
    found, force = _changeable(call), call.flag("force")
    if force and call.world.access(call.user, found.project) < Access.MAINTAINER:
        raise forbidden()
    scheduler.cancel_job(call.world, found, force=force)
    scheduler.process(call.world, found.pipeline)
    return answer(call.json.job(found), 201)


def retry(call: Call) -> Response:
    """POST …/retry: 201 and the new job; trigger jobs too."""
    found = _changeable(call, bridges=True)
    if found.retried or found.status not in RETRYABLE:
        raise forbidden("Job is not retryable")
    clone = scheduler.retry_job(call.world, found)
    clone.user = call.user
    return answer(_either(call, clone), 201)


def play(call: Call) -> Response:
    """POST …/play: 200; only manual jobs can be played."""
    found = _changeable(call, bridges=True)
    variables = tuple(read_variables(call.body.get("job_variables_attributes", ()), "job_variables_attributes"))
    if found.status not in ("manual", "scheduled"):
        raise bad_request("Unplayable Job")
    role = found.project.variables_role
    if variables and (role == "no_one_allowed" or (role == "maintainer" and _level(call, found) < Access.MAINTAINER)):
        raise forbidden()
    found.variables, found.user = variables, call.user
    scheduler.play_job(call.world, found)
    return answer(_either(call, found))


def _level(call: Call, found: Job) -> Access:
    return call.world.access(call.user, found.project)


def _either(call: Call, found: Job) -> dict[str, object]:
    return call.json.bridge(found) if found.is_bridge else call.json.job(found)


def erase(call: Call) -> Response:
    """POST …/erase: Maintainers, and developers on jobs of their own."""
    found = call.job(Access.DEVELOPER)
    own = found.user is call.user
    erasable = found.status in COMPLETED and found.started_at is not None and found.erased_at is None
    if _level(call, found) < Access.MAINTAINER and not own:
        raise forbidden()
    if not erasable:
        raise forbidden("Job is not erasable!")
    actions.erase_job(call.world, found)
    return answer(call.json.job(found), 201)
