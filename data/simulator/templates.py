"""The job graphs of the simulated projects: one end-to-end training pipeline in variants, and its child pipelines."""

from __future__ import annotations

from dataclasses import dataclass, replace

from data.simulator.ci import Input, JobSpec, PipelineSpec, Trigger, to_yaml
from data.simulator.names import Theme

STAGES = ("data", "validate", "features", "train", "evaluate", "register", "deploy")
"""Stages of every end-to-end pipeline."""

TRIALS_FILE = ".gitlab/trials.yml"
"""Configuration of the child pipeline with hyper-parameter trials."""

TRIAL_RATES = ("0.0003", "0.001", "0.003", "0.01")
"""Learning rates that the trials try."""

GPU_IMAGE = "pytorch/pytorch:2.6.0-cuda12.6-cudnn9-runtime"
"""Image of the jobs that train on a GPU."""

NOT_MAIN = '$CI_COMMIT_BRANCH != "main" && $REGISTER != "true"'
"""Keeps registering and deploying on the default branch unless it is asked for."""

EPOCH_SECONDS = 5.0
"""Seconds that one epoch of training takes in life."""

DEFAULT_EPOCHS = 30
"""Epochs of a training job unless EPOCHS says otherwise."""

TRIAL_EPOCHS = 12
"""Epochs of one trial."""

INPUTS = (
    Input("learning_rate", "number", 0.001, "Learning rate of the training job"),
    Input("epochs", "number", DEFAULT_EPOCHS, "Number of epochs"),
    Input("environment", "string", "staging", "Where the model is deployed to", ("staging", "production")),
    Input("full_data", "boolean", False, "Train on all of the data instead of the last 30 days"),
)
"""`spec:inputs` of the projects that declare inputs."""


@dataclass(frozen=True, slots=True)
class Variant:
    """What sets one project's pipeline apart from the others."""

    trials: bool = False
    approval: bool = False
    backtest: bool = False
    inputs: bool = False
    downstream: str = ""
    timestamps: bool = True
    variables_role: str = "developer"
    developers_on_main: bool = True


VARIANTS = (
    Variant(trials=True),
    Variant(approval=True, variables_role="maintainer", developers_on_main=False),
    Variant(backtest=True),
    Variant(inputs=True, downstream="ml/support/nlp/nlp-tickets"),
    Variant(trials=True, timestamps=False),
    Variant(inputs=True, variables_role="no_one_allowed"),
)
"""Variants of the six known projects; made-up ones take them in turn."""


def variant(index: int, paths: frozenset[str]) -> Variant:
    """Return the variant of the project at `index`; a downstream project that does not exist is left out."""
    chosen = VARIANTS[index % len(VARIANTS)]
    if index >= len(VARIANTS) or chosen.downstream not in paths:
        chosen = replace(chosen, downstream="")
    return chosen


def training_pipeline(theme: Theme, kind: Variant) -> PipelineSpec:
    """Return the job graph of a project."""
    package = theme.path.replace("-", "_")
    jobs = [*_data_jobs(package), *_training_jobs(package, kind), *_release_jobs(package, theme, kind)]
    rate, epochs = (
        ("$[[ inputs.learning_rate ]]", "$[[ inputs.epochs ]]") if kind.inputs else ("0.001", str(DEFAULT_EPOCHS))
    )
    variables = (
        ("LR", rate),
        ("EPOCHS", epochs),
        ("BATCH_SIZE", "256"),
        ("MODEL_NAME", theme.model),
        ("MLFLOW_EXPERIMENT_NAME", theme.path),
        ("PIP_CACHE_DIR", "$CI_PROJECT_DIR/.cache/pip"),
    )
    name = "Train $MODEL_NAME on $CI_COMMIT_REF_NAME" if kind.approval or kind.inputs else ""
    return PipelineSpec(STAGES, tuple(jobs), variables, name)


def _data_jobs(package: str) -> list[JobSpec]:
    pip = "pip install --quiet -r requirements.txt"
    return [
        JobSpec("extract", "data", "extract", 24, (pip, f"python -m {package}.extract --out data/raw.csv"),
                artifacts=("data/",), fails=0.02),
        JobSpec("unit-tests", "validate", "tests", 30, (pip, f"pytest --cov={package} --junitxml=report.xml tests/"),
                needs=(), coverage=True, fails=0.05, artifacts=("report.xml",)),
        JobSpec("validate-data", "validate", "check", 16, (f"python -m {package}.validate data/raw.csv",),
                needs=("extract",), fails=0.03),
        JobSpec("drift-check", "validate", "check", 12, (f"python -m {package}.drift data/raw.csv --threshold 0.2",),
                needs=("extract",), fails=0.22, allow_failure=True),
        JobSpec("features", "features", "features", 34, (pip, f"python -m {package}.features --in data/raw.csv"),
                needs=("validate-data",), artifacts=("features/",), fails=0.03),
    ]  # fmt: skip


