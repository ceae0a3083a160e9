"""Tells an address, given at a launch, that its run has ended: one POST with JSON, signed, tried for hours.

The body is fixed when the run ends. A receiver may get it twice (an answer may be lost): `X-Lineside-Delivery` is the
same for each try. With a key, `X-Lineside-Signature` is `sha256=` and the HMAC of the body in hexadecimal.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
import os
import uuid
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, NamedTuple

import requests
from urllib3.exceptions import HTTPError

from data.clean import clean
from data.config.urls import host_of, split
from data.engine.capacity import LAUNCHED
from data.engine.context import ProjectContext
from data.engine.server import LATE, NotSent
from data.engine.verdict import Done, Immediate, Later, Rejected
from data.errors import SourceError, StoreError
from data.launch.naming import called
from data.model import Command, PipelineAPI, PipelineRun
from data.model.vocabulary import FINISHED
from data.sources.faults import connection_fault
from data.store.port import Between, Where

log = logging.getLogger(__name__)

EVENT: Final = "run_finished"
"""What is told, in `X-Lineside-Event`."""
BY: Final = "lineside"
"""Who asks, in the command."""
TIMEOUTS: Final = (5.0, 15.0)
"""Seconds to connect, and to wait for an answer."""
LONGEST: Final = 60.0
"""Seconds for all of it: an answer may come byte by byte."""
PAUSES: Final = (10.0, 60.0, 300.0, 900.0, 1800.0, 3600.0, 7200.0)
"""Seconds after each try that failed until the next: eight tries within four hours."""
AT_ONCE: Final = 4
"""Deliveries of a project at a time."""
MAX_ANSWER: Final = 2000
"""Bytes of an answer that are read."""
MAX_WORDS: Final = 200
"""Characters of an answer that are kept."""
SINCE: Final = timedelta(days=2)
"""How long ago a run may have been made of which, after a time without an engine, the end is told."""
MAX_RUNS: Final = 1000
"""Finished launches that are looked at when an engine takes over."""


class Endings:
    """Puts a callback into the outbox for every launched run that ends, once for each."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context
        self._told: set[str] = set()

    async def load(self) -> None:
        """Take in what ended while no engine looked."""
        since = datetime.now(UTC) - SINCE
        where: Where = {
            "project_id": self._context.id, "submission_id": LAUNCHED, "status": sorted(FINISHED),
            "created": Between(low=since),
        }  # fmt: skip
        for run in await self._context.desk.all(PipelineRun, where, limit=MAX_RUNS):
            await self._tell(run)

    async def runs_changed(self, ids: Collection[str]) -> None:
        """Runs came or changed."""
        async for run in self._context.desk.each_of(PipelineRun, ids):
            await self._tell(run)

    async def _tell(self, run: PipelineRun) -> None:
        ours = run.project_id == self._context.id and run.submission_id and run.callback_url
        if not ours or run.id in self._told or not _is_over(run):
            return
        self._told.add(run.id)
        api = await self._context.store.get(PipelineAPI, run.pipeline_api_id) if run.pipeline_api_id else None
        number = called(run)
        await self._context.store.submit(
            Command(
                id=str(uuid.uuid5(uuid.NAMESPACE_URL, f"callback:{run.id}")),
                kind="callback",
                connection=run.connection,
                project_id=self._context.id,
                target_id=run.id,
                title=f"tell {_host(run.callback_url)} that {self._context.project.name} {number} ended",
                payload={
                    "url": run.callback_url,
                    "key_env": api.callback_key_env if api is not None else "",
                    "body": body_of(run, self._context.project.path),
                },
                by=BY,
                created=datetime.now(UTC),
            )
        )


def _is_over(run: PipelineRun) -> bool:
    """Whether it has ended, and all is known of that: a list tells the status before the times."""
    return run.status in FINISHED and (run.jobs_synced or run.completion is not None or run.gone)


def body_of(run: PipelineRun, project: str) -> dict[str, Any]:
    """What is told of a run. Times are ISO 8601 in UTC, durations seconds."""
    return {
        "event": EVENT,
        "id": run.id,
        "run_id": run.run_info_id,
        "project": project,
        "pipeline": run.pipeline_id.removeprefix(f"{run.project_id}:"),
        "api": run.api,
        "kind": run.kind,
        "status": run.status,
        "number": run.run_number,
        "git_project_id": run.git_project_id,
        "git_pipeline_id": run.git_pipeline_id,
        "web_url": run.web_url,
        "ref": run.ref,
        "commit": run.git_commit_hash,
        "created": _time(run.created),
        "started": _time(run.start),
        "finished": _time(run.completion),
        "duration": run.execution_time,
        "submission": run.submission_id,
        "mlflow_run_ids": [id.rpartition(":")[2] for id in run.mlflow_run_ids],
    }


