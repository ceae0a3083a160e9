"""Records: checked where they enter, the same after every journey."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest

from data.errors import RecordError
from data.model import (
    RECORDS,
    Artifact,
    Interest,
    JobRun,
    MetricSeries,
    Note,
    Pipeline,
    PipelineRun,
    Project,
    Record,
    Submission,
    builtins,
    decode,
    encode,
    git_id,
    make,
    parse_time,
)
from tests.store.samples import NOON, full, run

RUN: dict[str, Any] = {
    "id": "gitlab:1:2",
    "project_id": "gitlab:1",
    "connection": "gitlab",
    "git_project_id": 1,
    "git_pipeline_id": 2,
    "created": "2026-03-04T12:00:00Z",
}
"""What a run must have, as a server gives it."""


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_every_record_type_survives_every_journey(kind: type[Record]) -> None:
    record = full(kind)
    assert decode(kind, encode(record)) == record
    assert decode(kind, encode(record).decode()) == record
    plain = builtins(record)
    assert list(plain) == list(record.__struct_fields__)
    assert json.loads(json.dumps(plain)) == plain
    assert make(kind, **plain) == record
    assert make(kind, **{name: getattr(record, name) for name in plain}) == record
    assert hash(record.id) and msgspec.structs.replace(record) == record


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
def test_records_do_not_change(kind: type[Record]) -> None:
    with pytest.raises(AttributeError):
        full(kind).id = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("kind", "values", "field", "shown", "rule"),
    [
        (PipelineRun, {**RUN, "git_pipeline_id": "many"}, "git_pipeline_id", "'many'", "int"),
        (PipelineRun, {**RUN, "created": "yesterday"}, "created", "'yesterday'", "datetime"),
        (PipelineRun, {**RUN, "created": "2026-03-04T12:00:00"}, "created", "'2026-03-04T12:00:00'", "timezone"),
        (PipelineRun, {**RUN, "id": ""}, "id", "''", ">= 1"),
        (PipelineRun, {**RUN, "id": "x" * 513}, "id", "'xxx", "<= 512"),
        (PipelineRun, {**RUN, "execution_time": -1}, "execution_time", "-1", ">= 0"),
        (PipelineRun, {**RUN, "labels": [1]}, "labels[0]", "[1]", "str"),
        (PipelineRun, {**RUN, "stages": [{"name": "a", "order": -1}]}, "stages[0].order", "[{", ">= 0"),
        (PipelineRun, {**RUN, "metrics": {"auc": "high"}}, "metrics[...]", "{'auc'", "float"),
        (PipelineRun, {"id": "x"}, "project_id", "nothing", "required"),
        (JobRun, {"id": "x", "log": {"size": "big"}}, "log.size", "{'size'", "int"),
        (Interest, {"id": "x", "viewer": "v", "topic": "t", "expires": None}, "expires", "None", "datetime"),
        (Artifact, {"id": "x", "name": "n", "file_size": 1.5}, "file_size", "1.5", "int"),
    ],
)
def test_errors_name_record_field_value_and_rule(
    kind: type[Record], values: dict[str, Any], field: str, shown: str, rule: str
) -> None:
    if kind is JobRun:
        values = {**builtins(full(JobRun)), **values}
    with pytest.raises(RecordError) as caught:
        make(kind, **values)
    error = caught.value
    assert (error.record, error.field) == (kind.__name__, field)
    assert error.value.startswith(shown) and len(error.value) <= 80
    assert rule in error.rule
    assert all(part in str(error) for part in (kind.__name__, field, error.rule))


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b'{"id":1}', b'{"id":"x"}', b"\xff\xfe"])
def test_what_is_stored_is_checked_too(data: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        decode(Project, data)
    assert caught.value.record == "Project"


def test_fields_of_a_newer_version_are_ignored() -> None:
    assert decode(Note, b'{"id":"n","target_id":"t","text":"x","colour":"red"}') == Note(
        id="n", target_id="t", text="x"
    )


def test_defaults_are_not_stored() -> None:
    assert set(json.loads(encode(run(1)))) == {
        "id", "project_id", "connection", "git_project_id", "git_pipeline_id", "run_number", "created",
    }  # fmt: skip


def test_texts_are_cleaned_on_entry() -> None:
    made = make(
        PipelineRun,
        **{
            **RUN,
            "ref": "main\x1b]52;c;AAAA\x07\nnext",
            "error_message": "first\x1b[31m\r\nsecond\x00",
            "labels": ["gpu\x1b[0m", "\u202eevil"],
            "variables": {"KEY\x07": "va\x1bclue\n"},
            "stages": [{"name": "tr\x1b[1main"}],
            "output_data": {"deep": [{"er": "\x1b[2J"}]},
        },
    )
    assert made.ref == "main next"
    assert made.error_message == "first\nsecond"
    assert made.labels == ("gpu", "evil")
    assert made.variables == {"KEY": "value "}
    assert made.stages[0].name == "train"
    assert made.output_data == {"deep": [{"er": ""}]}


def test_a_text_that_is_nothing_but_escapes_is_missing() -> None:
    with pytest.raises(RecordError, match="id"):
        make(Note, id="\x1b[0m", target_id="t", text="x")


def test_blocks_keep_their_lines_in_the_types_that_name_them() -> None:
    yaml = "train:\n\tscript: |\n    run\n"
    assert (
        make(Pipeline, id="p", project_id="x", name="n", pipeline_config=yaml, description="a\nb").pipeline_config
        == yaml
    )
    for kind in RECORDS:
        assert set(kind.__struct_fields__) >= kind.BLOCKS, kind


def test_numbers_times_and_flags_are_converted() -> None:
    made = make(PipelineRun, **{**RUN, "git_project_id": "7", "execution_time": "12.5", "gone": "true"})
    assert (made.git_project_id, made.execution_time, made.gone) == (7, 12.5, True)
    assert made.created == NOON and made.created.tzinfo is UTC


@pytest.mark.parametrize("created", ["2026-03-04T14:00:00+02:00", NOON.astimezone(timezone(timedelta(hours=-5)))])
def test_times_are_held_in_utc(created: object) -> None:
    made = make(PipelineRun, **{**RUN, "created": created})
    assert made.created == NOON and made.created.tzinfo is UTC


def test_unknown_words_of_a_server_are_kept() -> None:
    made = make(PipelineRun, **{**RUN, "status": "levitating", "trigger_type": "moon_phase"})
    assert (made.status, made.trigger_type) == ("levitating", "moon_phase")


def test_missing_points_of_a_history_stay_missing() -> None:
    series = make(
        MetricSeries, id="m:1:loss", tracked_run_id="m:1", key="loss", steps=[0, 1], times=[1, 2], values=[0.5, None]
    )
    assert decode(MetricSeries, encode(series)).values == (0.5, None)


def test_any_json_is_kept_as_it_came() -> None:
    tree = {"jobs": [{"name": "train", "needs": []}], "n": 1.5, "none": None}
    made = make(Submission, id="s", timestamp=NOON, requester="ada", tree=tree)
    assert made.tree == tree and decode(Submission, encode(made)).tree == tree


def test_ids_are_joined() -> None:
    assert git_id("gitlab", 12, "job", 99) == "gitlab:12:job:99"
    assert git_id("gitlab", 12) == "gitlab:12"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-03-04T12:00:00Z", NOON),
        ("2026-03-04T12:00:00.000Z", NOON),
        ("2026-03-04T14:00:00+02:00", NOON),
        ("2026-03-04T12:00:00", NOON),
        ("2026-03-04", datetime(2026, 3, 4, tzinfo=UTC)),
        (NOON, NOON),
        (NOON.replace(tzinfo=None), NOON),
        (NOON.astimezone(timezone(timedelta(hours=9))), NOON),
        (1772625600000, NOON),
        (1772625600000.0, NOON),
        (1772625600123, NOON + timedelta(milliseconds=123)),
        (None, None),
        ("", None),
        (0, None),
        ("never", None),
        ("2026-13-45T99:00:00Z", None),
        (10**18, None),
        (-(10**18), None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_server_times(value: Any, expected: datetime | None) -> None:
    found = parse_time(value)
    assert found == expected
    assert found is None or found.tzinfo is UTC
