"""A project with definitions, and Hypothesis' ways to make up such, for the tests of definitions."""

from __future__ import annotations

from hypothesis import strategies as st
from msgspec.structs import replace

from data.config.rules import VARIABLE_KINDS
from data.config.units import MAX_DURATION
from data.define.check import WHEN
from data.define.fields import Definitions
from data.model import Pipeline, PipelineAPI, PipelineJob, Project, Variable
from data.model.vocabulary import API_TYPES, PIPELINE_TYPES, STAGE_TYPES

PROJECT = Project(
    id="work:1", name="churn", connection="work", git_project_id=1, path="ml/churn", default_ref="main",
    web_url="https://gitlab.example/ml/churn",
)  # fmt: skip
TRAIN = Pipeline(id="work:1:train", project_id="work:1", name="train")


def job(name: str, *needs: str, pipeline: str = TRAIN.id, **fields: object) -> PipelineJob:
    """A job of the pipeline."""
    made = PipelineJob(id=f"{pipeline}:{name}", pipeline_id=pipeline, name=name, needs=needs)
    return replace(made, **fields)


def api(name: str, *, pipeline: str = TRAIN.id, **fields: object) -> PipelineAPI:
    """An API of the pipeline."""
    return replace(PipelineAPI(id=f"{pipeline}:{name}", pipeline_id=pipeline, name=name), **fields)


KNOWN = Definitions(
    PROJECT,
    (TRAIN,),
    (
        job("extract", order=0, stage_type="DATA_INGESTION"),
        job("features", "extract", order=1, stage_type="FEATURE_ENGINEERING"),
        job("train", "features", order=2, stage_type="MODEL_TRAINING", image="python:3.11", runner_tag="gpu"),
        job("report", "train", order=3, optional_needs=("train",)),
    ),
    (
        api("e2e", user_variables=(Variable(key="LR", value="0.01", kind="number"),)),
        api("retrain", type="custom Sub-API", flow_control={"extract": False}),
    ),
)
"""One pipeline with four jobs and two APIs."""

ODD = "${HOME} $${X} 'a' \"b\" # c: [d] {e} *f &g !h | > % @ ` \\ ~ null yes 0x1 1e3 - ? \t<<"
"""A text with everything that means something to YAML or to the configuration."""

letters = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"))
line = st.text(letters, max_size=30) | st.just(ODD.replace("\t", " "))
name = st.text(letters, min_size=1, max_size=30).filter(lambda text: bool(text.strip())) | st.just("a ${b} # c")
block = st.lists(line, max_size=3).map("\n".join)
key = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,12}", fullmatch=True)


@st.composite
def variables(draw: st.DrawFn, keys: st.SearchStrategy[str] = key) -> tuple[Variable, ...]:
    """Sound variables with names of their own."""
    found = []
    for one in draw(st.lists(keys, max_size=3, unique=True)):
        secret = draw(st.booleans())
        made = Variable(
            key=one,
            description=draw(block),
            kind=draw(st.sampled_from([kind for kind in VARIABLE_KINDS if kind != "choice"])),
            required=draw(st.booleans()),
            pattern=draw(st.sampled_from(["", r"[\s\S]*", "(a|b)?"])) if secret else "",
            secret=secret,
        )
        if made.kind in ("string", "file") and not secret:
            choices = tuple(draw(st.lists(name, max_size=3, unique=True)))
            value = draw(st.sampled_from(choices)) if choices else draw(block)
            made = replace(made, choices=choices, value=value, kind="choice" if choices else made.kind)
        found.append(made)
    return tuple(found)


@st.composite
def definitions(draw: st.DrawFn) -> Definitions:
    """Sound definitions of a project."""
    pipelines, jobs, apis = [], [], []
    for title in draw(st.lists(name.map(lambda text: text.replace(":", ";")), max_size=2, unique=True)):
        pipeline = Pipeline(
            id=f"{PROJECT.id}:{title}", project_id=PROJECT.id, name=title, description=draw(block),
            type=draw(st.sampled_from(PIPELINE_TYPES)), default_ref=draw(st.just("") | name),
            storage_bucket=draw(line), test_data_version_bucket=draw(line), pipeline_file_name=draw(name),
            active=draw(st.booleans()), max_concurrent=draw(st.integers(0, 10**6)),
            timeout=draw(st.sampled_from([0.0, 0.1, 90.0, 3600.0, 5400.25]) | st.floats(0, MAX_DURATION)),
        )  # fmt: skip
        pipelines.append(pipeline)
        names = draw(st.lists(name, max_size=3, unique=True))
        for at, one in enumerate(names):
            needs = tuple(draw(st.lists(st.sampled_from(names[:at]), unique=True))) if at else ()
            optional = tuple(need for need in needs if draw(st.booleans()))
            linux = draw(st.booleans())
            jobs.append(job(
                one, *needs, pipeline=pipeline.id, optional_needs=optional, order=draw(st.integers(0, 99)),
                stage=draw(line), stage_type=draw(st.sampled_from(STAGE_TYPES)), os="linux" if linux else "windows",
                image=draw(line) if linux else "", runner_tag=draw(line), variables=draw(variables()),
                instructions=tuple(draw(st.lists(line, max_size=3))), environment=draw(line),
                when=draw(st.sampled_from(WHEN)), allow_failure=draw(st.booleans()),
            ))  # fmt: skip
        for one in draw(st.lists(name, max_size=2, unique=True)):
            apis.append(draw(_api(one, pipeline, names)))
    return Definitions(PROJECT, tuple(pipelines), tuple(jobs), tuple(apis))


@st.composite
def _api(draw: st.DrawFn, title: str, pipeline: Pipeline, jobs: list[str]) -> PipelineAPI:
    return api(
        title, pipeline=pipeline.id, description=draw(line), type=draw(st.sampled_from(API_TYPES)),
        default_ref=draw(st.just("") | name),
        flow_control={one: draw(st.booleans()) for one in jobs},
        flow_rule=draw(st.sampled_from(["RUN_<JOB>=false", "run_<job>=off|on", "SKIP_<JOB>=1"])),
        system_variables=draw(variables(key.map(lambda text: f"S_{text}"))), user_variables=draw(variables()),
        inputs=draw(st.dictionaries(name, block, max_size=2)), image_variable=draw(st.sampled_from(["", "IMAGE"])),
        environment_variable=draw(st.sampled_from(["", "DEPLOY_ENV"])), track=draw(st.booleans()),
        callback_url=draw(st.sampled_from(["", "https://ml.example/hook?x=1&y=${z}"])),
        callback_key_env=draw(st.sampled_from(["", "HOOK_KEY"])),
        test_repository_url=draw(st.sampled_from(["", "ml/churn-tests", "https://gitlab.example/ml/churn-tests"])),
        test_repository_id=draw(st.integers(0, 99)), api_url=draw(line), test_api_url=draw(line),
    )  # fmt: skip