class Answer(NamedTuple):
    """What came back."""

    status: int
    words: str


class Callback(Immediate):
    """Carries out callbacks. `env` holds the keys that sign them."""

    def __init__(self, context: ProjectContext, env: Mapping[str, str] | None = None) -> None:
        self._context = context
        self._env = os.environ if env is None else env
        self._places = asyncio.Semaphore(AT_ONCE)

    async def perform(self, command: Command) -> Done:
        """One POST; whatever goes wrong with it may go well later."""
        url, body = _url(command), _body(command)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "Lineside",
            "X-Lineside-Event": EVENT,
            "X-Lineside-Delivery": command.id,
            **self._signature(command, body),
        }
        async with self._places:
            answer = await self._answer(command, url, body, headers)
        said = f"{_host(url)} answered {_told(answer)}"
        if HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
            return Done(said, command.target_id)
        if HTTPStatus.MULTIPLE_CHOICES <= answer.status < HTTPStatus.BAD_REQUEST:
            said += "; redirects are not followed: give the address that it leads to"
        raise _later(command, said)

    async def check(self, command: Command) -> Done | None:
        """A receiver knows by the delivery's id that it had it already."""
        del command
        raise Later("it is not known whether the last try arrived", 0.0)

    async def _answer(self, command: Command, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Ask in a thread of its own, which is left behind when it takes too long or the engine ends."""
        loop, worker = asyncio.get_running_loop(), ThreadPoolExecutor(1, thread_name_prefix="callback")
        try:
            async with asyncio.timeout(LONGEST):
                await self._context.permit.confirm()
                return await loop.run_in_executor(worker, self._post, url, body, headers)
        except TimeoutError:
            raise _later(command, f"{_host(url)} took longer than {LONGEST:g} s to answer") from None
        except NotSent:
            raise
        except SourceError as error:
            raise _later(command, error.message) from None
        except StoreError as error:
            raise NotSent(error.message, hint=error.hint) from None
        finally:
            worker.shutdown(wait=False)

    def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send it, unless this engine was stopped for a while, and another one may do so by now."""
        if not self._context.permit.stands():
            raise NotSent(LATE)
        return _post(url, body, headers)

    def _signature(self, command: Command, body: bytes) -> dict[str, str]:
        name = str(command.payload.get("key_env", ""))
        if not name:
            return {}
        key = self._env.get(name, "")
        if not key:
            raise Rejected(
                f"the environment variable {clean(name)}, whose key signs it, is not set where the engine runs"
            )
        return {"X-Lineside-Signature": f"sha256={hmac.new(key.encode(), body, hashlib.sha256).hexdigest()}"}


def _post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send it. No redirect is followed: what is told is for one address only.

    Raises:
        SourceError: no answer came.
    """
    with requests.Session() as session:
        session.auth = _no_login
        try:
            with session.post(
                url, data=body, headers=dict(headers), timeout=TIMEOUTS, allow_redirects=False, stream=True
            ) as answer:
                try:
                    words = answer.raw.read(MAX_ANSWER, decode_content=True)
                except (HTTPError, OSError):  # the status has been told, and is what counts
                    words = b""
                return Answer(answer.status_code, clean(words.decode(errors="replace"), limit=MAX_WORDS).strip())
        except (requests.RequestException, OSError, ValueError) as error:
            raise connection_fault(error, _host(url)) from None


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leaves a request as it is: `requests` reads `.netrc` only where no authentication is set."""
    return request


def _url(command: Command) -> str:
    url = str(command.payload.get("url", ""))
    parts = split(url)
    if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
        raise Rejected("a callback's address begins with https:// or http:// and names a host")
    if "@" in parts.netloc:
        raise Rejected("a callback's address must hold no login: sign what is told instead (callback_key_env)")
    return url


def _body(command: Command) -> bytes:
    """The same bytes at each try."""
    return json.dumps(command.payload.get("body"), ensure_ascii=False, sort_keys=True).encode()


def _later(command: Command, reason: str) -> Later | Rejected:
    tries = len(PAUSES) + 1
    if command.attempts >= tries:
        return Rejected(f"given up after {tries} tries: {reason}")
    return Later(f"{reason}; try {command.attempts} of {tries}", PAUSES[max(command.attempts - 1, 0)])


def _told(answer: Answer) -> str:
    known = answer.status in set(HTTPStatus)
    phrase = f" {HTTPStatus(answer.status).phrase}" if known else ""
    return f"{answer.status}{phrase}" + (f": {answer.words}" if answer.words else "")


def _host(url: str) -> str:
    return str(host_of(url) or "nobody")


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat() if at is not None else None
