"""One specification per record type: what can be filtered, searched, sorted and counted. Stores are built from it."""

from __future__ import annotations

from data.model import Record
from data.store.kinds.ci import CI
from data.store.kinds.projects import PIPELINES, PROJECTS
from data.store.kinds.runs import JOBS, RUNS
from data.store.kinds.tracking import ARTIFACTS, TRACKED, TRACKING
from data.store.kinds.work import PEOPLE, WORK
from data.store.specification import Kind

KINDS: dict[type[Record], Kind] = {
    kind.record: kind
    for kind in (*PROJECTS, *PIPELINES, RUNS, JOBS, *CI, *ARTIFACTS, TRACKED, *TRACKING, *PEOPLE, *WORK)
}
"""Every record type's specification."""

__all__ = ["KINDS"]
