"""Artifacts of jobs: the archive, one file of it, its tree, by ref and job name, keep and delete."""

from __future__ import annotations

import mimetypes

from starlette.responses import Response

from data.simulator import artifacts
from data.simulator.api.call import Call, answer, no_content
from data.simulator.api.errors import ApiError, bad_request, not_found
from data.simulator.api.paging import by_offset
from data.simulator.entities import Access, Job


def _with_archive(call: Call) -> Job:
    found = call.job()
    if not artifacts.has_archive(call.world, found):
        raise not_found()
    return found


def _zip(call: Call, found: Job) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="artifacts.zip"'}
    return Response(artifacts.archive(call.world, found), headers=headers, media_type="application/zip")


def _file(call: Call, found: Job, path: str) -> Response:
    if path.startswith("/") or ".." in path.split("/"):
        raise bad_request("Invalid path")
    content = artifacts.files(call.world, found).get(path)
    if content is None:
        raise not_found()
    kind = mimetypes.guess_type(path)[0] or "application/octet-stream"
    return Response(content, media_type=kind, headers={"Content-Disposition": "attachment"})


def download(call: Call) -> Response:
    """GET …/jobs/:jid/artifacts: the zip archive."""
    return _zip(call, _with_archive(call))


def one_file(call: Call) -> Response:
    """GET …/jobs/:jid/artifacts/*path: one file of the archive."""
    return _file(call, _with_archive(call), call.part("path"))


def tree(call: Call) -> Response:
    """GET …/jobs/:jid/artifacts/tree (GitLab 18.8): one directory level, or all with `recursive`."""
    found = _with_archive(call)
    rows = artifacts.tree(call.world, found, call.text("path"), recursive=call.flag("recursive"))
    return by_offset(call, rows, lambda row: row)


def _newest(call: Call) -> Job:
    """Return the named job of the newest successful pipeline of the route's ref."""
    project, ref, name = call.project(), call.part("ref"), call.required("job")
    for pipeline in reversed(list(project.pipelines.values())):
        if pipeline.ref != ref or pipeline.status != "success" or pipeline.is_child:
            continue
        for job in pipeline.latest:
            if job.name == name and artifacts.has_archive(call.world, job):
                return job
    raise not_found()


def download_by_ref(call: Call) -> Response:
    """GET …/jobs/artifacts/:ref/download?job=name."""
    return _zip(call, _newest(call))


def file_by_ref(call: Call) -> Response:
    """GET …/jobs/artifacts/:ref/raw/*path?job=name."""
    return _file(call, _newest(call), call.part("path"))


def keep(call: Call) -> Response:
    """POST …/jobs/:jid/artifacts/keep: they expire no more."""
    found = call.job(Access.DEVELOPER)
    if not artifacts.has_archive(call.world, found):
        raise not_found()
    found.artifacts_kept = True
    return answer(call.json.job(found))


def delete(call: Call) -> Response:
    """DELETE …/jobs/:jid/artifacts; Maintainers only."""
    found = call.job(Access.MAINTAINER)
    if not artifacts.has_archive(call.world, found):
        raise ApiError(404, {"message": "404 Not found"})
    found.artifacts_deleted = True
    return no_content()
