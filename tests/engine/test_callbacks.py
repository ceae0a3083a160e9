"""What is told to an address when a launched run ends."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from msgspec.structs import replace

from data.config import ApiSettings, PipelineSettings, ProjectSettings, Settings
from data.engine import callbacks
from data.engine.service import Engine
from data.model import Command, PipelineAPI, PipelineRun
from data.model.vocabulary import FINISHED
from tests.engine.conftest import TIMING, Lab, until
from tests.engine.launching import PLAIN, launch

pytestmark = pytest.mark.server
KEY = "k3y-of-the-test"


class Receiver:
    """A server that is told. `answers` are the statuses it gives, the last one for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = [200]
        self.headers: dict[str, str] = {}
        self.text = "thanks\x1b[31m"
        self.got: list[tuple[dict[str, str], bytes]] = []

    @property
    def events(self) -> list[Any]:
        """The bodies."""
        return [json.loads(body) for _, body in self.got]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver on a free port, for the block."""
    found = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Quiet."""

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            found.got.append((dict(self.headers.items()), body))
            status = found.answers.pop(0) if len(found.answers) > 1 else found.answers[0]
            self.send_response(status)
            for name, value in found.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(found.text.encode())

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver."""
    with receiving() as found:
        yield found


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries follow each other quickly."""
    monkeypatch.setattr(callbacks, "PAUSES", (0.05,) * len(callbacks.PAUSES))


def settings(lab: Lab, **more: Any) -> Settings:
    """A project with an API."""
    api = ApiSettings(name="features")
    pipeline = PipelineSettings(name="train", apis=[api])
    project = ProjectSettings(project=PLAIN, connection="work", pipelines=[pipeline])
    return lab.settings(projects=[project], **more)


async def ended_run(lab: Lab, url: str) -> PipelineRun:
    """A launched run that has ended, with an address to tell."""
    command = await lab.settled(await launch(lab, "r1", path=PLAIN, api="features", callback_url=url))
    world = lab.simulator.world
    lab.pass_time_until(lambda: all(one.status in FINISHED for one in world.requested))

    async def check() -> PipelineRun | None:
        found = await lab.store.get(PipelineRun, command.result_id)
        return found if found is not None and found.status in FINISHED else None

    return await until(check)


async def sign(lab: Lab) -> None:
    """Let the callbacks of the API be signed."""

    async def check() -> PipelineAPI | None:
        return await lab.store.get(PipelineAPI, f"{lab.project_id(PLAIN)}:train:features")

    api = await until(check)
    await lab.store.put([replace(api, callback_key_env="HOOK_KEY")])


async def callback(lab: Lab, fits: Callable[[Command], object] = bool) -> Command:
    """The only callback, once it fits."""

    async def check() -> Command | None:
        found = (await lab.store.page(Command, where={"kind": "callback"})).records
        assert len(found) <= 1
        return found[0] if found and fits(found[0]) else None

    return await until(check, "the callback never got there")


def is_over(command: Command) -> bool:
    """Whether it is over."""
    return command.state in ("done", "refused", "unknown")


@pytest.fixture
async def signed(lab: Lab, receiver: Receiver) -> AsyncIterator[Command]:
    """The callback of a run, signed and delivered."""
    engine = Engine(settings(lab), lab.store, lab.logs, "test", timing=TIMING, env={"HOOK_KEY": KEY})
    task = asyncio.create_task(engine.run())
    try:
        await sign(lab)
        await ended_run(lab, receiver.url)
        yield await callback(lab, is_over)
    finally:
        engine.stop()
        await task


async def test_the_end_of_a_run_is_told_once_signed_and_with_all_that_is_known(
    lab: Lab, receiver: Receiver, signed: Command
) -> None:
    run = await lab.store.get(PipelineRun, signed.target_id)
    assert run is not None and signed.state == "done" and signed.answer.endswith("answered 200 OK: thanks")
    [(headers, body)] = receiver.got
    assert headers["X-Lineside-Signature"] == f"sha256={hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()}"
    assert (headers["X-Lineside-Event"], headers["X-Lineside-Delivery"]) == ("run_finished", signed.id)
    assert headers["Content-Type"] == "application/json"
    [event] = receiver.events
    told = {name: event[name] for name in ("id", "run_id", "project", "pipeline", "api", "kind", "status", "ref")}
    assert told == {
        "id": run.id, "run_id": "r1", "project": PLAIN, "pipeline": "train", "api": "features", "kind": "production",
        "status": "success", "ref": "main",
    }  # fmt: skip
    assert (event["commit"], event["submission"]) == (run.git_commit_hash, run.submission_id)
    assert event["finished"] and event["duration"] == run.execution_time > 0
    for file in lab.folder.glob("lineside.db*"):
        assert KEY.encode() not in file.read_bytes()


