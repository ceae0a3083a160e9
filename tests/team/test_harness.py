"""The stage itself: a server that keeps what it was given through a kill, and a proxy that delays and counts."""

from __future__ import annotations

import time
from typing import Any

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.team.ferret import FerretDB
from tests.team.proxy import proxied

IMPATIENT = "serverSelectionTimeoutMS=500&socketTimeoutMS=500&connectTimeoutMS=500&retryReads=false"
DELAY = 0.1


def is_away(mongo: FerretDB) -> bool:
    """Whether it does not answer soon."""
    with MongoClient[dict[str, Any]](mongo.url("harness", options=IMPATIENT)) as client:
        try:
            client["harness"]["things"].find_one()
        except PyMongoError:
            return True
        return False


def test_a_killed_server_keeps_what_it_was_given_and_a_frozen_one_goes_on(mongo: FerretDB) -> None:
    with MongoClient[dict[str, Any]](mongo.url("harness")) as client:
        kept = client["harness"]["things"]
        kept.insert_one({"_id": 1})
        mongo.kill()
        assert is_away(mongo)
        mongo.start()
        assert kept.find_one() == {"_id": 1}
        mongo.freeze()
        try:
            assert is_away(mongo)
        finally:
            mongo.thaw()
        assert kept.find_one() == {"_id": 1}


def test_a_proxy_delays_and_counts(mongo: FerretDB) -> None:
    with proxied(mongo.port, DELAY) as proxy, MongoClient[dict[str, Any]](mongo.url("harness", proxy.port)) as client:
        kept = client["harness"]["more"]
        kept.insert_one({"_id": 1})
        before = proxy.commands.copy()
        began = time.monotonic()
        assert kept.find_one() == {"_id": 1}
        assert time.monotonic() - began >= DELAY
        kept.insert_one({"_id": 2, "text": "x" * 300_000})
        asked = proxy.commands - before
        assert (asked["find"], asked["insert"]) == (1, 1)
        assert proxy.asked == 3
        proxy.cut()
        assert kept.count_documents({}) == 2
