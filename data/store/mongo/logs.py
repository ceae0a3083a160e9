"""The bytes of job logs in MongoDB, in compressed chunks: a document ends at 16 MB, a log does not."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterable, Sequence
from typing import Any, Final

from pymongo import DeleteOne, MongoClient
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from data.errors import StoreError
from data.store.logs import LogChanged, LogUse
from data.store.mongo import chunks
from data.store.mongo.chunks import Chunk, Head
from data.store.mongo.client import FERRETDB, describe, made
from data.store.mongo.failures import as_store_errors
from data.store.mongo.homes import Document

FRESH: Final = 2.0
"""Seconds between looking at a log and writing to it, at most: a writer that slept in between must not go on."""
TRIES: Final = 5
"""How often a log is read that is begun anew while it is read."""
BATCH: Final = 1_000
"""Logs of an answer."""
TOGETHER: Final = 64
"""Chunks of a request: 8 MB where nothing can be compressed, far below the 48 MB of a message."""


class MongoLogs:
    """See `data.store.logs.LogStore`. For any number of threads; any number of processes may use the database.

    Of two that write to one log at the same time one is told `LogChanged`.

    Attributes:
        appended: bytes that this process has written so far, about.
    """

    def __init__(self, url: str) -> None:
        """Connects with the first call.

        Raises:
            StoreError: a URL that MongoDB does not know.
        """
        self.place, name = describe(url)
        self.appended = 0
        with as_store_errors(self.place):
            self._client: MongoClient[Document] = made(MongoClient, url, connect=False)
            database = self._client[name]
        self._heads: Collection[Document] = database[chunks.LOGS]
        self._chunks: Collection[Document] = database[chunks.CHUNKS]
        self._reads: Collection[Document] = database[chunks.READS]
        self._known: bool | None = None

    def close(self) -> None:
        """Let go of the connections; more calls are an error."""
        self._client.close()

    def size(self, job_id: str) -> int:
        """Bytes that are held of a log, 0 where there is none."""
        with as_store_errors(self.place):
            return int(_number(self._heads.find_one({"_id": job_id}, {"size": 1}) or {}, "size"))

    def append(self, job_id: str, offset: int, data: bytes, *, after: bytes = b"") -> int:
        """Write `data` behind what is held; returns the new size in bytes.

        Raises:
            LogChanged: `offset` is not the size of the log, or it does not end with `after`, or somebody else writes.
        """
        with as_store_errors(self.place):
            head, looked = self._head(job_id), time.monotonic()
            if head.size != offset:
                what = f"holds {head.size} bytes, not {offset}"
                raise LogChanged(f"the log of {job_id} {what}", hint="read its size again")
            if after and self._part(job_id, head, offset - len(after), offset) != after:
                raise LogChanged(f"the log of {job_id} was begun anew", hint="read its size again")
            if data:
                self._write(job_id, head, *chunks.extended(job_id, head, data), looked)
        self.appended += len(data)
        return offset + len(data)

    def read(self, job_id: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from byte `start`; fewer at the end, none where there is no log."""
        start = max(start, 0)
        with as_store_errors(self.place):
            for _ in range(TRIES):
                head = self._head(job_id)
                found = self._part(job_id, head, start, min(start + max(length, 0), head.size))
                if found is not None:
                    return found
        raise StoreError(f"the log of {job_id} is incomplete in the team store", hint="try again, or fetch it anew")

    def touch(self, job_id: str) -> None:
        """Note that somebody reads a log now. Where that cannot be written, only the order of dropping suffers."""
        with contextlib.suppress(StoreError), as_store_errors(self.place):
            self._reads.update_one({"_id": job_id}, {"$set": {"at": time.time()}}, upsert=True)

    def reset(self, job_id: str, data: bytes = b"") -> None:
        """Begin a log anew, with `data`; without, it is not there until something is appended.

        Readers have the old one until all of the new one is there.
        """
        if not data:
            self.remove(job_id)
            return
        with as_store_errors(self.place):
            try:
                old, looked = self._head(job_id), time.monotonic()
            except StoreError:
                self.remove(job_id)
                old, looked = chunks.EMPTY, time.monotonic()
            self._write(job_id, old, *chunks.extended(job_id, chunks.EMPTY._replace(turn=old.turn), data), looked)
            self._drop(old.chunks)
        self.appended += len(data)

    def remove(self, job_id: str) -> None:
        """Drop a log."""
        with as_store_errors(self.place):
            old = self._heads.find_one({"_id": job_id}, {"chunks": 1}) or {}
            self._heads.delete_one({"_id": job_id})
            self._drop([key for key in old.get("chunks") or () if isinstance(key, str)])
            if not self._scans():  # one that has no indexes would look at every chunk of every log for this
                self._chunks.delete_many(chunks.of_job(job_id))
            self._reads.delete_one({"_id": job_id})

    def discard(self, use: LogUse) -> None:
        """Drop the log that `usage` told of."""
        self.remove(use.job_id)

    def total(self) -> int:
        """Bytes of all logs."""
        return sum(use.size for use in self.usage())

    def usage(self, connections: Iterable[str] = ()) -> list[LogUse]:  # noqa: ARG002  # names are kept as they are
        """All logs that are held, in no order."""
        with as_store_errors(self.place):
            reads = {one["_id"]: _number(one, "at") for one in self._reads.find({}).batch_size(BATCH)}
            return [
                LogUse(
                    None, one["_id"], int(_number(one, "size")), max(_number(one, "written"), reads.get(one["_id"], 0))
                )
                for one in self._heads.find({}, {"size": 1, "written": 1}).batch_size(BATCH)
                if isinstance(one["_id"], str)
            ]

    def _head(self, job_id: str) -> Head:
        return chunks.head_of(job_id, self._heads.find_one({"_id": job_id}))

    def _part(self, job_id: str, head: Head, start: int, stop: int) -> bytes | None:
        """Bytes `start` to `stop`; None where chunks are missing, because the log was begun anew meanwhile."""
        if start >= stop:
            return b""
        keys = chunks.needed(head, start, stop)
        found = self._found(keys)
        if len(found) < len(keys):
            return None
        return chunks.joined(head, [chunks.content_of(job_id, found[key], head.chunk) for key in keys], start, stop)

    def _found(self, keys: Sequence[str]) -> dict[str, Document]:
        if not keys:
            return {}
        if len(keys) > 1 and not self._scans():
            several = self._chunks.find({"_id": {"$in": list(keys)}}).batch_size(TOGETHER)
            return {one["_id"]: one for one in several}
        each = (self._chunks.find_one({"_id": key}) for key in keys)
        return {one["_id"]: one for one in each if one is not None}

    def _write(self, job_id: str, old: Head, new: Head, made: Sequence[Chunk], looked: float) -> None:
        """Put `new` in the place of `old`, which was read at `looked`, all or nothing."""
        keys = [one.key for one in made]
        for start in range(0, len(made), TOGETHER):
            self._chunks.insert_many([one.document for one in made[start : start + TOGETHER]], ordered=False)
        if not self._commit(job_id, old, new, looked if not made else self._look_again(job_id, old, looked)):
            self._drop(keys)
            raise LogChanged(f"the log of {job_id} is written by somebody else", hint="read its size again")

    def _look_again(self, job_id: str, old: Head, looked: float) -> float:
        """When the log was seen as `old` last; writing many chunks takes long."""
        if not self._scans():
            return looked
        now = self._heads.find_one({"_id": job_id}, {"turn": 1})
        return time.monotonic() if (now or {}).get("turn", 0) == old.turn else 0.0

    def _commit(self, job_id: str, old: Head, new: Head, looked: float) -> bool:
        values = chunks.values_of(new, old)
        if not old.turn:
            try:
                self._heads.insert_one({"_id": job_id, **values})
            except DuplicateKeyError:
                return False
            return True
        if not self._scans():
            return self._heads.update_one({"_id": job_id, "turn": old.turn}, {"$set": values}).matched_count > 0
        # A condition beside the key would make it look at every log, and its updates are no single step anyway.
        if time.monotonic() - looked > FRESH:
            return False
        return self._heads.update_one({"_id": job_id}, {"$set": values}).matched_count > 0

    def _drop(self, keys: Sequence[str]) -> None:
        for start in range(0, len(keys), BATCH):
            operations: list[Any] = [DeleteOne({"_id": key}) for key in keys[start : start + BATCH]]
            self._chunks.bulk_write(operations, ordered=False)

    def _scans(self) -> bool:
        """Whether the server reads whole collections; asked once."""
        if self._known is None:
            self._known = FERRETDB in self._client.admin.command("buildInfo")
        return self._known


def _number(document: Document, name: str) -> float:
    value = document.get(name)
    return value if isinstance(value, int | float) else 0
