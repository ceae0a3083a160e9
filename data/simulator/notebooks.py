"""Runs that people log from notebooks: they have no job, nobody ends some of them, and GitLab knows of none."""

from __future__ import annotations

from data.simulator.chance import digest, stream, unit
from data.simulator.entities import Project
from data.simulator.messages import Begin, End, Message, Progress
from data.simulator.names import PEOPLE
from data.simulator.plans import note_of, params_of
from data.simulator.settings import DAY
from data.simulator.training import SYSTEM_SAMPLES, TrainingPlan
from data.simulator.world import World

EACH = 3
"""Runs of every project."""

RATES = (0.0003, 0.0005, 0.001, 0.003)
"""Learning rates that people try by hand."""

EPOCHS = 15
"""Epochs that they wait for."""


def notebook_messages(world: World) -> list[Message]:
    """Return the runs of the days before the world was born, if it has a past; the last one of each project is dead."""
    if not world.settings.history_days:
        return []
    found: list[Message] = []
    for project in world.projects.values():
        for number in range(EACH):
            plan = _plan(world, project, number)
            died = number == EACH - 1
            reached = plan.last_step // 2 if died else plan.last_step
            end = End(plan.key, "" if died else "FINISHED", plan.started + plan.seconds)
            found += [Begin(plan, past=True), Progress(plan.key, reached, 0 if died else SYSTEM_SAMPLES), end]
    return found


def _plan(world: World, project: Project, number: int) -> TrainingPlan:
    seed = f"{world.settings.seed}/{project.full_path}/notebook/{number}"
    draw = stream(seed, "plan")
    rate, started = draw.choice(RATES), world.born - (0.4 + number + draw.random()) * DAY
    started = max(started, world.born - world.settings.history_days * DAY)
    user = draw.choice(PEOPLE)[0]
    return TrainingPlan(
        key=-(project.id * EACH + number),
        experiment=project.path,
        run_name=f"explore-{draw.choice(('quiet', 'brave', 'amber', 'wild'))}-{draw.choice(('fox', 'owl', 'elk'))}",
        run_id="",
        parent_run_id="",
        user=user,
        seed=seed,
        started=started,
        seconds=draw.uniform(600, 2_400),
        steps=EPOCHS,
        last_step=EPOCHS,
        learning_rate=rate,
        diverges=False,
        metric=project.theme.metric,
        gpu=False,
        outcome="",
        params=params_of(seed, {}, rate, EPOCHS) | {"dataset": project.theme.dataset, "seed": str(number)},
        tags={
            "mlflow.user": user,
            "mlflow.source.name": "explore.ipynb",
            "mlflow.source.type": "NOTEBOOK",
            "team": project.group.path,
        },
        dataset=project.theme.dataset,
        dataset_digest=digest(project.theme.dataset, int(started // DAY))[:8],
        dataset_rows=20_000 + int(80_000 * unit(project.theme.dataset)),
        model=project.theme.model,
        note=note_of(seed),
    )
