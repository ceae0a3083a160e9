"""An MLflow tracking server over its REST API.

Reading does without MLflow's own client, which needs eighteen times the processor time for a page of runs, cannot ask
for sampled histories, and does not tell a server that is down from one that is busy. Writing does without it, too: it
takes login, certificates and time-outs from the environment of the process and from `~/.mlflow/credentials`, so that
one server's login would go to another.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar, Unpack
from urllib.parse import quote

from data.errors import NotFound, Refused, SourceError
from data.model import Artifact, Connection, Experiment, MetricSeries, ModelVersion, RegisteredModel, TrackedRun, make
from data.model.vocabulary import TRACKED_STATUSES
from data.sources.faults import understood
from data.sources.http import Observer, RateLimit
from data.sources.mlflow import mapping
from data.sources.mlflow.errors import NoEndpoint
from data.sources.mlflow.filters import Conditions, milliseconds, run_filter
from data.sources.mlflow.history import Histories
from data.sources.mlflow.mapping import Row
from data.sources.mlflow.pagesize import MOST_BYTES, PageSize
from data.sources.mlflow.port import MAX_MODELS, MAX_PAGE, MAX_POINTS, TrackedDetail, TrackedPage
from data.sources.mlflow.transport import TooLong, Transport

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

T = TypeVar("T")

REGISTRY_PAGE: Final = 1000
"""Rows of a page of the model registry: the most that MLflow gives of registered models."""
MAX_LIST_PAGES: Final = 100
"""Pages of one list that are read; a server that never ends one is not followed."""

_VERSION = re.compile(r"[\w.+-]{1,40}")
_ID = re.compile(r"\d+")


class RestTracking:
    """An MLflow server; see `TrackingSource` for the calls."""

    def __init__(
        self, name: str, settings: ConnectionSettings, credential: Credential, on_response: Observer | None = None
    ) -> None:
        self.name = name
        self._http = Transport(name, settings, credential, on_response)
        self._histories = Histories(name, self._http)
        self._size = PageSize()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    @property
    def rate(self) -> RateLimit:
        """The server's limits as of its newest answer that told them."""
        return self._http.traffic.rate

    @property
    def received(self) -> int:
        """Bytes of answers so far."""
        return self._http.traffic.received

    def probe(self) -> Connection:
        """Who and what answers there. `/health` is not asked: it says yes even to whom everything else is refused."""
        self._check()
        now = datetime.now(UTC)
        return make(
            Connection,
            id=self.name,
            name=self.name,
            kind="mlflow",
            url=self._http.url,
            auth=self._http.login,
            state="ok",
            last_check=now,
            last_success=now,
            version=self._version(),
        )

    def experiments(self) -> list[Experiment]:
        """All experiments that are not deleted."""
        body = {"view_type": "ACTIVE_ONLY", "max_results": MAX_PAGE}
        rows = self._all("/experiments/search", "the experiments", "experiments", body)
        return self._records("the experiments", rows, mapping.experiment)

    def experiment(self, name_or_id: str) -> Experiment:
        """One experiment by its id, else by its name: a name may be a number."""
        what = f"the experiment {name_or_id}"
        if _ID.fullmatch(name_or_id):
            try:
                found = self._http.get("/experiments/get", what, {"experiment_id": name_or_id})
                return self._experiment(found, what)
            except NoEndpoint:
                raise
            except NotFound:
                pass
        return self._experiment(self._http.get("/experiments/get-by-name", what, {"experiment_name": name_or_id}), what)

    def runs(
        self,
        experiment_ids: Sequence[str],
        *,
        limit: int = MAX_PAGE,
        page_token: str = "",
        **wanted: Unpack[Conditions],
    ) -> TrackedPage:
        """A page of runs; see `TrackingSource.runs`."""
        body: dict[str, Any] = {
            "experiment_ids": list(experiment_ids),
            "filter": run_filter(**wanted),
            "run_view_type": "ALL",
            "order_by": ["attributes.start_time DESC"],
        }
        return self._page(body | ({"page_token": page_token} if page_token else {}), limit)

    def run(self, run_id: str) -> TrackedRun:
        """One run."""
        what = f"the run {run_id}"
        return self._tracked(self._http.get("/runs/get", what, {"run_id": run_id}), what)

    def detail(self, run_id: str) -> TrackedDetail:
        """One run with its models; a server without logged models (before MLflow 3) has none."""
        what = f"the run {run_id}"
        found = self._http.get("/runs/get", what, {"run_id": run_id})
        run, row = self._tracked(found, what), found.get("run") or {}
        models: list[Artifact] = []
        with understood(self._http.server, what):
            used = [("input", one) for one in (row.get("inputs") or {}).get("model_inputs") or ()]
            used += [("output", one) for one in (row.get("outputs") or {}).get("model_outputs") or ()]
            for use, one in used[:MAX_MODELS]:
                models += self._model(run_id, str(one["model_id"]), use, one.get("step"))
        return TrackedDetail(run, models)

    def artifacts(self, run_id: str, path: str = "") -> list[Artifact]:
        """One folder of a run's artifacts; see `TrackingSource.artifacts`."""
        what = f"the artifacts of run {run_id}"
        rows: list[Row] = []
        params = {"run_id": run_id} | ({"path": path} if path else {})
        for _ in range(MAX_LIST_PAGES):
            found = self._http.get("/artifacts/list", what, params)
            rows += found.get("files") or ()
            if not (token := str(found.get("next_page_token") or "")):
                break
            params["page_token"] = token
        return self._records(what, rows, lambda name, row: mapping.artifact(name, run_id, row))

    def histories(
        self,
        run_ids: Sequence[str],
        key: str,
        *,
        max_points: int = MAX_POINTS,
        start_step: int | None = None,
        end_step: int | None = None,
    ) -> list[MetricSeries]:
        """The history of a metric in several runs; see `TrackingSource.histories`."""
        return self._histories.read(run_ids, key, max_points, start_step, end_step)

    def sketch(self, run_ids: Sequence[str], key: str, last_step: int, parts: Sequence[int]) -> list[MetricSeries]:
        """A quick picture of long histories; see `TrackingSource.sketch`."""
        return self._histories.sketch(run_ids, key, last_step, parts)

    def registered_models(self) -> list[RegisteredModel]:
        """All names in the model registry; none where the server has no registry."""
        rows = self._registry("/registered-models/search", "the registered models", "registered_models")
        return self._records("the registered models", rows, mapping.registered_model)

    def model_versions(self, models: Sequence[RegisteredModel] | None = None) -> list[ModelVersion]:
        """All versions in the model registry; their aliases are those of the models, since the search omits them."""
        rows = self._registry("/model-versions/search", "the model versions", "model_versions")
        known = self.registered_models() if models is None and rows else models
        aliases = mapping.aliases_by_version(known or ())
        return self._records("the model versions", rows, lambda name, row: mapping.model_version(name, row, aliases))

    def create_run(self, experiment_id: str, *, name: str, tags: Mapping[str, str], start: datetime) -> TrackedRun:
        """Make a run for a job to resume: MLflow makes every run RUNNING, so that a second call is needed."""
        body = {
            "experiment_id": experiment_id,
            "run_name": name,
            "start_time": milliseconds(start),
            "tags": [{"key": key, "value": value} for key, value in tags.items()],
        }
        what = f"a new run in experiment {experiment_id}"
        made = self._tracked(self._http.post("/runs/create", what, body), what)
        try:
            self.set_status(made.run_id, "SCHEDULED", None)
            return self.run(made.run_id)
        except SourceError:
            return made  # it exists: its id must not get lost, and the job will resume it all the same

    def set_status(self, run_id: str, status: str, end: datetime | None) -> None:
        """Write a status. MLflow answers 200 to one that it does not know and ignores it, so that is refused here."""
        if status not in TRACKED_STATUSES:
            raise Refused(f"{status} is no status of an MLflow run")
        body: dict[str, Any] = {"run_id": run_id, "status": status}
        if end is not None:
            body["end_time"] = milliseconds(end)
        self._http.post("/runs/update", f"the status of run {run_id}", body)

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Write a tag."""
        self._http.post("/runs/set-tag", f"a tag of run {run_id}", {"run_id": run_id, "key": key, "value": value})

    def _check(self) -> None:
        self._http.search("/experiments/search", "the experiments", {"max_results": 1})

    def _version(self) -> str:
        """The server's version, empty where it has no such page."""
        try:
            found = self._http.text("/version", "the server's version").strip()
        except SourceError:
            return ""
        return found if _VERSION.fullmatch(found) else ""

    def _page(self, body: Mapping[str, Any], limit: int) -> TrackedPage:
        """A page of as many runs as make a few megabytes; one that turns out much longer is asked for in parts."""
        while True:
            count, before = self._size.fitting(min(limit, MAX_PAGE)), self.received
            most = MOST_BYTES if count > 1 else 0
            try:
                found = self._http.search("/runs/search", "the runs", {**body, "max_results": count}, most=most)
            except TooLong as error:
                self._size.too_long(count, error.size)
                continue
            runs = self._records("the runs", found.get("runs") or (), mapping.tracked_run)
            self._size.learn(len(runs), self.received - before)
            return TrackedPage(runs, str(found.get("next_page_token") or ""))

    def _model(self, run_id: str, model_id: str, use: str, step: object) -> list[Artifact]:
        """A logged model as an artifact of a run; none where it was deleted, or the server does not know of any."""
        try:
            found = self._http.get(f"/logged-models/{quote(model_id, safe='')}", f"the model {model_id}")
        except NotFound:
            return []
        row, at = found.get("model") or {}, None if step is None else mapping.whole(step)
        return [mapping.logged_model(self.name, run_id, row, use=use, step=at)]

    def _all(self, path: str, what: str, field: str, body: Mapping[str, Any]) -> Iterator[Row]:
        token = ""
        for _ in range(MAX_LIST_PAGES):
            found = self._http.search(path, what, {**body, **({"page_token": token} if token else {})})
            yield from found.get(field) or ()
            if not (token := str(found.get("next_page_token") or "")):
                return

    def _registry(self, path: str, what: str, field: str) -> list[Row]:
        rows: list[Row] = []
        token = ""
        for _ in range(MAX_LIST_PAGES):
            params = {"max_results": REGISTRY_PAGE} | ({"page_token": token} if token else {})
            try:
                found = self._http.get(path, what, params)
            except NoEndpoint:
                return rows
            rows += found.get(field) or ()
            if not (token := str(found.get("next_page_token") or "")):
                break
        return rows

    def _experiment(self, found: Mapping[str, Any], what: str) -> Experiment:
        return self._records(what, [found.get("experiment") or {}], mapping.experiment)[0]

    def _tracked(self, found: Mapping[str, Any], what: str) -> TrackedRun:
        return self._records(what, [found.get("run") or {}], mapping.tracked_run)[0]

    def _records(self, what: str, rows: Iterable[Row], build: Callable[[str, Row], T]) -> list[T]:
        with understood(self._http.server, what):
            return [build(self.name, row) for row in rows]
