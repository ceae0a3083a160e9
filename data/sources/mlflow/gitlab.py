"""The MLflow that GitLab offers for a project: a smaller one (GitLab docs, MLflow client compatibility).

Its searches take one experiment and no filter, so that filtering is done here; histories are read whole; and since
MLflow's searches are POSTs, reading needs a token with the scope `api` and the role developer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from data.errors import Forbidden, Unauthorized
from data.model import Experiment, TrackedRun
from data.sources.http import Observer
from data.sources.mlflow import mapping
from data.sources.mlflow.history import Histories
from data.sources.mlflow.port import MAX_PAGE, TrackedPage
from data.sources.mlflow.rest import RestTracking

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

_NEEDS = "reading runs from GitLab's MLflow needs a token with the scope api and the role developer"


class GitLabTracking(RestTracking):
    """GitLab's own MLflow API."""

    def __init__(
        self, name: str, settings: ConnectionSettings, credential: Credential, on_response: Observer | None = None
    ) -> None:
        super().__init__(name, settings, credential, on_response)
        self._histories = Histories(name, self._http, samples=False)

    def experiments(self) -> list[Experiment]:
        """All experiments of the project, by the call that needs no more than read access."""
        found = self._http.get("/experiments/list", "the experiments")
        return self._records("the experiments", found.get("experiments") or (), mapping.experiment)

    def runs(
        self,
        experiment_ids: Sequence[str],
        *,
        status: str | None = None,
        started_after: datetime | None = None,
        ended_after: datetime | None = None,
        run_ids: Sequence[str] = (),
        limit: int = MAX_PAGE,
        page_token: str = "",
    ) -> TrackedPage:
        """A page of one experiment after the other; a page may be empty though more follow."""
        if run_ids:
            return TrackedPage([self.run(run_id) for run_id in run_ids], "")
        number, _, token = page_token.partition(":")
        at = int(number) if number.isdecimal() else 0
        if at >= len(experiment_ids):
            return TrackedPage([], "")
        body: dict[str, Any] = {"experiment_ids": [experiment_ids[at]], "max_results": min(limit, MAX_PAGE)}
        try:
            runs, following = self._page(body | ({"page_token": token} if token else {}))
        except (Forbidden, Unauthorized) as error:
            raise type(error)(error.message, hint=_NEEDS, status=error.status) from None
        kept = [run for run in runs if _matches(run, status, started_after, ended_after)]
        if following:
            return TrackedPage(kept, f"{at}:{following}")
        return TrackedPage(kept, f"{at + 1}:" if at + 1 < len(experiment_ids) else "")

    def _check(self) -> None:
        self._http.get("/experiments/list", "the experiments")

    def _version(self) -> str:
        return "GitLab"


def _matches(run: TrackedRun, status: str | None, started_after: datetime | None, ended_after: datetime | None) -> bool:
    return (
        (status is None or run.status == status)
        and (started_after is None or (run.start is not None and run.start > started_after))
        and (ended_after is None or (run.end is not None and run.end > ended_after))
    )
