"""Settings of a file -> fields of records. The configuration and documents of definitions share these. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from data.config.settings import ApiSettings, PipelineSettings, VariableSettings
from data.define.sections import JobSettings
from data.model import Variable

PIPELINE_KEYS: Final = {
    "description": "description", "type": "type", "file": "pipeline_file_name", "ref": "default_ref",
    "storage_bucket": "storage_bucket", "data_version_bucket": "data_version_bucket",
    "test_storage_bucket": "test_storage_bucket", "test_data_version_bucket": "test_data_version_bucket",
    "active": "active", "max_concurrent": "max_concurrent", "timeout": "timeout",
}  # fmt: skip
"""Key of a pipeline in a file -> field of its record, in the order in which they are written."""
API_KEYS: Final = {
    "description": "description", "type": "type", "ref": "default_ref", "flow_control": "flow_control",
    "flow_rule": "flow_rule", "system_variables": "system_variables", "user_variables": "user_variables",
    "inputs": "inputs", "image_variable": "image_variable", "environment_variable": "environment_variable",
    "track": "track", "callback_url": "callback_url", "callback_key_env": "callback_key_env",
    "test_repository": "test_repository_url", "test_repository_id": "test_repository_id", "api_url": "api_url",
    "test_api_url": "test_api_url",
}  # fmt: skip
"""The same of an API."""
JOB_KEYS: Final = {
    "order": "order", "stage": "stage", "stage_type": "stage_type", "os": "os", "image": "image",
    "runner_tag": "runner_tag", "variables": "variables", "instructions": "instructions",
    "environment": "environment", "needs": "needs", "when": "when", "allow_failure": "allow_failure",
}  # fmt: skip
"""The same of a job."""
ALSO: Final[dict[str, tuple[str, ...]]] = {"needs": ("optional_needs",), "test_repository": ("test_repository_id",)}
"""Further fields that a key sets."""

Fields = dict[str, Any]


def pipeline_fields(settings: PipelineSettings) -> Fields:
    """What a file says of a pipeline."""
    return {field: getattr(settings, key) for key, field in PIPELINE_KEYS.items()} | {"default_ref": settings.ref or ""}


def api_fields(settings: ApiSettings) -> Fields:
    """What a file says of an API."""
    made: Fields = {field: getattr(settings, key) for key, field in API_KEYS.items()}
    test = settings.test_repository
    return made | {
        "default_ref": settings.ref or "",
        "flow_control": dict(settings.flow_control),
        "inputs": dict(settings.inputs),
        "system_variables": variables(settings.system_variables),
        "user_variables": variables(settings.user_variables),
        "test_repository_url": "" if test.isdecimal() else test,
        "test_repository_id": int(test) if test.isdecimal() else settings.test_repository_id,
    }


def job_fields(settings: JobSettings) -> Fields:
    """What a file says of a job."""
    made: Fields = {field: getattr(settings, key) for key, field in JOB_KEYS.items()}
    return made | {
        "variables": variables(settings.variables),
        "instructions": tuple(line for text in settings.instructions for line in text.splitlines() or [""]),
        "needs": tuple(one.job for one in settings.needs),
        "optional_needs": tuple(one.job for one in settings.needs if one.optional),
    }


def variables(given: Mapping[str, VariableSettings]) -> tuple[Variable, ...]:
    """Variables of a file; the value of a secret is never taken over."""
    return tuple(_variable(key, one) for key, one in given.items())


def _variable(key: str, settings: VariableSettings) -> Variable:
    return Variable(
        key=key,
        value="" if settings.secret else settings.value,
        description=settings.description,
        kind=settings.kind,
        choices=tuple(settings.choices),
        required=settings.required,
        pattern=settings.pattern,
        secret=settings.secret,
    )


def fields_given(key: str, keys: Mapping[str, str]) -> tuple[str, ...]:
    """Fields of the record that a key of a file sets."""
    return keys[key], *ALSO.get(key, ())
