"""The engine as a process of its own: how it is started and ended, and what runs in it."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import logging
import os
import secrets
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

import data
from data.config import Secret, Settings, load
from data.config.paths import ensure, state_dir
from data.engine.secrets import read_line, write_line
from data.errors import ConfigError, LinesideError, UsageError

if TYPE_CHECKING:
    from data.engine.serving import Service
    from data.store.place import Place

GRACE: Final = 0.6
"""Seconds that an engine has to end by itself before it is killed."""
REAP: Final = 0.3
"""Seconds until a killed process is gone."""
STORE_URL: Final = "LINESIDE_STORE_URL"
"""Environment variable by which an engine is told the URL of a team's store: it holds a password."""
LOG_FOLDER: Final = "logs"
"""Name of the folder of job logs beside the store's file."""
LOG_FILE: Final = "engine.log"
"""Name of the engine's log in the folder for user state."""
MAX_LOG: Final = 1_000_000
"""Bytes beyond which a start begins the engine's log anew."""
FORMAT: Final = "%(asctime)s %(levelname)s %(message)s"
"""One line for everything that the engine does."""
OK, FAILED = 0, 1
"""Exit codes."""


def owner_name() -> str:
    """A name that no other engine has: host, process id, and chance for when ids come round."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"


class EngineProcess:
    """An engine that this process started. It ends with us: it reads its standard input, which closes when we go."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def give_secrets(self, command_id: str, values: Mapping[str, Secret]) -> None:
        """Hand over the values of a launch's secret variables, through its standard input: they touch no file.

        Raises:
            UsageError: the engine has ended.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(write_line(command_id, dict(values)))
            self._process.stdin.flush()
        except OSError:
            raise UsageError("the engine has ended", hint="start Lineside again") from None

    def stop(self) -> None:
        """End it, in less than a second."""
        if self._process.stdin is not None:
            with contextlib.suppress(OSError):  # it may have ended, and its end of the pipe with it
                self._process.stdin.close()
        try:
            self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(REAP)


def spawn(
    config: Path | None,
    *,
    place: Place | None = None,
    engine: bool = True,
    owner: str = "",
    stderr: IO[bytes] | None = None,
    env: Mapping[str, str] | None = None,
) -> EngineProcess:
    """Start an engine that ends with this process, and beside it the mirror of a team's store.

    Args:
        config: the configuration file; None for what can be found out from the current folder.
        place: where records and logs are; the configuration's by default. Its URL goes to the process by its
            environment, which only we can read, never by its arguments.
        engine: False for the mirror alone.
        owner: its name; a new one by default.
        stderr: where it tells what it does; the file `engine.log` in the folder for user state by default.
        env: its environment; ours by default.
    """
    root = str(Path(data.__file__).resolve().parent.parent)
    variables = dict(os.environ if env is None else env)
    variables["PYTHONPATH"] = os.pathsep.join(filter(None, (root, variables.get("PYTHONPATH", ""))))
    variables.pop(STORE_URL, None)
    command = [sys.executable, "-m", "data.engine", "--parent"]
    command += ["--config", str(config)] if config is not None else []
    if place is not None:
        command += ["--store", str(place.file), "--logs", str(place.logs), "--shown", place.shown]
        if place.url:
            variables[STORE_URL] = place.url
            command += ["--mirror"]
    command += [] if engine else ["--no-engine"]
    command += ["--owner", owner] if owner else []
    told = stderr or _log_file(env)
    try:
        return EngineProcess(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=told, env=variables)
        )
    finally:
        if stderr is None:
            told.close()


def _log_file(env: Mapping[str, str] | None) -> IO[bytes]:
    """The engine's own log, begun anew when it has grown; nowhere where it cannot be written."""
    try:
        path = ensure(state_dir(env)) / LOG_FILE
        grown = path.exists() and path.stat().st_size > MAX_LOG
        return open(path, "wb" if grown else "ab", opener=_privately)
    except (OSError, ConfigError):
        return open(os.devnull, "wb")


def _privately(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run an engine until SIGTERM, SIGINT or, with `--parent`, the end of standard input; returns the exit code."""
    given = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format=FORMAT)
    # Taken out, so that no process that we start can read it.
    url = os.environ.pop(STORE_URL, "")
    try:
        run_to_end(_serve(given, url))
    except LinesideError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED
    except KeyboardInterrupt:
        return OK
    return OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m data.engine", description="Keep a store equal to its servers.")
    parser.add_argument("--config", type=Path, help="configuration file")
    parser.add_argument("--store", type=Path, help="SQLite file; default is the configuration's")
    parser.add_argument("--logs", type=Path, help="folder of job logs; default is beside the file")
    parser.add_argument("--shown", default="", help="what to call the store")
    parser.add_argument("--owner", default="", help="name of this engine in the store")
    parser.add_argument("--parent", action="store_true", help="end when standard input closes")
    parser.add_argument("--mirror", action="store_true", help=f"mirror the team's store at ${STORE_URL} in the file")
    parser.add_argument("--no-engine", action="store_true", help="mirror only")
    return parser


def run_to_end(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` on an event loop of its own and wait for no thread, as `asyncio.run` does; `leave` is to follow."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        loop.run_until_complete(work)
    finally:
        asyncio.set_event_loop(None)
        loop.close()


def leave(code: int) -> None:
    """End the process at once: a thread that waits for a network must not hold it up."""
    logging.shutdown()
    sys.stderr.flush()
    os._exit(code)


def _settings(config: Path | None) -> Settings:
    from data.engine.here import settings_here

    if config is not None:
        return load(config)
    found = settings_here(None, Path.cwd())
    if found is None:
        raise UsageError("there is no configuration", hint="name one with --config; `lineside config init` writes one")
    return found[0]


async def _serve(given: argparse.Namespace, url: str) -> None:
    from data.engine.serving import Service

    settings = _settings(given.config)
    service = Service(
        settings,
        _place(given, url, settings),
        given.owner or owner_name(),
        engine=not given.no_engine,
        mirror=given.mirror,
    )
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, service.stop)
    if given.parent:
        threading.Thread(target=_follow_parent, args=(loop, service), daemon=True).start()
    await service.run()


def _place(given: argparse.Namespace, url: str, settings: Settings) -> Place:
    """Where records and logs are: as whoever started us says, else as the configuration does."""
    from data.store.place import Place, place_of

    if url and given.store is not None:
        return Place(url, given.store, given.logs or given.store.parent / LOG_FOLDER, given.shown)
    place = place_of(settings, url or given.store)
    return place._replace(logs=given.logs) if given.logs is not None else place


def _follow_parent(loop: asyncio.AbstractEventLoop, service: Service) -> None:
    """Read standard input: secrets for launches, and its end, which is the end of whoever started us."""
    with os.fdopen(os.dup(0), "rb") as pipe:
        for line in pipe:
            if (found := read_line(line)) is not None:
                loop.call_soon_threadsafe(service.give_secrets, *found)
    loop.call_soon_threadsafe(service.stop)
