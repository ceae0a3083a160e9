"""Definitions: what is sound, how two versions differ, what a command carries, and what it makes of what is stored."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from data.config import ApiSettings, PipelineSettings, ProjectSettings
from data.define.check import check, check_together, doubts
from data.define.fields import FIELDS, Definition, Definitions, copied, digest, named
from data.define.plan import define_payload, plan
from data.define.propose import propose, required
from data.engine.defining import order_of, outcome
from data.engine.definitions import pipelines
from data.engine.verdict import Rejected
from data.errors import UsageError
from data.model import CiPreview, Command, Pipeline, PipelineAPI, PipelineJob, Variable
from tests.defined import KNOWN, PROJECT, TRAIN, api, definitions, job
from tui.actions_define import define_command

NOTHING = ProjectSettings(project="ml/churn")
"""A configuration that names no pipelines."""
NAMED = ProjectSettings(
    project="ml/churn",
    pipelines=[PipelineSettings(name="train", timeout=60.0, apis=[ApiSettings(name="e2e", callback_url="http://a/b")])],
)
"""One that names the pipeline and one of its APIs."""


def command(*changes: tuple[list[Definition], list[Definition]]) -> Command:
    """The command that carries out the plan of some records, as they were and as they are wanted."""
    old, new = [one for was, _ in changes for one in was], [one for _, now in changes for one in now]
    return define_command(PROJECT, plan(old, new), "ada")


def done(what: Command, stored: Definitions = KNOWN, named: ProjectSettings = NOTHING) -> tuple[Definitions, str]:
    """What is stored afterwards, and the answer."""
    found = outcome(order_of(what), stored, named)
    records: dict[Any, Definition] = {(type(one), one.id): one for one in stored.records}
    records |= {(type(one), one.id): one for one in found.put}
    for key in found.delete:
        del records[key]
    by = [tuple(one for one in records.values() if isinstance(one, kind)) for kind in FIELDS]
    return Definitions(PROJECT, *by), found.answer


@pytest.mark.parametrize(
    ("record", "field", "said"),
    [
        (replace(TRAIN, max_concurrent="5"), "max_concurrent", "`5` is not valid: expected `int`, got `str`"),
        (replace(TRAIN, max_concurrent=-1), "max_concurrent", "`-1` is not valid: expected `int` >= 0"),
        (replace(TRAIN, active="yes"), "active", "expected `bool`"),
        (replace(TRAIN, type="training"), "type", "`training` is not known"),
        (replace(TRAIN, name=""), "name", "is not valid"),
        (replace(TRAIN, name="a:b"), "name", "must not hold a `:`"),
        (replace(TRAIN, id="work:2:train"), "id", "should be work:1:train"),
        (replace(TRAIN, timeout=1e12), "timeout", "longer than a hundred years"),
        (replace(TRAIN, pipeline_file_name=" "), "pipeline_file_name", "is empty"),
        (job("a", order=1.5), "order", "expected `int`"),
        (job("a", needs="b"), "needs", "expected `array`"),
        (job("a", when="sometimes"), "when", "use on_success, on_failure"),
        (job("a", os="windows", image="python"), "image", "a job on windows has no container image"),
        (job("a", optional_needs=("b",)), "optional_needs", "b is not among its needs"),
        (job("a", "b", "b"), "needs", "b is there twice"),
        (job("a", variables=(Variable(key="A B"),)), "variables", "cannot be a variable's name"),
        (job("a", variables=(Variable(key="A", kind="array"),)), "variables.A.kind", "is not known"),
        (api("x", flow_control={"a": "no"}), "flow_control[...]", "expected `bool`"),
        (api("x", user_variables=(Variable(key="A", kind="choice"),)), "user_variables.A", "needs `choices`"),
        (api("x", user_variables=(Variable(key="A", value="b", kind="bool"),)), "user_variables.A", "true or false"),
        (api("x", user_variables=(Variable(key="A", value="b", secret=True),)), "user_variables.A.value", "never kept"),
        (api("x", system_variables=(Variable(key="A"),) * 2), "system_variables", "A is there twice"),
        (api("x", test_repository_url="12"), "test_repository_url", "give that as test_repository_id"),
        (api("x", test_repository_id=-1), "test_repository_id", "below 0"),
        (api("x", callback_key_env="a-b"), "callback_key_env", "cannot be a variable's name"),
        (api("x", callback_url="//host"), "callback_url", "no address of the web"),
    ],
)
def test_what_is_not_sound_is_named_by_its_field(record: Definition, field: str, said: str) -> None:
    (problem,) = [one for one in check(record) if one.field == field]
    assert problem.name == record.name
    assert said in problem.sentence
    with pytest.raises(UsageError, match=re.escape(said)):
        define_command(PROJECT, plan([], [record]))


def test_all_problems_of_a_record_come_at_once() -> None:
    record = api("x", type="E3E", callback_url="nowhere", image_variable="A B")
    assert {one.field for one in check(record)} == {"type", "callback_url", "image_variable"}
    assert check(KNOWN.apis[0]) == []


def test_jobs_may_not_wait_for_each_other() -> None:
    circle = (job("a", "c"), job("b", "a"), job("c", "b"), job("d", "a", "nowhere"))
    (problem,) = check_together(circle)
    assert (problem.field, problem.sentence) == ("needs", "jobs wait for each other: a needs c needs b needs a")
    # Jobs of another pipeline are others.
    assert check_together([job("a", "b"), job("b", "a", pipeline="work:1:score")]) == []
    assert doubts(circle) == ["job train/d: the pipeline has no job nowhere; there are a, b, c, d"]


def test_a_plan_says_what_happens_field_by_field() -> None:
    was = api("e2e", user_variables=(Variable(key="LR", value="1"), Variable(key="T", secret=True)), inputs={"a": "1"})
    now = replace(
        was, user_variables=(Variable(key="LR", value="2"), Variable(key="N")), flow_control={"fit": False}, inputs={}
    )
    assert plan([was], [now]).lines() == [
        "~ API train/e2e",
        "    + flow_control.fit: false",
        "    ~ user_variables.LR.value: 1 → 2",
        "    - user_variables.T: \"\" secret=true",
        "    + user_variables.N: \"\"",
        "    - inputs.a: 1",
    ]  # fmt: skip
    assert plan([], [replace(TRAIN, timeout=5400.0)]).lines() == ["+ pipeline train", "    + timeout: 1h30m"]
    assert plan([was], [was]).empty
    # What is found out is nobody's change.
    assert plan([TRAIN], [replace(TRAIN, running=True, last_commit_hash="abc", job_run_history=("a",))]).empty


def test_the_order_of_variables_is_a_difference() -> None:
    one, other = Variable(key="A"), Variable(key="B")
    found = plan([api("x", user_variables=(one, other))], [api("x", user_variables=(other, one))])
    assert found.lines()[1:] == ["    ~ user_variables: A, B → B, A"]


def test_hostile_texts_of_a_plan_are_one_line() -> None:
    found = plan([TRAIN], [replace(TRAIN, description="\x1b[31mred\nline")])
    assert found.lines()[1:] == ["    ~ description: nothing → red line"]


def test_a_command_carries_what_people_set_and_what_they_saw() -> None:
    made = command(([TRAIN], [replace(TRAIN, timeout=5.0, running=True)]))
    assert (made.kind, made.project_id, made.target_id, made.by) == ("define", "work:1", "work:1:train", "ada")
    assert made.title == "change pipeline train of churn"
    (put,) = made.payload["put"]
    assert set(put) == {"record", "id", "name", "project_id", *FIELDS[Pipeline]}
    assert made.payload["was"] == {"Pipeline:work:1:train": digest(TRAIN)}
    with pytest.raises(UsageError, match="nothing would change"):
        define_command(PROJECT, plan([TRAIN], [TRAIN]))


def test_every_field_that_people_set_is_one_of_the_record() -> None:
    for kind, fields in FIELDS.items():
        assert set(fields) <= set(kind.__struct_fields__)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(definitions(), definitions())
def test_a_plan_is_carried_out_exactly_and_once(one: Definitions, other: Definitions) -> None:
    wanted = plan(one.records, other.records)
    if wanted.empty:
        return
    what = Command(id="c", kind="define", created=TIME, payload=define_payload(wanted))
    after, _ = done(what, one)
    kept = {(type(record), record.id) for record in other.records}
    assert plan([one for one in after.records if (type(one), one.id) in kept], other.records).empty
    assert done(what, after)[0] == after


TIME = command(([], [replace(TRAIN, name="x", id="work:1:x")])).created


def test_what_people_make_is_theirs() -> None:
    score = replace(TRAIN, id="work:1:score", name="score")
    after, answer = done(command(([], [score])))
    made = next(one for one in after.pipelines if one.name == "score")
    assert (made.defined_by, made.repository_id, made.repository_url) == ("user", 1, PROJECT.web_url)
    assert answer == "added pipeline score"
    # It can be started at once.
    assert [one.name for one in after.apis if one.pipeline_id == made.id] == ["score"]


def test_a_new_pipeline_of_a_known_file_has_its_jobs() -> None:
    linted = replace(TRAIN, pipeline_config="train: {}", last_commit_hash="abc")
    mine = replace(KNOWN.jobs[0], defined_by="user", image="mine")
    stored = KNOWN._replace(pipelines=(linted,), jobs=(mine, *KNOWN.jobs[1:]))
    after, _ = done(command(([], [replace(TRAIN, id="work:1:two", name="two")])), stored)
    two = next(one for one in after.pipelines if one.name == "two")
    assert (two.pipeline_config, two.last_commit_hash) == ("train: {}", "abc")
    assert [one.name for one in after.jobs if one.pipeline_id == two.id] == ["features", "train", "report"]
    other = replace(TRAIN, id="work:1:two", name="two", pipeline_file_name="ci/other.yml")
    after, _ = done(command(([], [other])), stored)
    assert not [one for one in after.jobs if one.pipeline_id == two.id]


def test_another_ci_file_has_to_be_validated() -> None:
    linted = replace(TRAIN, pipeline_config="train: {}", last_commit_hash="abc")
    moved = replace(linted, pipeline_file_name="ci/train.yml")
    after, _ = done(command(([linted], [moved])), KNOWN._replace(pipelines=(linted,)))
    assert (after.pipelines[0].pipeline_config, after.pipelines[0].last_commit_hash) == ("", "")
    assert after.pipelines[0].pipeline_file_name == "ci/train.yml"


def test_flow_control_tells_the_jobs_of_an_api() -> None:
    wanted = replace(KNOWN.apis[0], flow_control={"train": False, "report": False})
    after, answer = done(command(([KNOWN.apis[0]], [wanted])))
    assert after.apis[0].jobs == ("extract", "features")
    assert answer == "changed API train/e2e"


def test_nobodys_change_is_overwritten() -> None:
    late = command(([TRAIN], [replace(TRAIN, timeout=5.0)]))
    theirs = KNOWN._replace(pipelines=(replace(TRAIN, max_concurrent=1),))
    with pytest.raises(Rejected, match="somebody has changed pipeline train meanwhile"):
        done(late, theirs)
    with pytest.raises(Rejected, match="somebody has deleted pipeline train meanwhile"):
        done(late, KNOWN._replace(pipelines=()))
    with pytest.raises(Rejected, match="there is another API train/e2e already"):
        done(command(([], [api("e2e", track=False)])))
    with pytest.raises(Rejected, match="somebody has changed"):
        mine = replace(TRAIN, defined_by="user")
        done(command(([mine], [])), KNOWN._replace(pipelines=(replace(mine, max_concurrent=1),)))
    # What was found out meanwhile is no change of anybody's.
    found = KNOWN._replace(pipelines=(replace(TRAIN, running=True, last_commit_hash="abc"),))
    assert done(late, found)[0].pipelines[0].last_commit_hash == "abc"


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        ({"put": 3}, "cannot be read"),
        ({"put": [{"record": "Project", "id": "work:1"}]}, "defines no Project"),
        ({"delete": [{"record": "Run", "id": "x"}]}, "defines no Run"),
        ({"put": [{"record": "Pipeline", "id": "work:2:a", "name": "a", "project_id": "work:2"}]}, "another project"),
        ({"put": [{"record": "PipelineAPI", "id": "w:a", "name": "a", "pipeline_id": "w"}]}, "no such pipeline"),
        (
            {"put": [{"record": "Pipeline", "id": "work:1:b", "name": "a", "project_id": "work:1"}]},
            "should be work:1:a",
        ),
        (
            {"put": [{"record": "Pipeline", "id": "work:1:a", "name": "a", "project_id": "work:1", "timeout": "soon"}]},
            "a cannot be read",
        ),
        (
            {"put": [{"record": "Pipeline", "id": "work:1:a", "name": "a", "project_id": "work:1", "type": "x"}]},
            "type: `x` is not known",
        ),
    ],
)
def test_the_engine_believes_nothing(payload: dict[str, Any], said: str) -> None:
    with pytest.raises(Rejected, match=said):
        done(Command(id="c", kind="define", created=TIME, payload=payload))


def test_a_circle_is_refused_by_the_engine_too() -> None:
    with pytest.raises(Rejected, match="jobs wait for each other"):
        done(command(([KNOWN.jobs[0]], [replace(KNOWN.jobs[0], needs=("train",))])))


def test_what_the_configuration_names_comes_back() -> None:
    changed = replace(TRAIN, timeout=5.0, defined_by="user", pipeline_config="train: {}", last_commit_hash="abc")
    theirs = replace(KNOWN.jobs[0], image="mine", defined_by="user")
    stored = Definitions(PROJECT, (changed,), (theirs, *KNOWN.jobs[1:]), KNOWN.apis)
    after, answer = done(command((list(stored.records), [])), stored, NAMED)
    (back,) = after.pipelines
    assert (back.timeout, back.defined_by, back.pipeline_config) == (60.0, "configuration", "train: {}")
    assert [one.name for one in after.jobs] == ["features", "train", "report"]
    assert back.last_commit_hash == ""  # the job that people had changed is read again
    assert [(one.name, one.callback_url, one.defined_by) for one in after.apis] == [
        ("e2e", "http://a/b", "configuration")
    ]  # fmt: skip
    assert answer == "pipeline train is back as the configuration names it"
    # Deleting it again is possible, and the same.
    assert done(command((list(after.records), [])), after, NAMED)[0].pipelines == (back,)


def test_a_project_keeps_one_pipeline_and_a_pipeline_one_api() -> None:
    after, answer = done(command((list(KNOWN.records), [])))
    assert [(one.name, one.defined_by) for one in after.pipelines] == [("default", "")]
    assert [one.name for one in after.apis] == ["default"]
    assert answer == "deleted pipeline train"
    mine = replace(TRAIN, defined_by="user")
    two = replace(mine, id="work:1:two", name="two")
    after, _ = done(command(([mine], [])), Definitions(PROJECT, (mine, two)))
    assert [one.name for one in after.pipelines] == ["two"]


def test_runs_of_nobody_go_to_the_pipeline_of_the_ci_file() -> None:
    default = replace(TRAIN, id="work:1:default", name="default")
    mine = replace(TRAIN, id="work:1:aaa", name="aaa", defined_by="user")
    other = replace(mine, id="work:1:bbb", name="bbb", pipeline_file_name="ci/b.yml")
    found = pipelines(PROJECT, NOTHING, {one.id: one for one in (other, mine, default)})
    assert [one.name for one in found] == ["default", "aaa", "bbb"]
    assert [one.name for one in pipelines(PROJECT, NAMED, {mine.id: mine, default.id: default})] == [
        "train", "default", "aaa",
    ]  # fmt: skip


def test_a_deleted_job_is_asked_for_again() -> None:
    linted = KNOWN._replace(pipelines=(replace(TRAIN, pipeline_config="train: {}", last_commit_hash="abc"),))
    after, answer = done(command(([KNOWN.jobs[3]], [])), linted)
    assert "report" not in {one.name for one in after.jobs}
    assert after.pipelines[0].last_commit_hash == ""
    assert answer.startswith("deleted job train/report; a job that the CI file has comes back")


def test_copies_are_new_records() -> None:
    pipeline, jobs, apis = copied(replace(TRAIN, defined_by="user", running=True), KNOWN.jobs, KNOWN.apis, "two")
    assert (pipeline.id, pipeline.name, pipeline.defined_by, pipeline.running) == ("work:1:two", "two", "", False)
    assert [one.id for one in jobs][:2] == ["work:1:two:extract", "work:1:two:features"]
    assert {one.pipeline_id for one in apis} == {"work:1:two"}
    assert named(KNOWN.apis[0], "other").id == "work:1:train:other"
    after, _ = done(command(([], [pipeline, *jobs, *apis])))
    assert len(after.apis) == 4


def test_a_proposal_of_a_known_file() -> None:
    found = propose(KNOWN, "two")
    assert found.jobs[0].id == "work:1:two:extract"
    assert found.apis[0].user_variables == KNOWN.apis[0].user_variables
    assert [(one.name, one.jobs) for one in found.apis] == [
        ("two", ("extract", "features", "train", "report")),
        ("data", ("extract", "features")),
        ("training", ("extract", "features", "train")),
    ]  # fmt: skip
    assert all(check(one) == [] for one in Definitions(PROJECT, (found.pipeline,), found.jobs, found.apis).records)
    after, _ = done(command(([], [found.pipeline, *found.apis])))
    assert {one.name for one in after.apis if one.pipeline_id == found.pipeline.id} == {"two", "data", "training"}


def test_a_proposal_of_a_preview_guesses_stage_types() -> None:
    jobs = (job("fit-model", order=1, pipeline="x"), job("load", order=0, pipeline="x"))
    preview = CiPreview(id="work:1@main", project_id="work:1", ref="main", valid=True, jobs=jobs)
    nobody = Definitions(PROJECT)
    found = propose(nobody, "train", preview=preview)
    assert [(one.name, one.order, one.stage_type) for one in found.jobs] == [
        ("load", 0, "DATA_INGESTION"), ("fit-model", 1, "MODEL_TRAINING"),
    ]  # fmt: skip
    assert propose(nobody, "train", preview=replace(preview, valid=False)).jobs == ()
    assert propose(nobody, "train", file="other.yml", preview=preview).jobs == ()
    assert [one.name for one in propose(nobody, "train").apis] == ["train"]


def test_parts_hold_what_they_cannot_run_without() -> None:
    jobs = (job("a"), job("b", "a"), job("c", "b", "a", optional_needs=("b",)), job("d", "c", "gone"))
    assert required(jobs, ["d"]) == {"d", "c", "a"}
    assert required(jobs, ["nothing"]) == frozenset()


def test_kinds_of_records_are_told_apart() -> None:
    both = Definitions(PROJECT, (TRAIN,), (job("train"),), (api("train"),))
    after, _ = done(command(([both.apis[0]], [replace(both.apis[0], track=False)])), both)
    assert isinstance(after.jobs[0], PipelineJob) and after.jobs[0] == both.jobs[0]
    assert isinstance(after.apis[0], PipelineAPI) and not after.apis[0].track
