"""What GitLab's source returns besides records."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from data.model import PipelineJob, PipelineRun, Schedule, Variable

How = Literal["byte_offset", "range", "whole"]
"""How a part of a log was got: by GitLab's own parameter, by an HTTP range, or by reading all and discarding."""


class PipelinePage(NamedTuple):
    """One page of pipelines; `next_page` is None on the last."""

    runs: list[PipelineRun]
    next_page: int | None


class IdPage(NamedTuple):
    """One page of pipeline ids, newest first; `next_page` is None on the last."""

    ids: list[int]
    next_page: int | None


class LintResult(NamedTuple):
    """What CI lint says.

    Attributes:
        valid: whether GitLab accepts the configuration.
        errors: why not, in its words.
        warnings: what it advises against.
        merged_yaml: the configuration with all includes, as text.
        jobs: its jobs in the order of stages; after a dry run those that the rules leave.
        variables: the variables at its top level, with descriptions and choices for a launch form.
        denied: this login may not start a pipeline on the ref, so that there was no dry run.
    """

    valid: bool
    errors: list[str]
    warnings: list[str]
    merged_yaml: str
    jobs: list[PipelineJob]
    variables: list[Variable]
    denied: bool = False


class Trace(NamedTuple):
    """A piece of a job's log.

    Attributes:
        data: new bytes, as they came.
        offset: position in the log at which `data` begins, in bytes.
        reset: the log is not the one we held the beginning of: what was held before is to be replaced by `data`, and by
            the pieces that follow. With empty `data` the server holds no log any more: it was erased, or lost.
        how: how it was got.
    """

    data: bytes
    offset: int
    reset: bool
    how: How


class ListedSchedule(NamedTuple):
    """A schedule as a list tells it; `updated` is when somebody last changed it."""

    schedule: Schedule
    updated: datetime | None
