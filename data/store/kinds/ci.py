"""What GitLab says of a project's CI besides its runs."""

from __future__ import annotations

from data.model import CiPreview, Refs, Schedule, TestReport
from data.store.kinds.common import BY_ID, NAMED, OF_PROJECT, PROJECT, words
from data.store.port import Sort
from data.store.specification import Kind, Term, columns

CI = (
    Kind(record=Refs, name="refs", table="refs", fields=columns("read:time?"), text=(), default_sort=BY_ID),
    Kind(
        record=CiPreview,
        name="previews",
        table="ci_preview",
        fields=columns("project_id:id ref:text valid:flag read:time?"),
        text=("ref",),
        default_sort=BY_ID,
        terms={"project": OF_PROJECT, "ref": Term(("ref",)), **NAMED},
    ),
    Kind(
        record=Schedule,
        name="schedules",
        table="schedule",
        fields=columns(
            "project_id:id connection:id description:text ref:text owner:text active:flag next_run:time? "
            "last_run_id:id last_status:text marks:words",
            marks=lambda schedule: words(active=schedule.active, inactive=not schedule.active),
        ),
        text=("description", "ref", "owner", "cron"),
        text_via=(PROJECT,),
        default_sort=Sort("next_run"),
        sorts=("next_run",),
        indexes=(("project_id", "next_run"),),
        terms={
            "project": OF_PROJECT,
            "ref": Term(("ref",)),
            "by": Term(("owner",)),
            "status": Term(("last_status",)),
            "is": Term(("marks",)),
            **NAMED,
        },
    ),
    Kind(
        record=TestReport,
        name="test reports",
        table="test_report",
        fields=columns("project_id:id total:int failed:int read:time?"),
        text=(),
        default_sort=BY_ID,
        terms={"project": OF_PROJECT, **NAMED},
    ),
)
