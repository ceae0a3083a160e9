"""The layout of logs: a document for each log with its end, and one for each full chunk before that, compressed.

    logs         _id: id of the job; size, chunk (bytes of a full one), chunks (their keys, in order), codec, tail (what
                 comes behind the last full chunk), turn (changes with every write), written (seconds since the epoch)
    log_chunks   _id: id of the job, and what tells chunks apart; data
    log_reads    _id: id of the job; at: when somebody opened it last, seconds since the epoch

Chunks never change: a write makes new ones, and counts from the moment the log's own document names them. So of two
writers one comes too late, and a reader never meets half a write. What a tail appends every second is small: it only
rewrites the end.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import zstandard
from bson import ObjectId
from bson.binary import Binary

from data.errors import StoreError
from data.store.mongo.homes import Document

LOGS: Final = "logs"
CHUNKS: Final = "log_chunks"
READS: Final = "log_reads"
CHUNK: Final = 128 * 1024
"""Bytes of a full chunk before they are compressed: what is rewritten by each line of a tail, at most."""
_CODEC: Final = "zstd"
_LEVEL: Final = 3
_BETWEEN: Final = "\n"
"""Between a job's id and what tells its chunks apart; no id holds it."""
_BEHIND: Final = "\x0b"
"""The character behind it."""


class Head(NamedTuple):
    """What the document of a log says."""

    size: int
    turn: int
    chunk: int
    chunks: tuple[str, ...]
    tail: bytes


EMPTY: Final = Head(0, 0, CHUNK, (), b"")
"""A log that is not there."""


class Chunk(NamedTuple):
    """A full chunk that is new."""

    key: str
    data: bytes

    @property
    def document(self) -> Document:
        """As it is stored."""
        return {"_id": self.key, "codec": _CODEC, "data": _packed(self.data)}


def head_of(job_id: str, document: Document | None) -> Head:
    """What the document of a log says.

    Raises:
        StoreError: it is not one that we understand.
    """
    if document is None:
        return EMPTY
    try:
        chunks = tuple(str(key) for key in document["chunks"])
        size, turn, chunk = int(document["size"]), int(document["turn"]), int(document["chunk"])
        tail = _unpacked(document, chunk)
    except (KeyError, TypeError, ValueError, zstandard.ZstdError):
        raise _broken(job_id) from None
    if chunk < 1 or size != len(chunks) * chunk + len(tail):
        raise _broken(job_id)
    return Head(size, turn, chunk, chunks, tail)


def extended(job_id: str, head: Head, data: bytes) -> tuple[Head, list[Chunk]]:
    """The log with `data` behind it, and the chunks that are full then."""
    whole = head.tail + data
    full = len(whole) - len(whole) % head.chunk
    new = [
        Chunk(f"{job_id}{_BETWEEN}{ObjectId()}", whole[start : start + head.chunk])
        for start in range(0, full, head.chunk)
    ]
    keys = (*head.chunks, *(one.key for one in new))
    return Head(head.size + len(data), head.turn + 1, head.chunk, keys, whole[full:]), new


def values_of(head: Head, before: Head = EMPTY) -> Document:
    """The fields of a log's document, without those that are as `before`."""
    values: Document = {
        "size": head.size,
        "turn": head.turn,
        "written": time.time(),
        "codec": _CODEC,
        "tail": _packed(head.tail),
    }
    if not before.turn or (head.chunk, head.chunks) != (before.chunk, before.chunks):
        values |= {"chunk": head.chunk, "chunks": list(head.chunks)}
    return values


def content_of(job_id: str, document: Document, chunk: int) -> bytes:
    """The bytes of a full chunk.

    Raises:
        StoreError: it is not one that we understand.
    """
    try:
        data = _unpacked(document, chunk, "data")
    except (KeyError, TypeError, ValueError, zstandard.ZstdError):
        raise _broken(job_id) from None
    if len(data) != chunk:
        raise _broken(job_id)
    return data


def needed(head: Head, start: int, stop: int) -> Sequence[str]:
    """Keys of the full chunks that hold bytes `start` to `stop`."""
    return head.chunks[start // head.chunk : -(-stop // head.chunk)]


def joined(head: Head, chunks: Sequence[bytes], start: int, stop: int) -> bytes:
    """Bytes `start` to `stop`, of the chunks that `needed` named and the end."""
    first = start // head.chunk * head.chunk
    parts = list(chunks)
    if stop > len(head.chunks) * head.chunk:
        first = min(first, len(head.chunks) * head.chunk)
        parts.append(head.tail)
    return b"".join(parts)[start - first : stop - first]


def of_job(job_id: str) -> Document:
    """Fits the keys of all chunks of a job, those of writes that came to nothing, too."""
    return {"_id": {"$gt": job_id + _BETWEEN, "$lt": job_id + _BEHIND}}


def _packed(data: bytes) -> Binary:
    return Binary(zstandard.ZstdCompressor(level=_LEVEL).compress(data))


def _unpacked(document: Document, most: int, name: str = "tail") -> bytes:
    data: Any = document[name]
    if document["codec"] != _CODEC or not isinstance(data, bytes):
        raise ValueError
    return zstandard.ZstdDecompressor().decompress(data, max_output_size=most) if data else b""


def _broken(job_id: str) -> StoreError:
    return StoreError(f"the log of {job_id} in the team store is broken", hint="it is fetched anew when it is dropped")