async def test_a_receiver_that_fails_is_tried_again_with_the_same_body_even_by_another_engine(
    lab: Lab, receiver: Receiver, soon: None
) -> None:
    receiver.answers = [503, 500, 404, 200]
    async with lab.running(settings(lab)):
        await ended_run(lab, receiver.url)
        await callback(lab, lambda one: one.attempts >= 1)
    async with lab.running(settings(lab), owner="another"):
        done = await callback(lab, is_over)
    # One more where the first engine ended before it could write down what it had heard.
    assert done.state == "done" and done.attempts in {4, 5}
    assert len({body for _, body in receiver.got}) == 1
    assert {headers["X-Lineside-Delivery"] for headers, _ in receiver.got} == {done.id}
    assert all("X-Lineside-Signature" not in headers for headers, _ in receiver.got)


async def test_it_is_given_up_after_eight_tries_and_says_why(lab: Lab, receiver: Receiver, soon: None) -> None:
    receiver.answers = [503]
    async with lab.running(settings(lab)):
        await ended_run(lab, receiver.url)
        refused = await callback(lab, is_over)
    assert refused.state == "refused" and len(receiver.got) == 8
    assert refused.answer.startswith("given up after 8 tries: 127.0.0.1") and "503" in refused.answer


async def test_the_time_of_the_next_try_is_kept(lab: Lab, receiver: Receiver) -> None:
    receiver.answers = [503]
    async with lab.running(settings(lab)):
        await ended_run(lab, receiver.url)
        waiting = await callback(lab, lambda one: one.state == "queued" and one.attempts == 1)
    assert waiting.not_before is not None
    assert timedelta(0) < waiting.not_before - datetime.now(UTC) <= timedelta(seconds=callbacks.PAUSES[0])
    assert "try 1 of 8" in waiting.answer and sum(callbacks.PAUSES) > 3 * 3600


async def test_no_redirect_is_followed(lab: Lab, receiver: Receiver, soon: None) -> None:
    with receiving() as other:
        receiver.answers, receiver.headers = [307], {"Location": other.url}
        async with lab.running(settings(lab)):
            await ended_run(lab, receiver.url)
            refused = await callback(lab, is_over)
    assert refused.state == "refused" and "redirects are not followed" in refused.answer
    assert other.got == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("file:///etc/passwd", "begins with https:// or http://"),
        ("http://", "names a host"),
        ("http://ada:pw-of-the-test@127.0.0.1:1/", "must hold no login"),
    ],
)
async def test_other_addresses_are_refused(lab: Lab, url: str, words: str) -> None:
    async with lab.running(settings(lab)):
        await ended_run(lab, url)
        refused = await callback(lab, is_over)
    assert refused.state == "refused" and words in refused.answer and "pw-of-the-test" not in refused.answer


async def test_a_server_that_is_not_there_is_told_in_a_sentence(lab: Lab, soon: None) -> None:
    async with lab.running(settings(lab)):
        await ended_run(lab, "http://127.0.0.1:9/hook")
        refused = await callback(lab, is_over)
    assert refused.state == "refused" and "127.0.0.1:9 refuses connections" in refused.answer


async def test_a_key_that_is_named_and_not_there_sends_nothing(lab: Lab, receiver: Receiver) -> None:
    async with lab.running(settings(lab)):
        await sign(lab)
        await ended_run(lab, receiver.url)
        refused = await callback(lab, is_over)
    assert refused.state == "refused" and "HOOK_KEY" in refused.answer and receiver.got == []


async def test_a_read_only_configuration_tells_nobody_and_leaves_it_to_others(lab: Lab, receiver: Receiver) -> None:
    """The run ends while no engine looks; the next one may change nothing."""
    async with lab.running(settings(lab)):
        started = await lab.settled(await launch(lab, "r1", path=PLAIN, api="features", callback_url=receiver.url))
    world = lab.simulator.world
    lab.pass_time_until(lambda: all(one.status in FINISHED for one in world.requested))

    async def ended() -> bool:
        run = await lab.store.get(PipelineRun, started.result_id)
        return run is not None and run.status in FINISHED and run.completion is not None

    async with lab.running(settings(lab, read_only=True), owner="another"):
        await until(ended)
    assert receiver.got == []
    async with lab.running(settings(lab), owner="third"):
        done = await callback(lab, is_over)
    assert done.state == "done" and len(receiver.got) == 1


async def test_what_ended_while_no_engine_looked_is_told(lab: Lab, receiver: Receiver) -> None:
    """The end was written down, and the engine died before it could ask for the callback."""
    run = PipelineRun(
        id=lab.run_id(4711, PLAIN), project_id=lab.project_id(PLAIN), connection="work",
        git_project_id=lab.git(PLAIN), git_pipeline_id=4711, created=datetime.now(UTC), status="failed",
        submission_id="s", callback_url=receiver.url, gone=True,
    )  # fmt: skip
    await lab.store.put([run])
    async with lab.running(settings(lab)):
        done = await callback(lab, is_over)
    assert done.state == "done" and receiver.events[0]["status"] == "failed"


async def test_a_run_without_an_address_is_told_to_nobody(lab: Lab) -> None:
    async with lab.running(settings(lab)):
        await ended_run(lab, "")
        await lab.settled(
            await lab.submit("note", (await lab.store.page(PipelineRun)).records[0].id, path=PLAIN, text="x")
        )
    assert not (await lab.store.page(Command, where={"kind": "callback"})).records
