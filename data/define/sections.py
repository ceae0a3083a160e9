"""A document of definitions, typed: keys of the configuration, and jobs besides. The docstrings are its help."""

from __future__ import annotations

from typing import ClassVar

from data.config.settings import Count, Name, PipelineSettings, Section, VariableSettings


class NeedSettings(Section, frozen=True, kw_only=True):
    """A job that another one waits for. A plain value stands for `job`."""

    SHORTHAND: ClassVar[str] = "job"

    job: Name
    """Name of the job."""
    optional: bool = False
    """Whether it may be missing: true or false."""


class JobSettings(Section, frozen=True, kw_only=True):
    """A job (component) of a pipeline. Its texts are the CI file's: `${VARIABLE}` is one of the job's."""

    LITERAL: ClassVar[bool] = True

    name: Name
    """Name of the job, unique in its pipeline."""
    order: Count = 0
    """Place in the order of execution, from 0."""
    stage: str = ""
    """Stage of the CI configuration."""
    stage_type: str = "CUSTOM"
    """What it does: MODEL_TRAINING, DATA_VALIDATION, …"""
    os: str = "linux"
    """Operating system that it runs on: linux, windows, macos."""
    image: str = ""
    """Container image, on Linux."""
    runner_tag: str = ""
    """Tag of the runners that take it."""
    variables: dict[str, VariableSettings] = {}
    """Variables of its own: {NAME: value} or {NAME: {value, kind, …}}."""
    instructions: list[str] = []
    """Its script, line by line."""
    environment: str = ""
    """Environment that it deploys to."""
    needs: list[NeedSettings] = []
    """Jobs that it waits for: names, or {job: name, optional: true}; empty where only the stages' order holds."""
    when: str = "on_success"
    """When it runs: on_success, on_failure, always, manual, delayed or never."""
    allow_failure: bool = False
    """Whether the pipeline goes on when it fails: true or false."""


class PipelineDefinition(PipelineSettings, frozen=True, kw_only=True):
    """A pipeline of the document."""

    jobs: list[JobSettings] = []
    """Its components. Those that nobody changes follow the CI file."""


class DocumentSettings(Section, frozen=True, kw_only=True):
    """The whole document."""

    project: str = ""
    """Path, name or id of the project."""
    pipelines: list[PipelineDefinition] = []
    """Its pipelines."""
