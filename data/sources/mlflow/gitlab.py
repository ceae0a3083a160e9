"""The MLflow that GitLab offers for a project: a smaller one (GitLab docs, MLflow client compatibility).

Its searches take one experiment and no filter, so that filtering is done here; histories are read whole; and since
MLflow's searches are POSTs, reading needs a token with the scope `api` and the role developer.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Unpack

from data.errors import Forbidden, NotFound, Unauthorized
from data.model import Artifact, Experiment, TrackedRun
from data.sources.http import Observer
from data.sources.mlflow import mapping
from data.sources.mlflow.errors import NoEndpoint
from data.sources.mlflow.filters import Conditions, fits
from data.sources.mlflow.history import Histories
from data.sources.mlflow.port import MAX_PAGE, TrackedDetail, TrackedPage
from data.sources.mlflow.rest import RestTracking

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

EARLY: Final = timedelta(days=1)
"""How long before a run was made it may say that it started."""
LONGEST: Final = timedelta(days=7)
"""Runs that take longer are not looked for among those that ended lately."""
_NEEDS: Final = "reading runs from GitLab's MLflow needs a token with the scope api and the role developer"


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
        limit: int = MAX_PAGE,
        page_token: str = "",
        **wanted: Unpack[Conditions],
    ) -> TrackedPage:
        """A page of one experiment after the other; a page may be empty though more follow."""
        if run_ids := wanted.get("run_ids"):
            return TrackedPage([run for run_id in run_ids for run in self._existing(run_id)], "")
        if wanted.get("undated"):
            return TrackedPage([], "", ordered=False)  # they come with all others
        number, _, token = page_token.partition(":")
        at = int(number) if number.isdecimal() else 0
        if at >= len(experiment_ids):
            return TrackedPage([], "")
        body: dict[str, Any] = {"experiment_ids": [experiment_ids[at]]}
        try:
            runs, following, _ = self._page(body | ({"page_token": token} if token else {}), limit)
        except (Forbidden, Unauthorized) as error:
            raise type(error)(error.message, hint=_NEEDS, status=error.status) from None
        kept = [run for run in runs if fits(run, **wanted)]
        if following and not _is_past(runs, wanted):
            return TrackedPage(kept, f"{at}:{following}", ordered=False)
        return TrackedPage(kept, f"{at + 1}:" if at + 1 < len(experiment_ids) else "", ordered=False)

    def detail(self, run_id: str) -> TrackedDetail:
        """One run; there are no logged models."""
        return TrackedDetail(self.run(run_id), [])

    def artifacts(self, run_id: str, path: str = "") -> list[Artifact]:  # noqa: ARG002
        """Nothing: GitLab lists no artifacts of a run (GitLab source, lib/api/ml/mlflow)."""
        return []

    def _existing(self, run_id: str) -> list[TrackedRun]:
        try:
            return [self.run(run_id)]
        except NoEndpoint:
            raise
        except NotFound:
            return []

    def _check(self) -> None:
        self._http.get("/experiments/list", "the experiments")

    def _version(self) -> str:
        return "GitLab"


def _is_past(runs: Sequence[TrackedRun], wanted: Conditions) -> bool:
    """Whether what is wanted can be on no later page: GitLab gives the newest runs first."""
    after, ended = wanted.get("started_after"), wanted.get("ended_after")
    bounds = [after - EARLY] if after is not None else []
    bounds += [ended - LONGEST] if ended is not None else []
    return bool(bounds and runs) and all(run.start is not None and run.start < max(bounds) for run in runs)
