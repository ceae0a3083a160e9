"""A TCP proxy before a MongoDB server: it delays what passes, counts the commands, and can cut every connection."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

CHUNK: Final = 65_536
"""Bytes that are passed on at a time."""
HEADER: Final = 16
"""Bytes of a message's header: length, request id, answer to, kind (MongoDB wire protocol, `MsgHeader`)."""
NAME_AT: Final = 26
"""Where the first key of an `OP_MSG` begins: behind header, flags, the section's kind, the document's length and the
type of its first value. It is the command's name."""
LONGEST: Final = 32
"""Bytes that a command's name takes at most."""
HEARTBEATS: Final = frozenset({"hello", "isMaster", "ismaster", "ping"})
"""Commands by which a driver watches the server."""
STARTED: Final = 10.0
"""Seconds that the proxy has to listen."""

Watched = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Commands:
    """Counts the messages of one connection by the name of their command."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts, self._rest = counts, bytearray()

    def feed(self, data: bytes) -> None:
        """More bytes that the driver sent."""
        self._rest += data
        while len(self._rest) >= HEADER:
            length = int.from_bytes(self._rest[:4], "little")
            if len(self._rest) < length:
                return
            name = bytes(self._rest[NAME_AT : min(length, NAME_AT + LONGEST)]).partition(b"\0")[0]
            self._counts[name.decode("ascii", "replace")] += 1
            del self._rest[:length]


class Proxy:
    """Passes connections on to a port of this machine.

    Attributes:
        port: where it listens.
        delay: seconds that an answer comes later than without it: half of them on the way there, half on the way back.
        commands: what drivers asked for, by command.
    """

    def __init__(self, target: int, delay: float = 0.0) -> None:
        self.target, self.delay, self.port = target, delay, 0
        self.commands: Counter[str] = Counter()
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._open: set[asyncio.StreamWriter] = set()
        self._thread = threading.Thread(target=self._run, name="mongo-proxy", daemon=True)

    @property
    def asked(self) -> int:
        """Commands so far, without heartbeats."""
        return sum(count for name, count in list(self.commands.items()) if name not in HEARTBEATS)

    def start(self) -> None:
        """Listen, in a thread, so that it goes on whatever a test's event loop does."""
        self._thread.start()
        assert self._listening.wait(STARTED), "the proxy does not listen"

    def stop(self) -> None:
        """Cut everything and listen no more."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STARTED)

    def cut(self) -> None:
        """Cut every connection; new ones are taken."""
        self._loop.call_soon_threadsafe(self._cut)

    def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._pass_on, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()
        self._cut()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            self._open.discard(writer)
            return
        self._open.add(back)
        try:
            counting = Commands(self.commands)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pump(reader, back, counting))
                group.create_task(self._pump(there, writer, None))
        except* (OSError, asyncio.CancelledError):
            pass  # cut, or the end: whoever was connected sees it
        finally:
            for one in (writer, back):
                self._open.discard(one)
                one.transport.abort()

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, counting: Commands | None) -> None:
        """Pass bytes on, each `delay / 2` after it came, however many come meanwhile."""
        waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        passing = asyncio.create_task(self._late(waiting, sink))
        try:
            while data := await source.read(CHUNK):
                if counting is not None:
                    counting.feed(data)
                waiting.put_nowait((self._loop.time() + self.delay / 2, data))
            waiting.put_nowait((self._loop.time() + self.delay / 2, b""))
            await passing
        finally:
            passing.cancel()
            with suppress(OSError, asyncio.CancelledError):
                await passing

    async def _late(self, waiting: asyncio.Queue[tuple[float, bytes]], sink: asyncio.StreamWriter) -> None:
        while True:
            due, data = await waiting.get()
            if (left := due - self._loop.time()) > 0:
                await asyncio.sleep(left)
            if not data:
                sink.write_eof()
                return
            sink.write(data)
            await sink.drain()


@contextmanager
def proxied(target: int, delay: float = 0.0) -> Iterator[Proxy]:
    """A proxy before a port, for the block."""
    proxy = Proxy(target, delay)
    proxy.start()
    try:
        yield proxy
    finally:
        proxy.stop()
