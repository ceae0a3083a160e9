"""Runs a simulated GitLab server in a thread of this process, or as a program of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import sys
import threading
from types import TracebackType
from typing import TextIO

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from data.errors import Unreachable
from data.simulator.api.application import Api
from data.simulator.build import build_world
from data.simulator.clock import Clock
from data.simulator.faults import Faults
from data.simulator.settings import SimulatorSettings
from data.simulator.tracking import Tracking
from data.simulator.world import World

START_TIMEOUT, STOP_TIMEOUT = 10.0, 5.0
"""Seconds that starting and stopping may take before they are given up."""

BACKLOG = 256
"""Connections that wait to be accepted."""


class _Protocol(H11Protocol):
    """HTTP/1.1 whose requests know their connection, so that a fault can cut it."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does this only for sockets made with IPPROTO_TCP; without it each answer waits 40 ms for an ACK.
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.app_state = {**self.app_state, "transport": transport}


class _Server(uvicorn.Server):
    """Says when it accepts, and drops every connection when it stops, so that stopping never waits for a client."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for connection in list(self.server_state.connections):
            transport = connection.transport
            if transport is not None:
                transport.abort()
        await super().shutdown(sockets)


class Simulator:
    """A GitLab server over HTTP on this machine.

    Attributes:
        settings: what it is like; world: what exists on it (hold `world.lock` to read it from another thread);
        url: base URL once started.
    """

    def __init__(self, settings: SimulatorSettings | None = None, clock: Clock | None = None) -> None:
        self.settings = settings or SimulatorSettings()
        self.world: World = build_world(self.settings, clock)
        self.url = ""
        self._api = Api(self.world)
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._tracking: Tracking | None = None

    @property
    def tokens(self) -> dict[str, str]:
        """Values of the tokens by name: owner, maintainer, developer, reporter, reader, expired, revoked, outsider.

        `reader` has the scope read_api only; `outsider` is a member of nothing.
        """
        return {token.name: value for value, token in self.world.tokens.items()}

    @property
    def faults(self) -> Faults:
        """Faults on order and counters of requests; the control endpoints work on the same ones."""
        return self._api.faults

    def start(self) -> str:
        """Listen and serve in a daemon thread; return the base URL.

        Raises:
            Unreachable: the address cannot be listened on.
        """
        try:
            listener = socket.create_server((self.settings.host, self.settings.port), backlog=BACKLOG)
        except OSError as error:
            place = f"{self.settings.host}:{self.settings.port}"
            raise Unreachable(f"cannot listen on {place}: {error.strerror}", hint="choose another port") from error
        host, port = listener.getsockname()[:2]
        self.url = f"http://{host}:{port}"
        self._api.json.base = self.url
        config = uvicorn.Config(
            self._api.application(), http=_Protocol, loop="asyncio", ws="none", lifespan="off",
            log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        self._server = _Server(config)
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="gitlab-simulator", daemon=True)
        self._thread.start()
        if not self._server.ready.wait(START_TIMEOUT):
            raise Unreachable(f"the simulator on {self.url} does not start")
        if self.settings.mlflow_uri:
            self._tracking = Tracking(self.world, self.settings.mlflow_uri)
            self._tracking.start()
        return self.url

    def _serve(self, listener: socket.socket) -> None:
        if self._server is not None:
            asyncio.run(self._server.serve([listener]))

    def stop(self) -> None:
        """Stop serving and logging to MLflow; does nothing when it does not run."""
        if self._tracking is not None:
            self._tracking.stop()
            self._tracking = None
        if self._server is not None and self._thread is not None:
            self._server.should_exit = True
            self._thread.join(STOP_TIMEOUT)
            self._server = self._thread = None

    def __enter__(self) -> Simulator:
        """Start."""
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()


def describe(simulator: Simulator) -> str:
    """Return what a person needs to connect: URL, tokens, an example."""
    tokens = "\n".join(f"  {name:<11} {value}" for name, value in simulator.tokens.items())
    example = f"curl -H 'PRIVATE-TOKEN: {simulator.tokens['maintainer']}' {simulator.url}/api/v4/projects?simple=true"
    return f"GitLab simulator on {simulator.url}\nTokens:\n{tokens}\nTry:\n  {example}\nStop it with Ctrl+C.\n"


def run_forever(settings: SimulatorSettings, *, as_json: bool = False, out: TextIO | None = None) -> None:
    """Serve until SIGINT or SIGTERM; first print how to connect, as one line of JSON with `as_json`.

    Raises:
        Unreachable: the address cannot be listened on.
    """
    done, target = threading.Event(), out or sys.stdout
    before = {number: signal.signal(number, lambda *_: done.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with Simulator(settings) as simulator:
            line = json.dumps({"url": simulator.url, "tokens": simulator.tokens, "pid": os.getpid()})
            with contextlib.suppress(BrokenPipeError):
                target.write(f"{line}\n" if as_json else describe(simulator))
                target.flush()
            while not done.wait(0.2):
                pass
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
