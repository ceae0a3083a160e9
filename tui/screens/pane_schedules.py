"""A tab of schedules, of a pipeline or of a project, and running one of them now."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from data.model.ci import Schedule
from data.model.run import PipelineRun
from tui.present.pipeline import SCHEDULE_COLUMNS, schedule_cells
from tui.screens.definition_acts import READ_ONLY
from tui.screens.pane_records import RecordsPane
from widgets.cells import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from data.model.project import Project
    from tui.screens.tabs import Tabbed


class ScheduleList(RecordsPane[Schedule]):
    """What starts pipelines by the clock."""

    TITLE = "Schedules"
    COLUMNS = SCHEDULE_COLUMNS
    KINDS = (Schedule,)
    NOTHING = ("No schedule starts anything here", "Schedules are made on GitLab: Build, Pipeline schedules")

    def started(self) -> Mapping[str, PipelineRun]:
        """The newest runs of the schedules, by id."""
        raise NotImplementedError

    def cells(self, record: Schedule) -> tuple[Cell, ...]:
        """A row."""
        return schedule_cells(record, self.started().get(record.last_run_id), self.now())

    def open(self, record: Schedule) -> None:
        """`enter`: the run that it started last."""
        if record.last_run_id:
            self.home.dashboard.open_run(record.last_run_id)
        else:
            self.home.say("this schedule has started nothing yet; p runs it now", "dim")


def current_schedule(screen: Tabbed) -> Schedule | None:
    """The schedule under the cursor of the tab that is shown."""
    pane = screen.pane if screen.is_attached and screen.query(screen.active) else None
    return pane.current if isinstance(pane, ScheduleList) else None


def why_not_run(screen: Tabbed, project: Project | None) -> str:
    """Why no schedule can be run now; empty when one can."""
    from tui.reasons_more import why_not_in, why_not_schedule

    if screen.dashboard.read_only:
        return READ_ONLY
    schedule = current_schedule(screen)
    if schedule is None:
        return "there is no schedule under the cursor: they are in the tab Schedules"
    connections = screen.feed.overview.connections if screen.feed else ()
    connection = next((one for one in connections if one.id == schedule.connection), None)
    return why_not_in(project, connection) or why_not_schedule(schedule, project)


def run_now(screen: Tabbed, project: Project | None) -> None:
    """Ask, then run the schedule under the cursor."""
    from tui.actions_more import schedule_command

    schedule = current_schedule(screen)
    if schedule is None:
        return
    command = schedule_command(schedule, project, by=screen.dashboard.user)
    title = command.title[:1].upper() + command.title[1:]
    details = [f"It starts a pipeline on {schedule.ref}." if schedule.ref else "It starts a pipeline."]
    screen.dashboard.confirm(f"{title}?", details, partial(screen.submit, command))
