"""GitLab as a source: `GitLabSource`, and the pure functions that make a run's glance out of its jobs."""

from __future__ import annotations

from data.sources.gitlab.glance import composite, number_attempts, stages_of, summarise
from data.sources.gitlab.records import How, IdPage, LintResult, ListedSchedule, PipelinePage, Trace
from data.sources.gitlab.source import GitLabSource

__all__ = [
    "GitLabSource", "How", "IdPage", "LintResult", "ListedSchedule", "PipelinePage", "Trace",
    "composite", "number_attempts", "stages_of", "summarise",
]  # fmt: skip
