"""Projects and their repositories."""

from __future__ import annotations

import base64
import hashlib

from starlette.responses import Response

from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError, not_found
from data.simulator.api.paging import by_id, by_offset
from data.simulator.entities import Access, Commit, Project

_ORDERS = ("id", "name", "path", "created_at", "updated_at", "last_activity_at", "similarity", "star_count")


def projects(call: Call) -> Response:
    """GET /projects, by offset or by keyset; anonymous users see the public ones, and there are none."""
    search, level = call.text("search").lower(), call.text("min_access_level")
    needed = int(level) if level.isdecimal() else int(Access.GUEST)
    rows = [
        project
        for project in (call.world.visible(call.user) if call.token else [])
        if search in _searched(call, project)
        and call.world.access(call.user, project) >= needed
        and ("archived" not in call.query or project.archived == call.flag("archived"))
    ]
    after, before = call.instant("last_activity_after"), call.instant("last_activity_before")
    rows = [row for row in rows if (after is None or row.last_activity_at > after)]
    rows = [row for row in rows if (before is None or row.last_activity_at < before)]
    show = call.json.project_basic if call.flag("simple") else lambda row: call.json.project(row, call.user)
    if call.text("pagination") == "keyset":
        return by_id(call, rows, lambda row: row.id, show, cursor=False)
    order = call.choice("order_by", _ORDERS, "created_at")
    rows.sort(key=lambda row: _order(row, order), reverse=call.choice("sort", ("asc", "desc"), "desc") == "desc")
    return by_offset(call, rows, show)


def _searched(call: Call, project: Project) -> str:
    text = project.full_path if call.flag("search_namespaces") else f"{project.path} {project.name}"
    return f"{text} {project.theme.description}".lower()


def _order(project: Project, order: str) -> tuple[float | str, int]:
    keys: dict[str, float | str] = {
        "name": project.name.lower(),
        "path": project.path,
        "created_at": project.created_at,
        "updated_at": project.last_activity_at,
        "last_activity_at": project.last_activity_at,
    }
    return keys.get(order, 0.0), project.id


def project(call: Call) -> Response:
    """GET /projects/:id."""
    return answer(call.json.project(call.project(Access.GUEST), call.user))


def branches(call: Call) -> Response:
    """GET /projects/:id/repository/branches: by name, or by the time of their newest commits (lib/api/branches.rb)."""
    found, search = call.project(), call.text("search").lower()
    order = call.choice("sort", ("name_asc", "updated_asc", "updated_desc"), "name_asc")
    rows = sorted((b for b in found.branches.values() if search in b.name.lower()), key=lambda branch: branch.name)
    if order != "name_asc":
        rows.sort(key=lambda branch: branch.head.created_at, reverse=order == "updated_desc")
    return by_offset(call, rows, lambda row: call.json.branch(row, found, call.user))


def branch(call: Call) -> Response:
    """GET /projects/:id/repository/branches/:branch."""
    found, name = call.project(), call.part("branch")
    if name not in found.branches:
        raise not_found("Branch")
    return answer(call.json.branch(found.branches[name], found, call.user))


def tags(call: Call) -> Response:
    """GET /projects/:id/repository/tags."""
    found, search = call.project(), call.text("search").lower()
    rows = [tag for tag in reversed(found.tags.values()) if search in tag.name.lower()]
    return by_offset(call, rows, lambda row: call.json.tag(row, found))


def commits(call: Call) -> Response:
    """GET /projects/:id/repository/commits; GitLab gives no totals here."""
    found = call.project()
    head = _commit(found, call.text("ref_name", found.default_branch))
    since, until = call.instant("since"), call.instant("until")
    rows: list[Commit] = []
    while head is not None:
        rows.append(head)
        head = found.commits.get(head.parents[0]) if head.parents else None
    rows = [c for c in rows if (since is None or c.created_at >= since) and (until is None or c.created_at <= until)]
    return by_offset(call, rows, lambda row: call.json.commit(row, found), count=False)


def commit(call: Call) -> Response:
    """GET /projects/:id/repository/commits/:sha; a branch or tag name works too."""
    found = call.project()
    head = _commit(found, call.part("sha"))
    if head is None:
        raise not_found("Commit")
    return answer(call.json.commit_detail(head, found))


def _commit(project: Project, ref: str) -> Commit | None:
    """Return the commit that a branch, tag, or full or short id names."""
    ref = ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    if ref in project.branches:
        return project.branches[ref].head
    if ref in project.tags:
        return project.tags[ref].commit
    short = 7
    if len(ref) < short:
        return None
    return next((item for sha, item in project.commits.items() if sha.startswith(ref)), None)


def _file(call: Call) -> tuple[Project, str, Commit, bytes]:
    project, path = call.project(), call.part("path")
    head = _commit(project, call.text("ref", project.default_branch).replace("HEAD", project.default_branch))
    if head is None:
        raise not_found("Commit")
    if path not in project.files:
        raise not_found("File")
    return project, path, head, project.files[path].encode()


def raw_file(call: Call) -> Response:
    """GET /projects/:id/repository/files/:path/raw."""
    _, path, _, content = _file(call)
    headers = {"Content-Disposition": f'inline; filename="{path.rsplit("/", 1)[-1]}"'}
    return Response(content, headers=headers, media_type="text/plain; charset=utf-8")


def file(call: Call) -> Response:
    """GET /projects/:id/repository/files/:path: the content in base64."""
    _, path, head, content = _file(call)
    blob = hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()
    return answer(
        {
            "file_name": path.rsplit("/", 1)[-1],
            "file_path": path,
            "size": len(content),
            "encoding": "base64",
            "content": base64.b64encode(content).decode(),
            "content_sha256": hashlib.sha256(content).hexdigest(),
            "ref": call.text("ref", "main"),
            "blob_id": blob,
            "commit_id": head.sha,
            "last_commit_id": head.sha,
            "execute_filemode": False,
        }
    )


def tree(call: Call) -> Response:
    """GET /projects/:id/repository/tree."""
    found, prefix = call.project(), call.text("path").strip("/")
    start = f"{prefix}/" if prefix else ""
    entries: dict[str, dict[str, str]] = {}
    for path in sorted(path for path in found.files if path.startswith(start)):
        name, _, below = path[len(start) :].partition("/")
        kind, mode = ("tree", "040000") if below else ("blob", "100644")
        identity = hashlib.sha1(path.encode(), usedforsecurity=False).hexdigest()
        entries[name] = {"id": identity, "name": name, "type": kind, "path": start + name, "mode": mode}
    if prefix and not entries:
        raise ApiError(404, {"message": "404 invalid revision or path Not Found"})
    return by_offset(call, list(entries.values()), lambda row: row)
