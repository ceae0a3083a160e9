"""A queue, submissions and schedules for the fixed world."""

from __future__ import annotations

from datetime import timedelta

from data.model import Command, Pipeline, Record, Schedule, Submission, Variable, make
from tests.world import FAILED_RUN, NOW, RUNNING_RUN

QUEUED = ("q1", "q2", "q3", "q4")
"""Waiting launches in their order: one for its turn, one held, one for a time, one for a run."""
SENT, REFUSED, OLDER = "s-sent", "s-refused", "s-older"
"""Submissions: one whose run is there, one that was refused, one like the first with other variables."""
NIGHTLY, PAUSED, NEW = "gitlab:1:schedule:11", "gitlab:2:schedule:21", "gitlab:3:schedule:31"
"""Schedules: one with a last run, one that is inactive, one that has not started anything."""


def activity() -> list[Record]:
    """Everything of it."""
    return [*_queue(), *_submissions(), *_schedules()]


def launch(id_: str, minutes: float, **values: object) -> Command:
    """A waiting launch that was made so many minutes ago."""
    given = {
        "id": id_, "kind": "launch", "connection": "gitlab", "project_id": "gitlab:1", "by": "ada", "host": "gpu-1",
        "title": f"launch churn on {id_}", "created": NOW - timedelta(minutes=minutes), "payload": {"ref": "main"},
    }  # fmt: skip
    return make(Command, **{**given, **values})


def _queue() -> list[Record]:
    full = "5 of at most 5 runs of default are under way; it goes when one ends"
    return [
        launch("q1", 9, answer=full, why="baseline"),
        launch("q2", 8, held="bo"),
        launch("q3", 7, not_before=NOW + timedelta(hours=2)),
        launch("q4", 6, after=RUNNING_RUN),
        launch("q5", 5, kind="cancel", target_id="gitlab:1:160", title="cancel churn #160", answer="gitlab is offline"),
    ]


def submission(id_: str, minutes: float, **values: object) -> Submission:
    """A submission that was made so many minutes ago."""
    given = {
        "id": id_, "timestamp": NOW - timedelta(minutes=minutes), "requester": "ada", "project_id": "gitlab:1",
        "pipeline_id": "gitlab:1:default", "pipeline_api_id": "gitlab:1:default:train-e2e", "ref": "main",
        "repo_hash": "9f3c2ab177ab012944f3c2a", "run_id": "1ng1g6r4zpw0", "state": "done",
    }  # fmt: skip
    return make(Submission, **{**given, **values})


def _submissions() -> list[Record]:
    lr, epochs = Variable(key="LR", value="0.01"), Variable(key="EPOCHS", value="60")
    return [
        submission(
            SENT, 3, variables=[lr, epochs, Variable(key="TOKEN", secret=True)], inputs={"size": "large", "folds": 5},
            flow_control={"evaluate": False, "train": True}, requested_image="ml/train:3.11", labels=["baseline"],
            requested_environment="staging", pipeline_run_id=FAILED_RUN, why="weigh the rare classes",
            tree=[{"name": "train", "stage": "train", "needs": ["features"]}], build_plan={"train": True},
            note="Two\nlines", timeout=1800.0, callback_url="https://hooks.example/done", answer="pipeline 103",
        ),
        submission(REFUSED, 30, requester="bo", state="refused", answer="Reference not found", ref="gone"),
        submission(
            OLDER, 60, variables=[Variable(key="LR", value="0.1"), epochs], inputs={"size": "large"}, kind="test",
            pipeline_run_id=RUNNING_RUN,
        ),
    ]  # fmt: skip


def _schedules() -> list[Record]:
    def schedule(id_: str, **values: object) -> Schedule:
        project, number = (int(part) for part in id_.split(":")[1::2])
        given = {
            "id": id_, "project_id": f"gitlab:{project}", "connection": "gitlab", "git_project_id": project,
            "git_schedule_id": number, "ref": "main", "timezone": "UTC",
        }  # fmt: skip
        return make(Schedule, **{**given, **values})

    return [
        schedule(NIGHTLY, description="nightly training", cron="0 2 * * *", next_run=NOW + timedelta(hours=14),
                 owner="ada", last_run_id=FAILED_RUN, last_status="failed"),
        schedule(PAUSED, description="weekly report", cron="0 6 * * 1", active=False, owner="bo",
                 timezone="Asia/Tokyo"),
        schedule(NEW, description="需要予測 daily", cron="30 4 * * *", next_run=NOW + timedelta(hours=16, minutes=30)),
        make(Pipeline, id="gitlab:1:default", project_id="gitlab:1", name="default", default_ref="main",
             repository_url="https://gitlab.example/ml/churn"),
    ]  # fmt: skip
