"""Typed records: what exists. No I/O.

Times are aware UTC datetimes, durations are seconds, sizes are bytes. Vocabularies are open (`data.model.vocabulary`).
"""

from data.model.artifact import Artifact, Dataset, Model
from data.model.base import Part, Record, builtins, decode, encode, git_id, make, parse_time
from data.model.ci import CiPreview, Ref, Refs, Schedule, TestCase, TestReport, TestSuite
from data.model.people import Membership, Organization, User, UserGroup
from data.model.pipeline import Pipeline, PipelineAPI, PipelineJob, Submission, Variable
from data.model.project import CodeRepository, DataRepository, ExperimentRepository, Project
from data.model.run import JobRun, Link, LogState, PipelineRun, RunInfo, StageRun
from data.model.tracking import (
    DatasetInput,
    Deployment,
    Experiment,
    MetricSeries,
    MetricSummary,
    ModelVersion,
    PredictionRequest,
    PredictionResponse,
    RegisteredModel,
    TrackedRun,
)
from data.model.work import Command, Connection, EngineState, Interest, Label, Lease, Note, Session, SyncState, View

RECORDS: tuple[type[Record], ...] = (
    Project, CodeRepository, DataRepository, ExperimentRepository,
    Pipeline, PipelineJob, PipelineAPI, Submission,
    RunInfo, PipelineRun, JobRun, Refs, CiPreview, Schedule, TestReport,
    Artifact, Dataset, Model,
    Experiment, TrackedRun, MetricSeries, RegisteredModel, ModelVersion,
    Deployment, PredictionRequest, PredictionResponse,
    User, UserGroup, Organization, Membership,
    Connection, SyncState, Session, Command, Interest, Lease, Label, Note, View, EngineState,
)  # fmt: skip
"""Every record type; each has a home in every store."""

__all__ = [
    "RECORDS", "Artifact", "CiPreview", "CodeRepository", "Command", "Connection", "DataRepository", "Dataset",
    "DatasetInput", "Deployment", "EngineState", "Experiment", "ExperimentRepository", "Interest", "JobRun", "Label",
    "Lease", "Link", "LogState", "Membership", "MetricSeries", "MetricSummary", "Model", "ModelVersion", "Note",
    "Organization", "Part", "Pipeline", "PipelineAPI", "PipelineJob", "PipelineRun", "PredictionRequest",
    "PredictionResponse", "Project", "Record", "Ref", "Refs", "RegisteredModel", "RunInfo", "Schedule", "Session",
    "StageRun", "Submission", "SyncState", "TestCase", "TestReport", "TestSuite", "TrackedRun", "User", "UserGroup",
    "Variable", "View", "builtins", "decode", "encode", "git_id", "make", "parse_time",
]  # fmt: skip
