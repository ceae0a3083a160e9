"""Where a run comes from, and what came of it, as pure functions."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from data.model import Artifact, DatasetInput, Experiment, Submission, Variable
from tests.unit.jobs import BEGAN, NOW, a_job, a_run, an_mlflow_run
from tui.family import Family
from tui.lineage import Lineage
from tui.present.lineage import lineage_lines
from tui.present.lineage_parts import Line, Opens, filtered, line_row
from tui.subject import Subject
from widgets.cells import Cell
from widgets.glyphs import UNICODE, use


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def lineage_of(subject: Subject, around: Lineage) -> list[Line]:
    return lineage_lines(subject, around, {"g:1": "churn", "g:2": "scoring"}, NOW)


def test_the_lines_lead_from_the_request_to_the_children():
    child = a_run(id="g:2:43", git_pipeline_id=43, project_id="g:2")
    grandchild = a_run(id="g:1:44", git_pipeline_id=44)
    jobs = {
        "g:1:42": [a_job(1, "up", "x", downstream="g:2:43", bridge=True, image="python:3.11")],
        "g:2:43": [a_job(2, "on", "x", downstream="g:1:44", bridge=True, pipeline_run_id="g:2:43")],
    }
    one = an_mlflow_run("owl", datasets=(DatasetInput(name="cust omers", digest="a1"),), experiment_id="7")
    subject = Subject(
        run=replace(a_run(), git_commit_hash="9f3c2ab177", ref="main", triggered_by="ada", run_info_id="1ng1"),
        family=Family(jobs, {child.id: child, grandchild.id: grandchild}),
        tracked=(one,),
    )
    request = Submission(id="s", timestamp=BEGAN, requester="ada", variables=(Variable(key="LR", value="1"),))
    experiment = Experiment(id="m:7", connection="m", experiment_id="7", name="tries")
    lines = lineage_of(subject, Lineage(submissions=[request], experiments={"m:7": experiment}))
    opens = {one.name: one.opens for one in lines if one.opens.what}
    assert opens["commit"] == Opens("runs", "sha:9f3c2ab177")
    assert opens["dataset"] == Opens("runs", 'dataset:"cust omers"')
    assert opens["image"] == Opens("job", "g:1:job:1")
    assert opens["run"] == Opens("tracked", "m:owl")
    assert opens["experiment"] == Opens("experiment", "m:7")
    assert opens["RUN_ID"] == Opens("runs", "run:1ng1")
    children = [one for one in lines if one.name == "child"]
    assert [one.value.text for one in children] == ["✓ scoring #43  success", "  ✓ churn #44  success"]
    assert len({one.key for one in lines}) == len(lines)
    assert "LR=1" in next(one.value.text for one in lines if one.name == "request")


def test_nested_runs_stand_below_those_that_they_belong_to():
    parent, child = an_mlflow_run("p"), an_mlflow_run("c", parent_run_id="p")
    other = an_mlflow_run("o")
    lines = lineage_of(Subject(run=a_run(), tracked=(parent, other)), Lineage(below=[child]))
    assert [one.value.text.split()[1] for one in lines if one.opens.what == "tracked"] == ["p", "c", "o"]


def test_the_code_of_an_mlflow_run_is_what_its_tags_tell():
    tags = {"mlflow.source.git.commit": "9f3c2ab177", "mlflow.source.name": "train.py", "mine": "x"}
    lines = lineage_of(Subject(tracked=(an_mlflow_run("owl", tags=tags),)), Lineage())
    told = {one.name: (one.value.text, one.opens) for one in lines if one.key.startswith("tag:")}
    assert told == {"commit": ("9f3c2ab1", Opens("runs", "sha:9f3c2ab177")), "source": ("train.py", Opens())}


def test_artifacts_that_jobs_took_say_which_job_had_left_them():
    jobs = {"g:1:42": [a_job(1, "build", "x")]}
    taken = Artifact(id="a", name="artifacts.zip", job_run_id="g:1:job:1")
    lines = lineage_of(Subject(run=a_run(), family=Family(jobs, {})), Lineage(inputs=[taken]))
    assert [one.value.text for one in lines if one.name == "artifact"] == ["artifacts.zip of build"]


def test_mlflow_runs_that_are_each_others_parents_do_no_harm():
    both = (an_mlflow_run("a", parent_run_id="b"), an_mlflow_run("b", parent_run_id="a"))
    assert lineage_of(Subject(run=a_run(), tracked=both), Lineage())


def test_a_filter_keeps_headings_of_lines_that_fit():
    lines = lineage_of(Subject(run=replace(a_run(), ref="main", git_commit_hash="9f3c")), Lineage())
    assert [one.name for one in filtered(lines, "MAIN")] == ["Code", "ref"]
    assert line_row(filtered(lines, "main")[0]).cells[0] == Cell("Code", "bold")
