"""Takes up what another tool of the plain design writes: its documents become records, as far as they tell.

Its documents stay as they are, and get Lineside's subdocument beside their own fields, so that both tools go on working
with them. What the other tool changes later is read again: `lineside.seen` tells how its part of a document was.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from bson import ObjectId
from pymongo import UpdateOne

from data.model import PipelineRun, Record, Session
from data.model.vocabulary import FINISHED
from data.store.mongo import chunks
from data.store.mongo.bulk import update
from data.store.mongo.client import Server
from data.store.mongo.foreign import SESSION, digest_of, pipelines_of, repository, run, session
from data.store.mongo.homes import OWN, REVISION, SEEN, Document, home
from data.store.mongo.leases import give_back, take
from data.store.mongo.plain import REPO_CONFIGS
from data.store.mongo.reading import get_many
from data.store.mongo.revisions import Revisions
from data.store.mongo.writing import put

LEASE: Final = "adopt"
"""Lease under which it is done."""
NEWEST: Final = 200
"""Runs of other tools that are looked at again although they have ended, newest first."""
_SECONDS: Final = 600.0
_NEW: Final[Document] = {REVISION: None, SEEN: None}
"""Documents that have not been looked at: an index knows those without a revision."""
_FOREIGN: Final[Document] = {"_id": {"$gte": ObjectId("0" * 24)}}
"""Keys that MongoDB gave: comparisons never leave the type."""
_BATCH: Final = 100
_RUNS: Final = home(PipelineRun)


async def adopt(server: Server, revisions: Revisions) -> int:
    """Take up all that is new or was changed, where no other client does; returns how many records changed."""
    owner = f"{socket.gethostname()}:{os.getpid()}:{id(server)}"
    work = await _work(server)
    if not any(work):
        return 0
    if await take(server, LEASE, owner, socket.gethostname(), _SECONDS, datetime.now(UTC)) is None:
        return 0
    try:
        configs, runs, sessions = work
        homes = await _homes(server)
        found = await _repositories(server, revisions, configs)
        for start in range(0, len(runs), _BATCH):
            found += await _runs(server, revisions, runs[start : start + _BATCH], homes)
        return found + await _sessions(server, revisions, sessions)
    finally:
        await give_back(server, LEASE, owner)


async def _work(server: Server) -> tuple[list[Any], list[Any], list[Any]]:
    """Keys of repositories, runs and sessions that are new, or not as they were when we looked last."""
    configs = [one async for one in server.database[REPO_CONFIGS].find({f"{OWN}.project_id": None})]
    people = [one async for one in server.database[home(Session).collection].find()]
    runs = server.database[_RUNS.collection]
    keys = {one["_id"]: None async for one in runs.find(_NEW, {"_id": 1})}
    lively = {_RUNS.field("status"): {"$nin": sorted(FINISHED)}, **_FOREIGN, REVISION: {"$gte": 0}}
    latest = runs.find({**_FOREIGN, REVISION: {"$gte": 0}}).sort("_id", -1).limit(NEWEST)
    for cursor in (runs.find(lively), latest):
        keys |= {one["_id"]: None async for one in cursor if _is_changed(one)}
    return (
        [one["_id"] for one in configs if _is_changed(one)],
        list(keys),
        [one["_id"] for one in people if _is_changed(one, SESSION)],
    )


def _is_changed(document: Document, names: tuple[str, ...] = ()) -> bool:
    return _own(document).get("seen") != digest_of(document, names)


def _own(document: Document) -> Document:
    own = document.get(OWN)
    return own if isinstance(own, dict) else {}


async def _homes(server: Server) -> dict[str, str]:
    """Ids of projects by the names of their pipelines, ours and those of other tools."""
    found: dict[str, str] = {}
    async for document in server.database[REPO_CONFIGS].find():
        records = repository(document)
        project_id = _own(document).get("project_id") or (records[0].id if records else "")
        if project_id:
            found |= dict.fromkeys(pipelines_of(document), str(project_id))
    return found


async def _documents(server: Server, collection: str, keys: Sequence[Any]) -> list[Document]:
    found = server.database[collection].find({"_id": {"$in": list(keys)}})
    return await found.to_list()


async def _repositories(server: Server, revisions: Revisions, keys: Sequence[Any]) -> int:
    documents = await _documents(server, REPO_CONFIGS, keys)
    found = await put(server, revisions, [record for one in documents for record in repository(one)])
    await _remember(server, REPO_CONFIGS, ((one["_id"], digest_of(one)) for one in documents))
    return found


async def _runs(server: Server, revisions: Revisions, keys: Sequence[Any], homes: dict[str, str]) -> int:
    documents = await _documents(server, _RUNS.collection, keys)
    records: list[Record] = []
    for document in documents:
        several, logs = run(document, homes)
        records += several
        for job_id, text in logs.items():
            await _keep(server, job_id, text)
    found = await put(server, revisions, records)
    await _remember(server, _RUNS.collection, ((one["_id"], digest_of(one)) for one in documents))
    return found


async def _keep(server: Server, job_id: str, text: bytes) -> None:
    """Put a whole log in the place of what there was."""
    old = await server.database[chunks.LOGS].find_one({"_id": job_id}, {"chunks": 1}) or {}
    head, new = chunks.extended(job_id, chunks.EMPTY, text)
    for one in new:
        await server.database[chunks.CHUNKS].insert_one(one.document)
    await server.database[chunks.LOGS].update_one({"_id": job_id}, {"$set": chunks.values_of(head)}, upsert=True)
    for key in old.get("chunks", []):
        await server.database[chunks.CHUNKS].delete_one({"_id": key})


async def _sessions(server: Server, revisions: Revisions, keys: Sequence[Any]) -> int:
    """Where users were. Their documents get the user's id as key: users have one session each."""
    at = home(Session)
    collection = server.database[at.collection]
    found = 0
    for document in await _documents(server, at.collection, keys):
        stored = await get_many(server, Session, [str(document.get("user_id") or "")])
        for one in session(document, next(iter(stored.values()), None)):
            if document["_id"] != one.id:
                own = {name: value for name, value in document.items() if name not in ("_id", OWN)}
                await collection.update_one({"_id": one.id}, {"$set": own}, upsert=True)
                await collection.delete_one({"_id": document["_id"]})
            found += await put(server, revisions, [one])
            await _remember(server, at.collection, [(one.id, digest_of(document, SESSION))])
    return found


async def _remember(server: Server, collection: str, seen: Iterable[tuple[Any, str]]) -> None:
    await update(server, collection, [UpdateOne({"_id": key}, {"$set": {SEEN: digest}}) for key, digest in seen])
