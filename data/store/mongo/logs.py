"""The bytes of job logs in MongoDB, in compressed chunks: a document ends at 16 MB, a log does not."""

from __future__ import annotations

import zlib
from typing import Final

from bson.binary import Binary
from pymongo.errors import DuplicateKeyError

from data.model import JobRun, PipelineRun
from data.store.logs import LogChanged
from data.store.mongo.client import Server
from data.store.mongo.failures import as_store_errors
from data.store.mongo.homes import Document, home
from data.store.mongo.plain import is_foreign, job_path

COLLECTION: Final = "job_logs"
CHUNK: Final = 256 * 1024
"""Bytes of a chunk before they are compressed, at most."""
TAIL: Final = 64 * 1024
"""Bytes below which the last chunk is put together with what is appended: a tail writes a few hundred at a time."""
SHOWN: Final = 8 * 1024
"""Bytes of a log's end that the document of its run holds: a document ends at 16 MB, however many jobs a run has."""
_LEVEL: Final = 6
_CODEC: Final = "zlib"
_DIGITS: Final = 15


class MongoLogs:
    """Logs of one store, with the calls of `data.store.logs.LogFiles`, to be awaited. One at a time writes a log.

    A chunk's key holds its job, the log's generation and where it begins: two writers cannot both append at one place.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._chunks = server.database[COLLECTION]

    async def size(self, job_id: str) -> int:
        """Bytes that are held of a log, 0 where there is none."""
        with as_store_errors(self._server.place):
            last = await self._last(job_id)
        return 0 if last is None else int(last["start"] + last["size"])

    async def append(self, job_id: str, offset: int, data: bytes, *, after: bytes = b"") -> int:
        """Write `data` behind what is held; returns the new size in bytes.

        Raises:
            LogChanged: `offset` is not the size of the log, or it does not end with `after`.
        """
        with as_store_errors(self._server.place):
            last = await self._last(job_id)
            held = 0 if last is None else int(last["start"] + last["size"])
            if held != offset:
                raise LogChanged(f"the log of {job_id} holds {held} bytes, not {offset}", hint="read its size again")
            if after and await self.read(job_id, offset - len(after), len(after)) != after:
                raise LogChanged(f"the log of {job_id} was begun anew", hint="read its size again")
            if last is not None and last["size"] < TAIL:
                first = TAIL - int(last["size"])
                await self._lengthen(job_id, last, data[:first])
                offset, data = offset + len(data[:first]), data[first:]
            await self._insert(job_id, offset, data)
        return offset + len(data)

    async def _lengthen(self, job_id: str, last: Document, data: bytes) -> None:
        whole = _content(last) + data
        changed = await self._chunks.update_one(
            {"_id": last["_id"], "size": last["size"]}, {"$set": {"size": len(whole), "data": _packed(whole)}}
        )
        if not changed.matched_count:
            raise _changed(job_id)

    async def _insert(self, job_id: str, offset: int, data: bytes) -> None:
        for start in range(0, len(data), CHUNK):
            part = data[start : start + CHUNK]
            document = {
                "_id": _key(job_id, offset + start),
                "job": job_id,
                "start": offset + start,
                "size": len(part),
                "codec": _CODEC,
                "data": _packed(part),
            }
            try:
                await self._chunks.insert_one(document)
            except DuplicateKeyError:
                raise LogChanged(
                    f"the log of {job_id} is written by somebody else", hint="read its size again"
                ) from None

    async def read(self, job_id: str, start: int, length: int) -> bytes:
        """Up to `length` bytes from byte `start`; fewer at the end, none where there is no log."""
        start, length = max(start, 0), max(length, 0)
        # The chunk that holds `start` begins at most one chunk before it: keys are looked up, in order.
        between = {"$gte": _key(job_id, max(start - CHUNK, 0)), "$lt": _key(job_id, start + length)}
        with as_store_errors(self._server.place):
            found = await self._chunks.find({"_id": between}).sort("_id", 1).to_list()
        parts = []
        for one in found:
            begin = int(one["start"])
            parts.append(_content(one)[max(start - begin, 0) : max(start + length - begin, 0)])
        return b"".join(parts)

    async def reset(self, job_id: str, data: bytes = b"") -> None:
        """Begin a log anew, with `data`; without, it is not there until something is appended."""
        await self.remove(job_id)
        with as_store_errors(self._server.place):
            await self._insert(job_id, 0, data)

    async def remove(self, job_id: str) -> None:
        """Drop a log."""
        with as_store_errors(self._server.place):
            await self._chunks.delete_many({"_id": {"$gte": _key(job_id, 0), "$lt": _end(job_id)}})

    async def publish(self, job: JobRun) -> None:
        """Write the end of a job's log into its run's document, for readers of the plain design."""
        if is_foreign(job.id) or job.retried:
            return
        size = await self.size(job.id)
        text = (await self.read(job.id, max(size - SHOWN, 0), SHOWN)).decode(errors="replace")
        with as_store_errors(self._server.place):
            runs = self._server.database[home(PipelineRun).collection]
            await runs.update_one({"_id": job.pipeline_run_id}, {"$set": {f"{job_path(job)}.job_logs": text}})

    async def _last(self, job_id: str) -> Document | None:
        found = self._chunks.find({"_id": {"$gte": _key(job_id, 0), "$lt": _end(job_id)}}).sort("_id", -1).limit(1)
        return next(iter(await found.to_list()), None)


def _changed(job_id: str) -> LogChanged:
    return LogChanged(f"the log of {job_id} is written by somebody else", hint="read its size again")


def _key(job_id: str, start: int) -> str:
    return f"{job_id}\n{start:0{_DIGITS}}"


def _end(job_id: str) -> str:
    return f"{job_id}\n:"  # behind every digit


def _packed(data: bytes) -> Binary:
    return Binary(zlib.compress(data, _LEVEL))


def _content(chunk: Document) -> bytes:
    return zlib.decompress(chunk["data"])
