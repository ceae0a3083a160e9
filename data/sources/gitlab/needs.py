"""Which jobs of a pipeline wait for which: of a pipeline that exists only GraphQL tells (GitLab docs, api/graphql)."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlsplit

from data.clean import clean
from data.model import PipelineRun
from data.sources.gitlab.api import Api, Row

QUERY: Final = """\
query JobNeeds($project: ID!, $pipeline: ID!, $after: String) {
  project(fullPath: $project) {
    pipeline(iid: $pipeline) {
      jobs(first: 100, after: $after) {
        pageInfo { hasNextPage endCursor }
        nodes { name needs { nodes { name } } }
      }
    }
  }
}
"""
"""Jobs and trigger jobs with their needs; a page holds a hundred, GraphQL's most."""
MAX_PAGES: Final = 10
"""Pages of one pipeline's jobs that are read."""
MAX_NEEDS: Final = 100
"""Needs of one job that are kept; GitLab allows 50 unless its administrator raised that."""


def needs(api: Api, path: str, run: PipelineRun) -> dict[str, tuple[str, ...]]:
    """Names that each job of a run needs, by its name; jobs without needs are left out. `path` is its project's."""
    found: dict[str, tuple[str, ...]] = {}
    what, after = f"what the jobs of pipeline {run.git_pipeline_id} need", None
    for _ in range(MAX_PAGES):
        variables = {"project": path, "pipeline": str(run.run_number), "after": after}
        answer = api.query(QUERY, variables, what)
        with api.understood(what):
            jobs = _jobs(answer)
            for row in jobs.get("nodes") or ():
                names = _names(row.get("needs"))
                if names and row.get("name"):
                    found[clean(str(row["name"]))] = names
            page = jobs.get("pageInfo") or {}
            after = page.get("endCursor")
        if not (page.get("hasNextPage") and after):
            break
    return found


def project_path(base: str, web_url: str) -> str:
    """The path of a pipeline's project, from its page's address; empty where that does not tell.

    The address may have another host than `base`, when a server is reached through a tunnel.
    """
    path, mark, _ = urlsplit(web_url).path.partition("/-/")
    root = urlsplit(base).path.rstrip("/")
    return path.removeprefix(root).strip("/") if mark and path.startswith(root) else ""


def _jobs(answer: Row) -> Row:
    """The list of jobs; none where the login may not see the project, or the pipeline is gone."""
    pipeline = (answer.get("project") or {}).get("pipeline") or {}
    return pipeline.get("jobs") or {}


def _names(connection: Any) -> tuple[str, ...]:
    rows = (connection or {}).get("nodes") or ()
    return tuple(dict.fromkeys(clean(str(row["name"])) for row in rows if row and row.get("name")))[:MAX_NEEDS]
