"""How scripts end when they fail: Python tracebacks and the like."""

from __future__ import annotations

import random
from collections.abc import Iterator

from data.simulator.entities import Job
from data.simulator.reports import cases_of
from data.simulator.training import TrainingPlan

_CAUSES = (
    ("ValueError", "Input contains NaN, infinity or a value too large for dtype('float32')."),
    ("KeyError", "'days_to_cancel'"),
    ("botocore.exceptions.EndpointConnectionError", 'Could not connect to the endpoint URL: "https://s3.example.com/"'),
    ("pandas.errors.ParserError", "Error tokenizing data. C error: Expected 14 fields in line 88123, saw 15"),
)
_MEMORY = (
    "torch.OutOfMemoryError",
    "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has 79.25 GiB of which 1.19 GiB is free.",
)
_DIVERGED = ("FloatingPointError", "loss is nan: training diverged, lower the learning rate")


def failure(job: Job, plan: TrainingPlan | None, draw: random.Random) -> Iterator[str]:
    """Yield the lines of the error that a failing script prints on its standard error."""
    package = job.project.path.replace("-", "_")
    if job.spec.kind == "tests":
        yield from _failed_test(package)
        return
    if job.spec.kind == "cases":
        yield from _failed_cases(job)
        return
    if job.spec.kind == "deploy":
        yield "error: deployment exceeded its progress deadline"
        yield f"./scripts/deploy.sh: line 41: rollout of {job.project.theme.model} was undone"
        return
    module = {"train": "train", "extract": "extract", "features": "features"}.get(job.spec.kind, "run")
    name, text = draw.choice((*_CAUSES[:1], _MEMORY)) if plan is not None else draw.choice(_CAUSES)
    if plan is not None and plan.diverges:
        name, text = _DIVERGED
    yield "Traceback (most recent call last):"
    yield '  File "<frozen runpy>", line 198, in _run_module_as_main'
    yield '  File "<frozen runpy>", line 88, in _run_code'
    yield f'  File "/builds/{job.project.full_path}/{package}/{module}.py", line {draw.randint(90, 260)}, in <module>'
    yield "    main()"
    yield f'  File "/builds/{job.project.full_path}/{package}/{module}.py", line {draw.randint(30, 89)}, in main'
    yield "    result = step(batch, größe=config.größe)"
    yield "             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^"
    yield f"{name}: {text}"


def _failed_cases(job: Job) -> Iterator[str]:
    cases = cases_of(job)
    failed = [case for case in cases if case.status in ("failed", "error")]
    yield "=================================== FAILURES ==================================="
    for case in failed:
        yield f" {case.name} ".center(80, "_")
        yield from case.text.splitlines()
    for case in failed:
        yield f"{case.status.upper()} {case.file}::{case.name}"
    passed = sum(case.status == "success" for case in cases)
    yield f" {len(failed)} failed, {passed} passed in {sum(case.seconds for case in cases):.2f}s ".center(80, "=")


def _failed_test(package: str) -> Iterator[str]:
    yield "=================================== FAILURES ==================================="
    yield "_____________________________ test_imputer_keeps_dtype _________________________"
    yield "    def test_imputer_keeps_dtype():"
    yield ">       assert impute(frame).dtypes.equals(frame.dtypes)"
    yield "E       AssertionError: assert False"
    yield f"{package}/tests/test_imputer.py:31: AssertionError"
    yield "FAILED tests/test_imputer.py::test_imputer_keeps_dtype - AssertionError: assert False"
    yield "========================= 1 failed, 83 passed in 21.40s ========================="
