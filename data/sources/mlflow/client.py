"""An MLflow database file (`sqlite:///…`) through MLflow's own client, which is imported with the first call.

The client creates a file that does not exist, and brings an older one up to its own version, when it merely reads. So
the file is looked at first: a missing, foreign or older one is an error that says what to do, and stays as it is.
"""

from __future__ import annotations

import os
import sqlite3
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final, Unpack
from urllib.parse import quote

from data.clean import clean
from data.errors import BadAnswer, NotFound, Refused, SourceError, Unreachable
from data.model import Artifact, Connection, Experiment, MetricSeries, ModelVersion, RegisteredModel, TrackedRun, make
from data.model.vocabulary import TRACKED_ACTIVE, TRACKED_STATUSES
from data.sources.faults import understood
from data.sources.mlflow import entities, mapping, points
from data.sources.mlflow.errors import MAX_MESSAGE
from data.sources.mlflow.filters import Conditions, milliseconds, run_filter
from data.sources.mlflow.history import FIRST_STEP, LAST_STEP
from data.sources.mlflow.pagesize import PageSize
from data.sources.mlflow.port import MAX_MODELS, MAX_PAGE, MAX_POINTS, TrackedDetail, TrackedPage

SCHEME: Final = "sqlite:///"
"""Beginning of the tracking URI of a database file; the path follows."""
QUIET: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
}
"""Environment variables of MLflow's client that keep it from calling home and from writing to the terminal."""
ENTRY: Final = 150
"""Bytes that a metric, param or tag of a run is reckoned as, for the size of a page."""
WAIT: Final = 5.0
"""Seconds that a reading waits while somebody writes into the file."""
BUSY: Final = "the file is locked by another program; trying again later helps"


