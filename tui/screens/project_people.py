"""The tabs Members, Experiments and Environments of a project: who may do what, what is tracked, what is in service."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from data.launch.permissions import ROLES
from data.model.people import Membership, Organization, UserGroup
from data.model.tracking import Deployment, Experiment, TrackedRun
from tui.context import collect
from tui.present.project import (
    EXPERIMENT_COLUMNS,
    PEOPLE_COLUMNS,
    PLACE_COLUMNS,
    Person,
    experiment_cells,
    is_deployment,
    of_project,
    person_cells,
    place_cells,
)
from tui.screens.pane_records import RecordsPane
from widgets.cells import Cell

if TYPE_CHECKING:
    from data.store.port import Store
    from tui.screens.project import ProjectScreen

MOST = 5000
"""Members, or deployments, that are listed."""


class MembersPane(RecordsPane[Person]):
    """The groups in which it lies, and its members, those with the greatest role first."""

    TITLE = "Members"
    COLUMNS = PEOPLE_COLUMNS
    KINDS = (Membership, UserGroup, Organization)
    NOTHING = ("No member is known", "They are read with the project, as far as this login may see them")

    async def read(self, store: Store) -> Sequence[Person]:
        """Groups by their paths, members by their roles."""
        project = cast("ProjectScreen", self.screen).project
        if project is None:
            return ()
        groups: list[UserGroup | Organization] = [*await collect(store, UserGroup)]
        groups += await collect(store, Organization)
        members = await collect(store, Membership, MOST, where={"project_id": project.id})
        return [*of_project(groups, project), *members]

    def cells(self, record: Person) -> tuple[Cell, ...]:
        """A row."""
        return person_cells(record, self.now())

    def told(self, record: Person) -> Mapping[str, Any]:
        """The role beside the number of the access level."""
        if not isinstance(record, Membership):
            return {}
        return {"access_level": f"{record.access_level}  {ROLES.get(record.access_level, '')}".strip()}

    def open(self, record: Person) -> None:
        """`enter`: the group's page; what a person has started."""
        if isinstance(record, Membership):
            from data.query.tree import quote_value
            from tui.screens.runs import RunsScreen

            self.home.dashboard.push_screen(RunsScreen(f"by:{quote_value(record.username)}"))
        else:
            self.home.dashboard.browse(record.web_url)


class ExperimentsPane(RecordsPane[Experiment]):
    """MLflow's experiments of production and test runs."""

    TITLE = "Experiments"
    COLUMNS = EXPERIMENT_COLUMNS
    KINDS = (Experiment, TrackedRun)
    NOTHING = ("No experiment", "Name one in the configuration: mlflow, experiment, test_experiment")

    def __init__(self) -> None:
        super().__init__()
        self.runs: dict[str, int] = {}

    async def read(self, store: Store) -> Sequence[Experiment]:
        """Those that the project names, production first."""
        project = cast("ProjectScreen", self.screen).project
        if project is None:
            return ()
        own = [project.mlflow_experiment_id, project.test_mlflow_experiment_id]
        ids = dict.fromkeys([*(f"{project.tracking}:{one}" for one in own if one), *project.experiments])
        known = await store.get_many(Experiment, list(ids))
        found = [known[id_] for id_ in ids if id_ in known]
        self.runs = {
            one.id: await store.count(
                TrackedRun, where={"connection": one.connection, "experiment_id": one.experiment_id}
            )
            for one in found
        }
        return found

    def cells(self, record: Experiment) -> tuple[Cell, ...]:
        """A row."""
        project = cast("ProjectScreen", self.screen).project
        assert project is not None
        return experiment_cells(record, project, self.runs.get(record.id, 0))

    def open(self, record: Experiment) -> None:
        """`enter`: its runs."""
        from tui.screens.tracked import TrackedScreen

        self.home.dashboard.push_screen(TrackedScreen(record.id))


class PlacesPane(RecordsPane[Deployment]):
    """Environments, and what was deployed to them."""

    TITLE = "Environments"
    COLUMNS = PLACE_COLUMNS
    KINDS = (Deployment,)
    NOTHING = ("No environment", "Jobs with an environment make them on GitLab")

    async def read(self, store: Store) -> Sequence[Deployment]:
        """Those of the project: environments, then what was deployed."""
        project_id = cast("ProjectScreen", self.screen).project_id
        found = await collect(store, Deployment, MOST, where={"project_id": project_id})
        return sorted(found, key=is_deployment)

    def cells(self, record: Deployment) -> tuple[Cell, ...]:
        """A row."""
        return place_cells(record, self.now())

    def open(self, record: Deployment) -> None:
        """`enter`: the log of the job that deployed it, else its address."""
        if record.job_run_id:
            self.home.dashboard.open_log(record.job_run_id)
        else:
            self.home.dashboard.browse(record.url)
