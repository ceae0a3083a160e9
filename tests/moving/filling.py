"""Stores with something of every kind in them, and how to read all of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from data.model import RECORDS, JobRun, Record, encode
from data.store.moving.contents import MOMENTARY, MOVED, Side, held_logs, pages
from data.store.moving.sides import opened
from data.store.place import Place
from tests import world
from tests.store.samples import full, job, project, run

STILL: Final = tuple(kind for kind in RECORDS if kind not in MOMENTARY)
"""Kinds that are moved."""
LONG: Final = bytes(range(256)) * 5_000
"""A log that takes more than one piece, with every byte."""
ODD: Final = ("git lab:7:job:1", "plain", "@mongo:0123456789abcdef01234567:job:1", "größe:1:job:2")
"""Ids of jobs that files and URLs do not spell like that."""


def everything() -> list[Record]:
    """Records of every kind, those of the tests' world among them, none of them at odds with a later one."""
    made: list[Record] = [full(kind, number) for kind in STILL for number in (1, 2, 3)]
    odd = [JobRun(id=id_, pipeline_run_id="r", project_id="p", connection=id_.split(":")[0], git_project_id=1,
                  git_job_id=1, name="odd") for id_ in ODD]  # fmt: skip
    return [*world.records(), *made, *odd]


def logs() -> dict[str, bytes]:
    """Logs by the ids of their jobs."""
    return {world.FAILED_JOB: world.LOG, "JobRun:1": LONG, **{id_: f"log of {id_}\n".encode() for id_ in ODD}}


def many(count: int) -> list[Record]:
    """So many runs, each with a job."""
    found: list[Record] = [project(1, "churn", "ml/churn")]
    for number in range(1, count + 1):
        found += [run(number, commit_title=f"Take {number}"), job(number, number)]
    return found


async def fill(place: Place, records: Iterable[Record], held: Mapping[str, bytes] | None = None) -> None:
    """Put records and logs into a store, which is made where there is none."""
    async with opened(place, new=True) as side:
        await side.store.put(list(records))
        for job_id, data in (held or {}).items():
            side.logs.append(job_id, side.logs.size(job_id), data)


async def contents(place: Place) -> dict[tuple[str, str], bytes]:
    """All records that are moved as JSON, by type and id, and all logs."""
    async with opened(place) as side:
        return await contents_of(side)


async def contents_of(side: Side) -> dict[tuple[str, str], bytes]:
    """The same of a store that is open."""
    found: dict[tuple[str, str], bytes] = {}
    for kind in MOVED:
        async for records in pages(side.store, kind):
            found |= {(kind.__name__, record.id): encode(record) for record in records}
    for job_id, size in (await held_logs(side)).items():
        found["log", job_id] = side.logs.read(job_id, 0, size + 1)
    return found


def kinds_of(found: Mapping[tuple[str, str], bytes]) -> set[str]:
    """Names of the types that are there."""
    return {name for name, _ in found}