def _training_jobs(package: str, kind: Variant) -> list[JobSpec]:
    train = f"python -m {package}.train --lr $LR --epochs $EPOCHS --batch-size $BATCH_SIZE"
    jobs = [
        JobSpec("train", "train", "train", EPOCH_SECONDS * DEFAULT_EPOCHS, ("nvidia-smi -L", train), image=GPU_IMAGE,
                needs=("features",), runner_tag="gpu", artifacts=("model/", "plots/", "metrics.json"), fails=0.09),
    ]  # fmt: skip
    if kind.trials:
        jobs.append(JobSpec("trials", "train", "trigger", 0, needs=("features",), trigger=Trigger(include=TRIALS_FILE)))
    if kind.backtest:
        jobs.append(
            JobSpec("backtest", "train", "bulk", 75, (f"python -m {package}.backtest --stores all --weeks 52",),
                    needs=("features",), artifacts=("backtest.csv",), fails=0.02)
        )  # fmt: skip
    also = [name for name, there in (("trials", kind.trials), ("backtest", kind.backtest)) if there]
    jobs.append(
        JobSpec("evaluate", "evaluate", "evaluate", 20, (f"python -m {package}.evaluate model/",),
                needs=("train", *also), artifacts=("reports/", "metrics.json"), fails=0.05)
    )  # fmt: skip
    return jobs


def _release_jobs(package: str, theme: Theme, kind: Variant) -> list[JobSpec]:
    environment = "$[[ inputs.environment ]]" if kind.inputs else "production"
    register_needs = ("evaluate", "approve") if kind.approval else ("evaluate",)
    jobs = [
        JobSpec("register", "register", "register", 8, (f"python -m {package}.register --name $MODEL_NAME",),
                needs=register_needs, never=(NOT_MAIN,), fails=0.01),
        JobSpec("deploy", "deploy", "deploy", 28, (f"./scripts/deploy.sh {theme.model} --env {environment}",),
                needs=("register",), never=(NOT_MAIN,), when="manual", allow_failure=True, environment=environment,
                fails=0.06),
    ]  # fmt: skip
    if kind.approval:
        jobs.insert(0, JobSpec("approve", "evaluate", "check", 4, ("echo approved by $GITLAB_USER_LOGIN",),
                               needs=("evaluate",), never=(NOT_MAIN,), when="manual", fails=0.0))  # fmt: skip
    if kind.downstream:
        trigger = Trigger(project=kind.downstream, depend=False)
        jobs.append(JobSpec("refresh-embeddings", "deploy", "trigger", 0, needs=("register",), never=(NOT_MAIN,),
                            trigger=trigger))  # fmt: skip
    return jobs


def trials_pipeline(theme: Theme) -> PipelineSpec:
    """Return the child pipeline: one training job per learning rate, then the choice of the best."""
    package = theme.path.replace("-", "_")
    script = f"python -m {package}.train --lr $TRIAL_LR --epochs $TRIAL_EPOCHS"
    trials = tuple(
        JobSpec(f"trial: [lr={rate}]", "trials", "train", EPOCH_SECONDS * TRIAL_EPOCHS, (script,), image=GPU_IMAGE,
                needs=(), runner_tag="gpu", variables=(("TRIAL_LR", rate), ("TRIAL_EPOCHS", str(TRIAL_EPOCHS))),
                artifacts=("metrics.json",), fails=0.06, allow_failure=True)
        for rate in TRIAL_RATES
    )  # fmt: skip
    best = JobSpec("pick-best", "select", "evaluate", 6, (f"python -m {package}.pick_best",), artifacts=("best.json",))
    variables = (("MLFLOW_EXPERIMENT_NAME", theme.path), ("BATCH_SIZE", "256"), ("MODEL_NAME", theme.model))
    return PipelineSpec(("trials", "select"), (*trials, best), variables, f"Trials of {theme.path}")


def repository_files(theme: Theme, kind: Variant, spec: PipelineSpec) -> dict[str, str]:
    """Return the files of a project's repository by path; the CI files say exactly what `spec` says."""
    inputs = INPUTS if kind.inputs else ()
    package = theme.path.replace("-", "_")
    files = {
        ".gitlab-ci.yml": to_yaml(spec, inputs, f"{theme.description}: data to deployment"),
        "README.md": f"# {theme.path}\n\n{theme.description}.\n\nLeading metric: `{theme.metric}`.\n",
        "requirements.txt": "mlflow>=3.10\npandas>=2.2\nscikit-learn>=1.5\ntorch>=2.5\n",
        "params.yaml": f"dataset: {theme.dataset}\nlr: 0.001\nepochs: {DEFAULT_EPOCHS}\nbatch_size: 256\n",
        f"{package}/__init__.py": f'"""{theme.description}."""\n',
    }
    if kind.trials:
        files[TRIALS_FILE] = to_yaml(trials_pipeline(theme))
    return files
