"""The jobs of a run in columns, and who waits for whom, from their stages and `needs`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from data.model.run import JobRun, PipelineRun

COPY = re.compile(r"^(?P<base>.+?)(?: \d+/\d+|: \[.*\])$")
"""Name of a copy that `parallel` makes: `test 1/3`, `test: [linux, cpu]` (GitLab docs, ci/yaml, parallel)."""
PASSAGE = ">"
"""First letter of what stands in a column for a line that passes through it; no id begins like this."""
LONG_COLUMN = 60
"""Jobs of one column beyond which no screen has room for lines; who waits for whom is not looked at then."""
SWEEPS = 4
"""Times that the columns are put in order; more changes nothing that one sees."""


class Order(NamedTuple):
    """Jobs from left to right.

    Attributes:
        columns: ids from top to bottom, passages (`PASSAGE`) of long lines among them.
        stages: the stage of each column; it has several columns where its own jobs wait for each other.
        edges: (from, to) by id, without those that follow from others.
        steps: the edges cut into pieces between neighbouring columns, each with the edges that run through it.
    """

    columns: tuple[tuple[str, ...], ...]
    stages: tuple[str, ...]
    edges: frozenset[tuple[str, str]]
    steps: Mapping[tuple[str, str], frozenset[tuple[str, str]]]


def order_jobs(run: PipelineRun, jobs: Sequence[JobRun]) -> Order:
    """The newest attempts of the jobs of one run, without those of its children."""
    newest = sorted((job for job in jobs if not job.retried), key=lambda job: job.git_job_id)
    of_stage: dict[str, list[JobRun]] = {stage.name: [] for stage in run.stages}
    for job in newest:
        of_stage.setdefault(job.stage, []).append(job)
    crowded = any(len(mine) > LONG_COLUMN for mine in of_stage.values())
    needs = {job.id: set[str]() for job in newest} if crowded else _needs(newest)
    columns: list[list[str]] = []
    titles: list[str] = []
    for stage, mine in of_stage.items():
        ids = [job.id for job in sorted(mine, key=lambda job: (job.name, job.git_job_id))]
        for column in _levels(ids, needs):
            columns.append(column)
            titles.append(stage)
    edges = reduced(needs, columns)
    steps = cut_edges(columns, edges)
    ordered = sort_columns(columns, set(steps))
    return Order(tuple(map(tuple, ordered)), tuple(titles), frozenset(edges), steps)


def _needs(jobs: Sequence[JobRun]) -> dict[str, set[str]]:
    """Ids of the jobs that each job waits for by `needs`; the name of a parallel job stands for all its copies."""
    by_name: dict[str, set[str]] = {}
    for job in jobs:
        by_name.setdefault(job.name, set()).add(job.id)
        if copy := COPY.match(job.name):
            by_name.setdefault(copy["base"], set()).add(job.id)
    return {job.id: set().union(*(by_name.get(name, ()) for name in job.needs)) - {job.id} for job in jobs}


def _levels(ids: Sequence[str], needs: Mapping[str, set[str]]) -> list[list[str]]:
    """The jobs of one stage by how many others of it they wait for, one behind the other."""
    mine = set(ids)
    level: dict[str, int] = {}
    left = list(ids)
    number = 0
    while left:
        ready = [id_ for id_ in left if all(other in level for other in needs[id_] & mine)] or left
        for id_ in ready:
            level[id_] = number
        left = [id_ for id_ in left if id_ not in level]
        number += 1
    return [[id_ for id_ in ids if level[id_] == place] for place in range(number)]


def reduced(needs: Mapping[str, set[str]], columns: Sequence[Sequence[str]]) -> set[tuple[str, str]]:
    """The edges from left to right, without those that a longer way between the same two jobs makes superfluous.

    Sets of jobs are the bits of numbers here: thousands of jobs may each have all those of many columns before them.
    """
    place = {id_: number for number, column in enumerate(columns) for id_ in column}
    bit = {id_: 1 << number for number, id_ in enumerate(place)}
    before: dict[str, int] = {}
    edges: set[tuple[str, str]] = set()
    for column in columns:
        for id_ in column:
            direct = [other for other in needs[id_] if place[other] < place[id_]]
            behind = 0
            for other in direct:
                behind |= before[other]
            edges.update((other, id_) for other in direct if not behind & bit[other])
            for other in direct:
                behind |= bit[other]
            before[id_] = behind
    return edges


def cut_edges(
    columns: Sequence[list[str]], edges: set[tuple[str, str]]
) -> dict[tuple[str, str], frozenset[tuple[str, str]]]:
    """Pieces of the edges between neighbouring columns; the columns between get a passage for each source."""
    place = {id_: number for number, column in enumerate(columns) for id_ in column}
    near = {edge for edge in edges if place[edge[1]] == place[edge[0]] + 1}
    steps: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for source, target in sorted(edges - near):
        way = [source, *(f"{PASSAGE}{source}{PASSAGE}{at}" for at in range(place[source] + 1, place[target])), target]
        for at, id_ in enumerate(way[1:-1], place[source] + 1):
            if id_ not in columns[at]:
                columns[at].append(id_)
        for step in pairwise(way):
            steps.setdefault(step, set()).add((source, target))
    return {step: frozenset(own) for step, own in steps.items()} | {edge: frozenset((edge,)) for edge in near}


def sort_columns(columns: Sequence[Sequence[str]], edges: set[tuple[str, str]]) -> list[list[str]]:
    """The columns, each in an order in which lines cross seldom: by the mean place of the neighbours."""
    ordered = [list(column) for column in columns]
    if not edges:
        return ordered
    left: dict[str, list[str]] = {}
    right: dict[str, list[str]] = {}
    for first, second in sorted(edges):
        left.setdefault(second, []).append(first)
        right.setdefault(first, []).append(second)
    for sweep in range(SWEEPS):
        neighbours = right if sweep % 2 else left
        place = {id_: float(row) for column in ordered for row, id_ in enumerate(column)}
        for column in reversed(ordered) if sweep % 2 else ordered:
            own = {id_: _mean([place[one] for one in neighbours.get(id_, ())], place[id_]) for id_ in column}
            column.sort(key=own.__getitem__)
            place.update((id_, float(row)) for row, id_ in enumerate(column))
    return ordered


def _mean(places: Sequence[float], otherwise: float) -> float:
    return sum(places) / len(places) if places else otherwise