class ClientTracking:
    """An MLflow database file; see `TrackingSource` for the calls."""

    def __init__(self, name: str, uri: str) -> None:
        self.name, self._uri = name, uri
        self._path = Path(uri.removeprefix(SCHEME).partition("?")[0])
        self._made: Any = None
        self._size = PageSize()

    @property
    def received(self) -> int:
        """Nothing comes over a network."""
        return 0

    def close(self) -> None:
        """Forget the client; its connections to the file close with it."""
        self._made = None

    def probe(self) -> Connection:
        """Whether the file can be read, and with which version of MLflow."""
        with self._client("the experiments") as client:
            client.search_experiments(max_results=1)
            from mlflow.version import VERSION
        now = datetime.now(UTC)
        return make(
            Connection,
            id=self.name,
            name=self.name,
            kind="mlflow",
            url=self._uri,
            state="ok",
            last_check=now,
            last_success=now,
            version=str(VERSION),
            can_write=os.access(self._path, os.W_OK),
        )

    def experiments(self) -> list[Experiment]:
        """All experiments that are not deleted."""
        with self._client("the experiments") as client:
            return [mapping.experiment(self.name, entities.experiment(one)) for one in _all(client.search_experiments)]

    def experiment(self, name_or_id: str) -> Experiment:
        """One experiment by its id, else by its name."""
        with self._client(f"the experiment {name_or_id}") as client:
            ids = {one.experiment_id: one for one in _all(client.search_experiments)} if name_or_id.isdecimal() else {}
            found = ids.get(name_or_id) or client.get_experiment_by_name(name_or_id)
            if found is None:
                raise NotFound(f"{self._path} knows no such thing: the experiment {name_or_id}")
            return mapping.experiment(self.name, entities.experiment(found))

    def runs(
        self,
        experiment_ids: Sequence[str],
        *,
        limit: int = MAX_PAGE,
        page_token: str = "",
        **wanted: Unpack[Conditions],
    ) -> TrackedPage:
        """A page of runs; see `TrackingSource.runs`."""
        expression = run_filter(**wanted)
        with self._client("the runs") as client:
            from mlflow.entities import ViewType

            page = client.search_runs(
                list(experiment_ids),
                filter_string=expression,
                run_view_type=ViewType.ALL,
                max_results=self._size.fitting(min(limit, MAX_PAGE)),
                order_by=["attributes.start_time DESC"],
                page_token=page_token or None,
            )
            runs = [self._run(one) for one in page]
        entries = sum(len(run.metrics) + len(run.params) + len(run.tags) for run in runs)
        self._size.learn(len(runs), ENTRY * (entries + len(runs)))
        return TrackedPage(runs, page.token or "")

    def run(self, run_id: str) -> TrackedRun:
        """One run."""
        with self._client(f"the run {run_id}") as client:
            return self._run(client.get_run(run_id))

    def detail(self, run_id: str) -> TrackedDetail:
        """One run with its models."""
        models: list[Artifact] = []
        with self._client(f"the run {run_id}") as client:
            run = client.get_run(run_id)
            for use, model_id, step in entities.models(run)[:MAX_MODELS]:
                models += self._model(client, run_id, model_id, use, step)
            return TrackedDetail(self._run(run), models)

    def artifacts(self, run_id: str, path: str = "") -> list[Artifact]:
        """One folder of a run's artifacts, wherever they lie."""
        with self._client(f"the artifacts of run {run_id}") as client:
            from mlflow.exceptions import MlflowException

            try:
                rows = [entities.file(one) for one in client.list_artifacts(run_id, path or None)]
            except MlflowException:
                raise
            except Exception as error:  # each kind of artifact store raises what its own library does
                reason = clean(type(error).__name__)
                raise Unreachable(f"the artifact store of run {run_id} cannot be read: {reason}") from None
        return [mapping.artifact(self.name, run_id, row) for row in rows]

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
        first = FIRST_STEP if start_step is None else start_step
        last = LAST_STEP if end_step is None else end_step
        limit, found = max(max_points, 2), []
        _revision(self._path)
        try:
            with closing(_opened(self._path)) as file:
                for run_id in run_ids:
                    rows, sampled = points.sampled(file, run_id, key, first, last, limit)
                    if rows:
                        found.append(mapping.series(self.name, run_id, key, rows, max_points=limit, sampled=sampled))
        except sqlite3.Error as error:
            raise _error(0, str(error), f"the history of {key}", self._path) from None
        return found

    def sketch(self, run_ids: Sequence[str], key: str, last_step: int, parts: Sequence[int]) -> list[MetricSeries]:  # noqa: ARG002
        """None: an even sample of any history takes milliseconds here."""
        return []

    def registered_models(self) -> list[RegisteredModel]:
        """All names in the model registry."""
        with self._client("the registered models") as client:
            models = _all(client.search_registered_models)
            return [mapping.registered_model(self.name, entities.registered_model(one)) for one in models]

    def model_versions(self, models: Sequence[RegisteredModel] | None = None) -> list[ModelVersion]:
        """All versions in the model registry; their aliases are those of the models, since the search omits them."""
        aliases = mapping.aliases_by_version(self.registered_models() if models is None else models)
        with self._client("the model versions") as client:
            rows = [entities.model_version(one) for one in _all(client.search_model_versions)]
        return [mapping.model_version(self.name, row, aliases) for row in rows]

    def create_run(self, experiment_id: str, *, name: str, tags: Mapping[str, str], start: datetime) -> TrackedRun:
        """Make a run for a job to resume: MLflow makes every run RUNNING, so that a second call is needed."""
        with self._client(f"a new run in experiment {experiment_id}") as client:
            made = client.create_run(experiment_id, start_time=milliseconds(start), tags=dict(tags), run_name=name)
            client.update_run(made.info.run_id, status="SCHEDULED")
            return self._run(client.get_run(made.info.run_id))

    def set_status(self, run_id: str, status: str, end: datetime | None) -> None:
        """Write a status."""
        if status not in TRACKED_STATUSES:
            raise Refused(f"{status} is no status of an MLflow run")
        with self._client(f"the status of run {run_id}") as client:
            if status in TRACKED_ACTIVE or end is None:
                client.update_run(run_id, status=status)
            else:
                client.set_terminated(run_id, status=status, end_time=milliseconds(end))

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Write a tag."""
        with self._client(f"a tag of run {run_id}") as client:
            client.set_tag(run_id, key, value)

    def _run(self, run: Any) -> TrackedRun:
        return mapping.tracked_run(self.name, entities.run(run))

    def _model(self, client: Any, run_id: str, model_id: str, use: str, step: int | None) -> list[Artifact]:
        from mlflow.exceptions import MlflowException

        try:
            row = entities.logged_model(client.get_logged_model(model_id))
        except MlflowException as error:
            if error.get_http_status_code() == HTTPStatus.NOT_FOUND:
                return []
            raise
        return [mapping.logged_model(self.name, run_id, row, use=use, step=step)]

    @contextmanager
    def _client(self, what: str) -> Iterator[Any]:
        """The client, after a look at the file; turns its errors into ours."""
        revision = _revision(self._path)
        if self._made is None:
            self._made = _make(self._uri, self._path, revision)
        from mlflow.exceptions import MlflowException
        from sqlalchemy.exc import SQLAlchemyError

        try:
            with understood(str(self._path), what):
                yield self._made
        except MlflowException as error:
            raise _error(error.get_http_status_code(), str(error), what, self._path) from None
        except SQLAlchemyError as error:
            raise _error(0, str(getattr(error, "orig", error)), what, self._path) from None


def _make(uri: str, path: Path, revision: str) -> Any:
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # MLflow's tables use what newer releases of SQLAlchemy deprecate
            from mlflow import MlflowClient
            from mlflow.store.db import utils
            from mlflow.store.tracking import sqlalchemy_store  # noqa: F401
            from sqlalchemy.orm import configure_mappers

            configure_mappers()
    except ImportError as error:
        missing = clean(error.name or "mlflow")
        hint = "pip install 'lineside[server]'"
        raise Unreachable(f"an MLflow database file needs the package {missing}", hint=hint) from None
    newest = utils._get_latest_schema_revision() if hasattr(utils, "_get_latest_schema_revision") else revision
    if revision != newest:
        hint = f"install that version; or, if it is the older one, copy the file and run: mlflow db upgrade {uri}"
        raise BadAnswer(f"{path} was made by another version of MLflow than the one installed here", hint=hint)
    return MlflowClient(tracking_uri=uri, registry_uri=uri)


def _revision(path: Path) -> str:
    """The version of the file's schema.

    Raises:
        NotFound: there is no such file.
        Unreachable: it cannot be read.
        BadAnswer: it is no MLflow database.
    """
    if not path.is_file():
        hint = "MLflow makes it with the first run; is the path right, and absolute?"
        raise NotFound(f"there is no MLflow database at {path}", hint=hint)
    try:
        with closing(_opened(path)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            hint = BUSY if "locked" in str(error) else "check that this user may read it"
            raise Unreachable(f"{path} cannot be read: {clean(str(error))}", hint=hint) from None
        row = None
    except sqlite3.DatabaseError:
        row = None
    if row is None:
        raise BadAnswer(f"{path} is no MLflow database", hint="the tracking URI names the file mlflow.db, not a folder")
    return str(row[0])


def _opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=WAIT)


def _error(status: int, text: str, what: str, path: Path) -> SourceError:
    reason = clean(text, limit=MAX_MESSAGE)
    if status == HTTPStatus.NOT_FOUND:
        return NotFound(f"{path} knows no such thing: {what}", status=status)
    if status == HTTPStatus.BAD_REQUEST:
        return Refused(f"MLflow refused {what}: {reason}", status=status)
    if "locked" in reason:
        return Unreachable(f"{path} is in use", hint=BUSY)
    return BadAnswer(f"MLflow failed to get {what} from {path}: {reason}", status=status)


def _all(search: Any) -> list[Any]:
    """All pages of a search."""
    page = search()
    found = list(page)
    while page.token:
        page = search(page_token=page.token)
        found += page
    return found
