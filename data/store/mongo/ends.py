"""The ends of logs, for readers of the plain design: the document of a run ends at 16 MB, however many jobs it has."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from data.errors import StoreError
from data.store.mongo import chunks
from data.store.mongo.client import Server

SHOWN: Final = 8 * 1024
"""Bytes of a log's end that the document of its run holds."""
TOGETHER: Final = 8
"""Logs that are read at the same time."""


async def ends(server: Server, job_ids: Sequence[str]) -> dict[str, str]:
    """The ends of some logs by their jobs' ids; logs that are not there, or broken, are left out."""
    found: dict[str, str] = {}
    for start in range(0, len(job_ids), TOGETHER):
        some = job_ids[start : start + TOGETHER]
        for job_id, text in zip(some, await asyncio.gather(*(_end(server, one) for one in some)), strict=True):
            if text:
                found[job_id] = text.decode(errors="replace")
    return found


async def _end(server: Server, job_id: str) -> bytes:
    document = await server.database[chunks.LOGS].find_one({"_id": job_id})
    try:
        head = chunks.head_of(job_id, document)
        parts = []
        for key in chunks.needed(head, max(head.size - SHOWN, 0), head.size):
            one = await server.database[chunks.CHUNKS].find_one({"_id": key})
            if one is None:  # the log was begun anew meanwhile, and is written again when that is complete
                return b""
            parts.append(chunks.content_of(job_id, one, head.chunk))
    except StoreError:  # broken: readers of it are told
        return b""
    return chunks.joined(head, parts, max(head.size - SHOWN, 0), head.size)
