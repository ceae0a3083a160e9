"""What a team's store says of itself, for people who examine it. Nothing is made or changed in it."""

from __future__ import annotations

import time
from typing import NamedTuple

from data.model import EngineState, Lease, Record
from data.store.port import PAGE


class TeamFacts(NamedTuple):
    """A team's store as it answered.

    Attributes:
        server: program and version, such as `MongoDB 7.0.14`.
        schema: version of its documents; 0 where no Lineside has used the database yet.
        identity: tells this database from another one at the same place; empty where none has used it.
        seconds: how long one question took.
        revision: of the newest write by anybody.
        counts: documents by kind, about.
    """

    server: str
    schema: int = 0
    identity: str = ""
    seconds: float = 0.0
    revision: int = 0
    counts: tuple[tuple[type[Record], int], ...] = ()
    engines: tuple[EngineState, ...] = ()
    leases: tuple[Lease, ...] = ()


async def look(url: str, counted: tuple[type[Record], ...]) -> TeamFacts:
    """Ask a team's store.

    Raises:
        StoreError: it does not answer, does not let us in, or holds something else; the sentence says which.
    """
    from data.store.mongo import schema
    from data.store.mongo.client import connect
    from data.store.mongo.failures import as_store_errors
    from data.store.mongo.homes import home
    from data.store.mongo.store import MongoStore

    server = await connect(url)
    store = MongoStore(server, "")
    try:
        with as_store_errors(server.place):
            began = time.perf_counter()
            await server.client.admin.command("ping")
            taken = time.perf_counter() - began
            version, identity = await schema.found(server)
            homes = {kind: server.database[home(kind).collection] for kind in counted if version}
            counts = [(kind, await collection.estimated_document_count()) for kind, collection in homes.items()]
        return TeamFacts(
            f"{'FerretDB' if server.scans else 'MongoDB'} {server.version}",
            schema=version,
            identity=identity,
            seconds=taken,
            revision=await store.revision() if version else 0,
            counts=tuple(counts),
            engines=(await store.page(EngineState, limit=PAGE)).records if version else (),
            leases=(await store.page(Lease, limit=PAGE)).records if version else (),
        )
    finally:
        await store.close()
