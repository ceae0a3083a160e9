"""The job graphs of test repositories: cases are prepared, each starts the tested pipeline, and each has its report.

A case starts the tested project's own pipeline by a multi-project trigger and mirrors how that ends (GitLab docs,
ci/pipelines/downstream_pipelines).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from data.simulator.ci import JobSpec, PipelineSpec, Trigger, to_yaml
from data.simulator.names import Theme
from data.simulator.templates import Variant

SUFFIX = "-tests"
"""End of the path of a test repository: `ml/customer/churn-tests` tests `ml/customer/churn`."""

CLOSED = "no_one_allowed"
"""Role of projects that take no variables, not even from a trigger job."""

QUIET_BRANCH = "develop"
"""Branch that is tested where no variable can keep a tested pipeline from registering its model."""


@dataclass(frozen=True, slots=True)
class Case:
    """A test case: `variables` are those of the tested pipeline, `fails` is how often its checks fail by chance."""

    name: str
    variables: tuple[tuple[str, str], ...]
    fails: float = 0.1


CASES = (
    Case("small", (("EPOCHS", "3"), ("RUN_TRIALS", "false"), ("RUN_BACKTEST", "false"))),
    Case("full", (("EPOCHS", "8"),)),
    Case("drift", (("EPOCHS", "3"), ("LR", "0.005"), ("RUN_TRIALS", "false"), ("RUN_BACKTEST", "false")), fails=0.6),
)
"""Cases of every test repository."""

NEVER = (("RUN_APPROVE", "false"), ("RUN_REGISTER", "false"), ("RUN_DEPLOY", "false"))
"""What keeps a tested pipeline from waiting for people and from delivering."""


def test_theme(tested: Theme) -> Theme:
    """Return the theme of the test repository of a project."""
    return replace(tested, path=tested.path + SUFFIX, description=f"Tests of {tested.path}")


def test_pipeline(tested: Theme, kind: Variant) -> PipelineSpec:
    """Return the job graph that tests a project."""
    open_to_variables = kind.variables_role != CLOSED
    jobs = [
        JobSpec("prepare-cases", "prepare", "cases", 14,
                ("pip install --quiet -r requirements.txt", "pytest --junitxml=report.xml checks/ --api $LINESIDE_API"),
                artifacts=("report.xml",), fails=0.02),
    ]  # fmt: skip
    for case in CASES:
        trigger = Trigger(project=f"{tested.group}/{tested.path}", branch="$LINESIDE_REF", forward=open_to_variables)
        jobs.append(
            JobSpec(f"case: {case.name}", "cases", "trigger", 0, needs=("prepare-cases",), trigger=trigger,
                    variables=(*case.variables, *NEVER) if open_to_variables else ())
        )  # fmt: skip
    jobs += [_report(case) for case in CASES]
    variables = (("LINESIDE_API", ""), ("LINESIDE_REF", "main" if open_to_variables else QUIET_BRANCH))
    return PipelineSpec(("prepare", "cases", "report"), tuple(jobs), variables, f"Tests of {tested.path}")


def _report(case: Case) -> JobSpec:
    """Return the job that checks what a case left behind, however it ended."""
    script = (f"pytest --junitxml=report.xml cases/{case.name}/ --run-id $RUN_ID",)
    return JobSpec(f"report: [{case.name}]", "report", "cases", 9, script, needs=(f"case: {case.name}",),
                   when="always", artifacts=("report.xml",), fails=case.fails)  # fmt: skip


def test_files(tested: Theme, spec: PipelineSpec) -> dict[str, str]:
    """Return the files of a test repository by path."""
    files = {
        ".gitlab-ci.yml": to_yaml(spec, (), f"Tests of {tested.group}/{tested.path}"),
        "README.md": f"# Tests of {tested.path}\n\nEach case starts the pipeline with data of its own.\n",
        "requirements.txt": "pytest>=8.3\nmlflow>=3.10\npandas>=2.2\n",
    }
    return files | {f"cases/{case.name}/test_{case.name}.py": f'"""Case {case.name}."""\n' for case in CASES}
