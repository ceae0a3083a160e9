"""What the scripts of the jobs print. `share` places an output in the script's run time, 0 to 1."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from data.simulator import environment
from data.simulator.chance import stream
from data.simulator.ci import interpolate
from data.simulator.entities import Job
from data.simulator.logfailures import failure
from data.simulator.reports import cases_of
from data.simulator.training import TrainingPlan, metrics_at, step_instant
from data.simulator.world import World

WEEKS = 52
"""Weeks of a backtest; it prints those of one store at once."""

BULK_LINES = 400 * WEEKS
"""Lines that a backtest prints."""

SPARSE_EVERY = 7
"""Every how many-th store has a warning."""

_GREEN, _YELLOW, _RESET = "\x1b[32;1m", "\x1b[33m", "\x1b[0m"
_BAR = 24
_CITIES = ("Malmö", "Kraków", "São Paulo", "東京", "Zürich", "İzmir", "Αθήνα", "Reykjavík", "Lyon", "Leeds")
_COLUMNS = ("tenure_days", "orders_90d", "basket_mean", "returns_ratio", "país", "last_login", "amount_eur", "客户等级")


@dataclass(frozen=True, slots=True)
class Output:
    """A line at `share`, or a progress bar from `share` to `until` drawn in `segments`."""

    share: float
    text: str = ""
    stderr: bool = False
    until: float = 0.0
    segments: tuple[str, ...] = ()


def script_output(world: World, job: Job, plan: TrainingPlan | None) -> Iterator[Output]:
    """Yield everything that the script of `job` prints, in order; a failing one ends with the reason."""
    draw = stream(world.settings.seed, "log", job.project.full_path, job.pipeline.iid, job.name, job.attempt)
    stop = draw.uniform(0.4, 0.9) if job.outcome else 1.0
    yield from _commands(job)
    body = _training(job, plan) if plan is not None else _BODIES.get(job.spec.kind, _check)(job, draw)
    for item in body:
        if plan is None and item.share > stop:
            break
        yield (
            item
            if plan is not None
            else Output(item.share / stop, item.text, item.stderr, item.until / stop, item.segments)
        )
    if job.outcome == "script_failure":
        yield from (Output(0.99, text, stderr=True) for text in failure(job, plan, draw))


def _commands(job: Job) -> Iterator[Output]:
    variables = environment.of_job(job)
    for number, command in enumerate(job.spec.script):
        text = interpolate(command, job.pipeline.inputs)
        yield Output(0.004 * number, f"{_GREEN}$ {text}\x1b[0;m")
        if command == "nvidia-smi -L":
            yield Output(0.003, "GPU 0: NVIDIA A100-SXM4-80GB (UUID: GPU-5c2f9a10-4d6e-7a2b-91c3-0e8d6b7f4a55)")
    if job.spec.kind == "extract":
        yield Output(0.02, "Logging in to registry.example.com as ci-bot with password [MASKED]")
    run_id = variables.get("MLFLOW_RUN_ID", "")
    if job.spec.kind == "train" and run_id:
        yield Output(0.015, f"Resuming MLflow run {run_id}")


def bar(share: float, label: str, total: int, unit: str) -> str:
    """Return one state of a tqdm progress bar."""
    full = int(_BAR * share)
    done = int(total * share)
    return f"{label}: {share:4.0%}|{'█' * full}{' ' * (_BAR - full)}| {done}/{total} [{unit}]"


def _bar_states(label: str, total: int, unit: str, states: int) -> tuple[str, ...]:
    return tuple(bar((number + 1) / states, label, total, unit) for number in range(states))


def _training(job: Job, plan: TrainingPlan | None) -> Iterator[Output]:
    if plan is None:
        return
    begin, span = plan.started + plan.seconds * 0.1, plan.seconds * 0.84

    def share(instant: float) -> float:
        return min(max((instant - begin) / span, 0.0), 1.0)

    yield Output(0.02, f"dataset={plan.dataset} digest={plan.dataset_digest} rows={plan.dataset_rows:,}")
    yield Output(0.021, f"model={plan.model} lr={plan.learning_rate:g} epochs={plan.steps} device=cuda:0")
    yield Output(
        0.022, f"{_YELLOW}UserWarning: `torch.meshgrid` will require the indexing argument{_RESET}", stderr=True
    )
    best = 0.0
    for step in range(1, plan.last_step + 1):
        values = metrics_at(plan, step)
        first, last = share(step_instant(plan, step - 1)), share(step_instant(plan, step))
        states = _bar_states(f"Epoch {step:>3}/{plan.steps}", 128, "batch", 6)
        yield Output(first, stderr=True, until=first + (last - first) * 0.95, segments=states)
        score = values[plan.metric]
        better = " 🚀 new best" if score > best else ""
        best = max(best, score)
        yield Output(
            last,
            f"epoch {step:>3}/{plan.steps} — loss {values['loss']:.4f} · val_loss {values['val_loss']:.4f} · "
            f"{plan.metric} {score:.4f} · lr {values['learning_rate']:.2e}{better}",
        )
    if not job.outcome:
        yield Output(0.985, f"✅ Trained {plan.model}: best {plan.metric} {best:.4f}, saved to model/")


def _extract(job: Job, draw: random.Random) -> Iterator[Output]:
    rows = draw.randint(300_000, 900_000)
    yield Output(0.05, f"Connecting to warehouse, table {job.project.theme.dataset}")
    yield Output(0.1, stderr=True, until=0.8, segments=_bar_states("Download", rows, "rows", 20))
    for number, city in enumerate(_CITIES):
        yield Output(0.8 + 0.015 * number, f"partition city={city}: {draw.randint(800, 90_000):,} rows")
    yield Output(0.97, f"Wrote {rows:,} rows to data/raw.csv (Größe {rows / 9_000:.1f} MB)")


def _check(job: Job, draw: random.Random) -> Iterator[Output]:
    yield Output(0.1, f"{job.name}: reading data/raw.csv")
    for number, column in enumerate(_COLUMNS):
        yield Output(
            0.2 + 0.08 * number, f"  ✓ {column:<16} nulls {draw.random() / 25:5.2%}  psi {draw.uniform(0, 0.15):.3f}"
        )
    yield Output(0.95, f"{job.name}: {len(_COLUMNS)} columns checked")


def _tests(_job: Job, draw: random.Random) -> Iterator[Output]:
    yield Output(0.1, "============================= test session starts ==============================")
    yield Output(0.12, "platform linux -- Python 3.11.11, pytest-8.4.2, pluggy-1.6.0")
    names = ("loader", "features", "imputer", "metrics", "model", "registry")
    for number, name in enumerate(names):
        percent = 100 * (number + 1) // len(names)
        yield Output(
            0.2 + 0.1 * number, f"tests/test_{name}.py {_GREEN}{'.' * draw.randint(4, 30)}{_RESET}  [{percent:>3}%]"
        )
    yield Output(0.85, "---------- coverage: platform linux, python 3.11.11-final-0 ----------")
    yield Output(0.9, "TOTAL                                    1204    151    87%")
    yield Output(
        0.95, f"{_GREEN}============================== 84 passed in 21.07s =============================={_RESET}"
    )


def _cases(job: Job, _draw: random.Random) -> Iterator[Output]:
    cases = cases_of(job)
    yield Output(0.1, "============================= test session starts ==============================")
    yield Output(0.12, f"platform linux -- Python 3.11.11, pytest-8.4.2, pluggy-1.6.0 -- {len(cases)} tests")
    words = {"success": "PASSED", "failed": "FAILED", "error": "ERROR", "skipped": "SKIPPED"}
    for number, case in enumerate(cases):
        colour = {"success": _GREEN, "skipped": _YELLOW}.get(case.status, "\x1b[31;1m")
        yield Output(0.15 + 0.2 * number / len(cases), f"{case.file}::{case.name} {colour}{words[case.status]}{_RESET}")


def _features(job: Job, draw: random.Random) -> Iterator[Output]:
    yield Output(0.05, stderr=True, until=0.6, segments=_bar_states("Building features", 48, "feature", 16))
    for number, column in enumerate(_COLUMNS):
        yield Output(0.62 + 0.03 * number, f"  {column:<16} importance {draw.random():.3f}")
    yield Output(0.95, f"Feature matrix of {job.project.path}: 148 columns, float32")


def _evaluate(job: Job, draw: random.Random) -> Iterator[Output]:
    score = draw.uniform(0.83, 0.95)
    yield Output(0.2, "Loading model from model/")
    for number, name in enumerate(("holdout", "last week", "new customers", "Süd-Ost")):
        yield Output(
            0.3 + 0.12 * number, f"  slice {name:<14} {job.project.theme.metric} {score - draw.uniform(0, 0.06):.4f}"
        )
    yield Output(0.9, f"{job.project.theme.metric} {score:.4f} (threshold 0.80): {_GREEN}PASS{_RESET}")


def _register(job: Job, _draw: random.Random) -> Iterator[Output]:
    yield Output(0.3, f"Registering {job.project.theme.model} from pipeline {job.pipeline.id}")
    yield Output(0.9, f"Created version of model {job.project.theme.model!r}.")


def _deploy(job: Job, draw: random.Random) -> Iterator[Output]:
    for number in range(1, 7):
        yield Output(
            0.12 * number, f"Waiting for rollout: {number} of 6 replicas of {job.project.theme.model} are available…"
        )
    yield Output(0.9, f"Smoke test: 200 OK in {draw.randint(11, 60)} ms")


def _bulk(_job: Job, draw: random.Random) -> Iterator[Output]:
    for first in range(0, BULK_LINES, WEEKS):
        store, city = first // WEEKS, _CITIES[first // WEEKS % len(_CITIES)]
        lines = [
            f"store={store:04d} week={week:02d} city={city} smape={draw.random() * 30:.2f} n={first + week}"
            for week in range(1, WEEKS + 1)
        ]
        if store % SPARSE_EVERY == 0:
            lines[-1] += f" {_YELLOW}WARN sparse history{_RESET}"
        yield Output(0.02 + 0.96 * first / BULK_LINES, "\n".join(lines))


_BODIES = {
    "extract": _extract,
    "check": _check,
    "tests": _tests,
    "cases": _cases,
    "features": _features,
    "evaluate": _evaluate,
    "register": _register,
    "deploy": _deploy,
    "bulk": _bulk,
}
