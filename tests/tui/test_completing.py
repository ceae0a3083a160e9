"""Completion of filters with what the store holds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from data.errors import StoreError
from data.model import JobRun, PipelineRun, Project, Record
from data.store.open import open_store
from data.store.port import OFFERED, Store
from tests.store.samples import project, run
from tests.tui.stage import playing, press, settle
from tui.completing import FRESH, KEPT, Completer
from tui.screens.runs import RunsScreen
from widgets.prompt import Prompt


class Shelf:
    """The two questions that completion asks a store, answered from lists and written down."""

    def __init__(self) -> None:
        self.lists: dict[tuple[type[Record], str], list[str]] = {}
        self.asked: list[tuple[str, str]] = []
        self.broken = False

    def _answer(self, kind: type[Record], name: str, contains: str, limit: int) -> list[str]:
        self.asked.append((name, contains))
        if self.broken:
            raise StoreError("the disk is gone")
        return [value for value in self.lists.get((kind, name), []) if contains.lower() in value.lower()][:limit]

    async def values(self, kind: type[Record], field: str, *, contains: str = "", limit: int = OFFERED) -> list[str]:
        """Values of a field."""
        return self._answer(kind, field, contains, limit)

    async def names(self, kind: type[Record], entries: str, *, contains: str = "", limit: int = 200) -> list[str]:
        """Names of metrics, params, tags."""
        return self._answer(kind, entries, contains, limit)


class Clock:
    """A clock that is put forward by hand."""

    now = 1000.0

    def __call__(self) -> float:
        """The time."""
        return self.now


@pytest.fixture
def shelf() -> Shelf:
    """Few branches, many users."""
    found = Shelf()
    found.lists[PipelineRun, "ref"] = ["main", "feature/x y", "fix-main"]
    found.lists[PipelineRun, "triggered_by"] = [f"user{number:04}" for number in range(1000)]
    found.lists[PipelineRun, "metrics"] = ["val_auc", "val loss"]
    found.lists[Project, "name"] = ["Churn"]
    found.lists[Project, "path"] = ["ml/churn"]
    return found


@pytest.fixture
def clock() -> Clock:
    """A clock."""
    return Clock()


@pytest.fixture
def completer(shelf: Shelf, clock: Clock) -> Completer:
    """A completer of runs."""
    return Completer(shelf, PipelineRun, clock=clock)  # type: ignore[arg-type]


async def test_what_was_read_is_offered_at_once_and_asked_once(completer: Completer, shelf: Shelf) -> None:
    assert completer.known("a ref:ma") == []
    assert await completer.learn("a ref:")
    assert completer.known("a ref:ma") == ["a ref:main", "a ref:fix-main"]
    assert not await completer.learn("a ref:ma")
    assert not await completer.learn('-ref:main,"fea')
    assert shelf.asked == [("ref", "")]
    assert completer.known('-ref:main,"fea') == ['-ref:main,"feature/x y"']


async def test_of_many_values_those_that_hold_what_is_typed_are_asked_for(completer: Completer, shelf: Shelf) -> None:
    assert await completer.learn("by:")
    assert await completer.learn("by:user09")
    assert completer.known("by:user0999") == []
    assert await completer.offers("by:user0999") == ["by:user0999"]
    assert [part for _, part in shelf.asked] == ["", "user09", "user0999"]
    assert not await completer.learn("by:USER0999")
    assert not await completer.learn("by:user0999x")


async def test_answers_age(completer: Completer, shelf: Shelf, clock: Clock) -> None:
    assert await completer.learn("ref:")
    clock.now += FRESH + 1
    assert not await completer.learn("ref:")
    shelf.lists[PipelineRun, "ref"].append("newest")
    clock.now += FRESH + 1
    assert await completer.learn("ref:")
    assert "ref:newest" in completer.known("ref:")
    assert len(shelf.asked) == 3


async def test_names_and_fields_of_other_records(completer: Completer, shelf: Shelf) -> None:
    assert await completer.offers("-metrics.val") == ["-metrics.val_auc", '-metrics."val loss"']
    assert await completer.offers("project:chu") == ["project:Churn", "project:ml/churn"]
    assert await completer.offers("tag.x") == []
    assert shelf.asked == [("metrics", "val"), ("name", "chu"), ("path", "chu"), ("tags", "x")]


async def test_values_of_params_and_tags(completer: Completer, shelf: Shelf) -> None:
    shelf.lists[PipelineRun, "params.opt"] = ["adam", "adamw", "sgd"]
    assert await completer.offers("-params.opt:ad") == ["-params.opt:adam", "-params.opt:adamw"]
    assert not await completer.learn("param.opt:adamw")
    assert shelf.asked == [("params.opt", "ad")]
    assert await completer.offers("tag.team:") == []


async def test_it_does_not_ask_where_the_store_has_nothing_to_say(shelf: Shelf) -> None:
    jobs = Completer(shelf, JobRun)  # type: ignore[arg-type]
    for text in ("", "churn", "took>", "since:", "api:x", "metric.a", "id:1", "zzz:1", "status"):
        await jobs.learn(text)
    assert shelf.asked == []
    assert "status:" in jobs.known("stat")


async def test_a_store_that_fails_offers_nothing_and_is_asked_again(completer: Completer, shelf: Shelf) -> None:
    shelf.broken = True
    assert not await completer.learn("ref:")
    shelf.broken = False
    assert await completer.learn("ref:")


async def test_what_is_kept_is_limited(completer: Completer) -> None:
    for number in range(KEPT + 20):
        await completer.learn(f"by:user{number:04}")
    assert len(completer._answers) == KEPT
    assert completer.known("by:user0000") == []


async def test_the_rest_of_the_text_stays(completer: Completer) -> None:
    assert await completer.offers("ref:ma or oom", 6) == ["ref:main or oom", "ref:fix-main or oom"]


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A store with some runs."""
    opened = await open_store(tmp_path / "lineside.db")
    await opened.put(
        [
            project(1, "Churn", "ml/churn"),
            run(
                1,
                ref="main",
                metrics={"val_auc": 0.5},
                params={"lr": "1"},
                tags={"team": "NLP"},
                labels=("weekly",),
                run_info_id="R-7",
            ),
            run(2, ref="dev", triggered_by="maría", warnings=True),
        ]
    )
    yield opened
    await opened.close()


@pytest.mark.parametrize(
    ("text", "offers"),
    [
        ("ref:", ["ref:dev", "ref:main"]),
        ("by:MAR", ["by:maría"]),
        ("project:churn", ["project:Churn", "project:ml/churn"]),
        ("metric.", ["metric.val_auc"]),
        ("param.l", ["param.lr"]),
        ("param.lr:", ["param.lr:1"]),
        ("params.lr>=", ["params.lr>=1"]),
        ("tag.team:", ["tag.team:nlp"]),
        ("tag.none:", []),
        ("label:", ["label:weekly"]),
        ("run:", ["run:R-7"]),
        ("is:", ["is:warnings"]),
    ],
)
async def test_a_store_completes(store: Store, text: str, offers: list[str]) -> None:
    assert await Completer(store, PipelineRun).offers(text) == offers


async def test_the_command_line_asks_the_store_too(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 24)) as pilot:
        await press(pilot, *":projects ref:fea")
        assert not pilot.app.screen.query_one(Prompt).ghost
        await press(pilot, "escape", *":runs ref:fea")
        await settle(pilot, lambda: pilot.app.screen.query_one(Prompt).ghost)
        await press(pilot, "tab", "enter")
        screen = pilot.app.screen
        assert isinstance(screen, RunsScreen)
        assert screen.filter == "ref:feat/long-branch-name-with-words"
