"""Configuration: YAML -> typed settings, and where credentials come from. Importing it loads no YAML library.

Use `locate` to find the file, `load` to read it, `discover.discover` where there is none, and
`credentials.credential_for` to get a login.
"""

from __future__ import annotations

from data.config.load import check, load
from data.config.locate import Located, locate
from data.config.problem import Problem, Severity
from data.config.secret import Secret
from data.config.settings import (
    ApiSettings,
    ConnectionSettings,
    DataRepositorySettings,
    LogSettings,
    PipelineSettings,
    ProjectSettings,
    RepositorySettings,
    Settings,
    StoreSettings,
    SyncSettings,
    UiSettings,
    VariableSettings,
)
from data.config.units import format_duration, format_size, parse_duration, parse_size

__all__ = [
    "ApiSettings",
    "ConnectionSettings",
    "DataRepositorySettings",
    "Located",
    "LogSettings",
    "PipelineSettings",
    "Problem",
    "ProjectSettings",
    "RepositorySettings",
    "Secret",
    "Settings",
    "Severity",
    "StoreSettings",
    "SyncSettings",
    "UiSettings",
    "VariableSettings",
    "check",
    "format_duration",
    "format_size",
    "load",
    "locate",
    "parse_duration",
    "parse_size",
]
