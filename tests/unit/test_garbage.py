"""Garbage is collected in pauses, and only where the start of a program put it off."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from tui.garbage import LONG_PAUSE, THRESHOLDS, YOUNG, Garbage


class Ring:
    """Refers to itself."""

    def __init__(self) -> None:
        self.self = self


@pytest.fixture
def collected() -> Iterator[list[int]]:
    """Generations that were collected; the collector is left as it was found."""
    found: list[int] = []

    def note(phase: str, told: dict[str, int]) -> None:
        if phase == "stop":
            found.append(told["generation"])

    thresholds = gc.get_threshold()
    gc.collect()
    gc.disable()
    gc.callbacks.append(note)
    yield found
    gc.callbacks.remove(note)
    gc.set_threshold(*thresholds)
    gc.enable()


def test_it_begins_where_the_collector_rests(collected: list[int]) -> None:
    Garbage().begin()
    assert gc.isenabled()
    assert gc.get_threshold() == THRESHOLDS
    assert collected == []


def test_it_leaves_alone_a_collector_that_runs(collected: list[int]) -> None:
    gc.enable()
    before = gc.get_threshold()
    garbage = Garbage()
    garbage.begin()
    rings = [Ring() for _ in range(YOUNG + 1)]
    gc.disable()
    garbage.pause(LONG_PAUSE)
    assert gc.get_threshold() == before
    assert collected == []
    del rings


def test_a_short_pause_is_used_for_what_is_new_and_much(collected: list[int]) -> None:
    garbage = Garbage()
    garbage.begin()
    gc.disable()
    garbage.pause(1)
    assert collected == []
    rings = [Ring() for _ in range(YOUNG + 1)]
    garbage.pause(1)
    assert collected == [1]
    del rings


def test_a_long_pause_is_used_once(collected: list[int]) -> None:
    garbage = Garbage()
    garbage.begin()
    gc.disable()
    for seconds in (LONG_PAUSE, LONG_PAUSE + 1, 1, LONG_PAUSE):
        garbage.pause(seconds)
    assert collected == [2, 2]
