"""The history: how one looks at it is kept, what is new is marked, and rows come in without moving one's view."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.model import PipelineRun, View
from data.store.open import open_store
from tests.tui.stage import (
    change,
    commands,
    cursor,
    dashboard,
    fill_store,
    last_line,
    line_with,
    playing,
    press,
    running,
    settle,
    shown,
    stage,
    top,
    type_text,
)
from tests.world import FAILED_RUN, NOW, RUNNING_RUN, records
from tui.actions import user_name
from tui.look import Look
from tui.screens.runs import RunsScreen


def run_of(id_: str) -> PipelineRun:
    """A run of the fixed world."""
    return next(one for one in records() if isinstance(one, PipelineRun) and one.id == id_)


async def last_view(folder: Path) -> View:
    """How the history was left last, by the store."""
    store = await open_store(folder / "lineside.db")
    view = await store.get(View, f"{user_name()}:runs:")
    await store.close()
    assert view is not None
    return view


async def keep_view(folder: Path, look: Look, **values: object) -> None:
    """Put a view into the store, as another machine does."""
    path = await fill_store(folder)
    store = await open_store(path)
    given = {"id": f"{user_name()}:runs:", "screen": "runs", "by": user_name(), "updated": NOW, **values}
    await store.put([View(**given, **look.as_dict())])  # type: ignore[arg-type]
    await store.close()


# How one looks at it


async def test_the_list_is_as_one_left_it(tmp_path: Path) -> None:
    look = Look(filter="status:success", window="30d", sort="took", descending=True, columns=("took", "id:14", "ref"))
    async with running(await stage(tmp_path)) as pilot:
        top(pilot, RunsScreen).change_look(**look.as_dict())
        await settle(pilot, lambda: top(pilot, RunsScreen).grid.sort_column == "took")
    assert Look.of(await last_view(tmp_path)) == look
    async with running(await stage(tmp_path)) as pilot:
        screen = top(pilot, RunsScreen)
        assert screen.look() == look
        assert [column.key for column in screen.grid.columns] == ["took", "id", "ref"]
        assert screen.grid.columns[1].width == 14
        assert "/ status:success" in shown(pilot)
        assert "in the last 30d" in shown(pilot)


async def test_the_first_frame_has_the_columns_and_the_order_of_the_last_look(tmp_path: Path) -> None:
    async with running(await stage(tmp_path)) as pilot:
        top(pilot, RunsScreen).change_look(columns=("metrics.val_auc", "id"), sort="metrics.val_auc", descending=False)
        await settle(pilot, lambda: len(top(pilot, RunsScreen).grid.columns) == 2)
        before = shown(pilot).splitlines()[3:10]
    app = await stage(tmp_path)
    app._begin = lambda: None  # type: ignore[method-assign] # the store is never opened
    async with app.run_test(size=(120, 40)) as pilot:
        await pilot.pause()
        assert [line.rstrip("▁▂▃▄▅▆▇█ ") for line in shown(pilot).splitlines()[3:10]] == [
            line.rstrip("▁▂▃▄▅▆▇█ ") for line in before
        ]


async def test_without_a_snapshot_the_store_tells_how_one_left(tmp_path: Path) -> None:
    await keep_view(tmp_path, Look(filter="ref:main", columns=("id", "ref")))
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        assert screen.filter == "ref:main"
        assert [column.key for column in screen.grid.columns] == ["id", "ref"]
        assert {screen.grid.source.record(index).ref for index in range(5)} == {"main"}


async def test_a_part_of_the_history_has_the_columns_but_neither_filter_nor_window(tmp_path: Path) -> None:
    await keep_view(tmp_path, Look(filter="ref:main", window="1d", group="ref", columns=("id", "ref")))
    async with playing(tmp_path) as pilot:
        await press(pilot, "1", "j", "enter")
        screen = top(pilot, RunsScreen)
        assert screen.look() == Look(filter="project:ml/risk/fraud-detection", columns=("id", "ref"))
        await press(pilot, "S")
    kept = Look.of(await last_view(tmp_path))
    assert (kept.filter, kept.window, kept.group) == ("ref:main", "1d", "ref")


async def test_a_column_that_is_no_more_and_an_order_of_it_do_no_harm(tmp_path: Path) -> None:
    await keep_view(tmp_path, Look(sort="gone", group="gone", columns=("gone", "alsogone:5")))
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        assert [column.key for column in screen.grid.columns] == [spec.key for spec in screen.TABLE.shown]
        assert cursor(pilot) == "gitlab:1:1039"


# Windows


async def test_a_window_restricts_the_list_and_says_so(tmp_path: Path) -> None:
    old = replace(run_of("gitlab:2:159"), id="gitlab:2:7", git_pipeline_id=7, created=NOW - timedelta(days=40))
    async with playing(tmp_path, world=[*records(), old]) as pilot:
        screen = top(pilot, RunsScreen)
        everything = screen.grid.source.size
        await press(pilot, "w")
        assert "the last 30 days" in shown(pilot)
        await type_text(pilot, "30")
        await press(pilot, "enter")
        assert screen.grid.source.size == everything - 1
        assert "in the last 30d" in shown(pilot).splitlines()[2]
        await press(pilot, "w")
        await type_text(pilot, "60d")
        await press(pilot, "enter")
        assert screen.look().window == "60d"
        assert screen.grid.source.size == everything
        await press(pilot, "w")
        await type_text(pilot, "all")
        await press(pilot, "enter")
        assert screen.look().window == ""


async def test_a_window_that_is_none_is_not_offered(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        await press(pilot, "w")
        await type_text(pilot, "sometime")
        await press(pilot, "enter")
        assert "nothing is called that" in shown(pilot)
        await press(pilot, "escape")
        assert top(pilot, RunsScreen).look().window == ""


async def test_an_empty_window_says_how_to_see_more(tmp_path: Path) -> None:
    world = [one for one in records() if not isinstance(one, PipelineRun)]
    old = replace(run_of("gitlab:2:159"), created=NOW - timedelta(days=40))
    async with playing(tmp_path, world=[*world, old]) as pilot:
        top(pilot, RunsScreen).change_look(window="7d")
        await settle(pilot, lambda: "No run in the last 7d" in shown(pilot))
        assert "w reaches further back" in shown(pilot)


# What is new


@pytest.fixture
async def visited(tmp_path: Path) -> Path:
    """The store of somebody who left four minutes ago."""
    app = await stage(tmp_path)
    app._clock = lambda: NOW - timedelta(minutes=4)
    async with running(app):
        pass
    return tmp_path


async def test_what_began_or_ended_since_the_last_visit_is_marked_and_counted(visited: Path) -> None:
    async with running(await stage(visited)) as pilot:
        assert "• 5 new since 4m" in shown(pilot).splitlines()[2]
        assert line_with(pilot, " 103 ").startswith("•")
        assert line_with(pilot, " 100 ").startswith("•")
        assert not line_with(pilot, " 159 ").startswith("•")


async def test_a_row_was_seen_when_the_cursor_leaves_it_or_it_is_scrolled_away(visited: Path) -> None:
    async with running(await stage(visited), (120, 14)) as pilot:
        await press(pilot, "j", "j")
        assert "• 3 new since 4m" in shown(pilot)
        await press(pilot, "k", "k")
        assert not line_with(pilot, " 103 ").startswith("•")
        await press(pilot, "G")
        await settle(pilot, lambda: "new since" not in shown(pilot))


async def test_opening_a_run_is_looking_at_it(visited: Path) -> None:
    async with running(await stage(visited)) as pilot:
        await press(pilot, "j")
        await press(pilot, "enter", "escape")
        assert cursor(pilot) == FAILED_RUN
        assert not line_with(pilot, " 103 ").startswith("•")


async def test_backspace_without_a_filter_says_that_all_was_seen(visited: Path) -> None:
    async with running(await stage(visited)) as pilot:
        await press(pilot, "backspace")
        assert "new since" not in shown(pilot)
        assert "•" not in shown(pilot)


async def test_what_happens_while_one_looks_is_not_new(visited: Path) -> None:
    async with running(await stage(visited)) as pilot:
        fresh = replace(run_of(RUNNING_RUN), id="gitlab:1:900", git_pipeline_id=900, created=NOW)
        await change(pilot, fresh)
        await settle(pilot, lambda: " 900 " in shown(pilot))
        assert not line_with(pilot, " 900 ").startswith("•")


# Change


async def test_many_changes_list_anew_only_now_and_then(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        listed = 0
        reload = screen.reload

        async def counted() -> None:
            nonlocal listed
            listed += 1
            await reload()

        monkeypatch.setattr(screen, "reload", counted)
        old = run_of("gitlab:2:159")
        for number in range(900, 930):
            await change(pilot, replace(old, id=f"gitlab:2:{number}", git_pipeline_id=number, created=NOW))
        await settle(pilot, lambda: screen.grid.source.index_of("gitlab:2:929") is not None)
        assert listed < 30


async def test_changed_rows_that_are_out_of_sight_do_not_list_anew(tmp_path: Path) -> None:
    async with playing(tmp_path, (120, 14)) as pilot:
        screen = top(pilot, RunsScreen)
        rows = screen.grid.source
        last = screen.grid.source.size - 1
        assert screen.grid.source.record(last) is None
        await change(pilot, replace(run_of("gitlab:1:160"), status="failed"))
        await change(pilot, replace(run_of("gitlab:2:102"), triggered_by="eve"))
        await settle(pilot, lambda: screen._again is None)
        assert screen.grid.source is rows
        assert "failed" in line_with(pilot, " 160 ")
        await change(pilot, replace(run_of("gitlab:1:160"), id="gitlab:1:901", git_pipeline_id=901, created=NOW))
        await settle(pilot, lambda: screen.grid.source is not rows)


async def test_in_another_order_a_changed_run_moves_to_its_place(tmp_path: Path) -> None:
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(sort="took", descending=True)
        await settle(pilot, lambda: screen.grid.sort_column == "took")
        await change(pilot, replace(run_of("gitlab:1:157"), execution_time=9999))
        await settle(pilot, lambda: screen.grid.source.index_of("gitlab:1:157") == 0)


async def test_the_estimate_follows_when_a_like_run_ends(tmp_path: Path) -> None:
    like = [replace(run_of("gitlab:1:157"), id=f"gitlab:1:{n}", git_pipeline_id=n, execution_time=1910) for n in (1, 2)]
    world = [one for one in records() if not (isinstance(one, PipelineRun) and one.status == "success")]
    async with playing(tmp_path, world=[*world, *like]) as pilot:
        assert "~" not in line_with(pilot, " 160 "), "two like runs are too few"
        ended = replace(run_of(RUNNING_RUN), status="success", execution_time=1910, completion=NOW)
        await change(pilot, ended)
        await settle(pilot, lambda: "~30m" in line_with(pilot, " 160 "))


# Marks


async def test_a_range_reaches_over_rows_that_were_not_read_yet(tmp_path: Path) -> None:
    old = run_of("gitlab:2:159")
    many = [
        replace(old, id=f"gitlab:2:{n}", git_pipeline_id=n, created=NOW - timedelta(days=1, minutes=n))
        for n in range(1000, 1400)
    ]
    async with playing(tmp_path, world=[*records(), *many]) as pilot:
        screen = top(pilot, RunsScreen)
        await press(pilot, "g", "space", "G", "v")
        await settle(pilot, lambda: len(screen.grid.marks) == screen.grid.source.size)
        assert screen.grid.source.size > 460


async def test_compare_needs_two_runs_and_takes_them_in_the_order_of_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with playing(tmp_path) as pilot:
        opened: list[object] = []
        monkeypatch.setattr(dashboard(pilot), "open_compare", lambda kind, ids: opened.append((kind, ids)))
        await press(pilot, "c")
        assert "mark two or more runs" in last_line(pilot)
        await press(pilot, "j", "j", "space", "g", "c")
        await press(pilot, "j", "space", "c")
        assert opened == [
            (PipelineRun, ["gitlab:1:160", "gitlab:1:1039"]),
            (PipelineRun, [FAILED_RUN, "gitlab:1:160"]),
        ]


async def test_metrics_are_those_of_all_marked_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with playing(tmp_path) as pilot:
        opened: list[object] = []
        monkeypatch.setattr(dashboard(pilot), "open_metrics", lambda ids, title: opened.append((ids, title)))
        await press(pilot, "m")
        assert "no MLflow run is linked" in last_line(pilot)
        await press(pilot, "j", "m", "space", "j", "j", "space", "m")
        assert opened == [(["mlflow:run103"], "churn #103"), (["mlflow:run103", "mlflow:run100"], "2 runs")]


async def test_what_is_listed_is_exported_with_the_columns_that_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    async with playing(tmp_path) as pilot:
        screen = top(pilot, RunsScreen)
        screen.change_look(columns=("id", "stages", "ref", "metrics.val_auc"), filter="ref:main status:canceled")
        await settle(pilot, lambda: len(screen.grid.columns) == 4)
        await press(pilot, "E", "enter")
        await settle(pilot, lambda: "wrote" in last_line(pilot))
        lines = (here / "runs.csv").read_text().splitlines()
        assert lines[0] == "id,number,ref,metric.val_auc"
        assert len(lines) == screen.grid.source.size + 1
        assert lines[1].split(",")[1:3] == ["156", "main"]
        assert await commands(pilot) == []
        screen.grid.set_marks([FAILED_RUN])
        await press(pilot, "E", "ctrl+u")
        await type_text(pilot, "marked.csv")
        await press(pilot, "enter")
        await settle(pilot, lambda: (here / "marked.csv").exists() and "marked.csv" in last_line(pilot))
        assert [line.split(",")[0] for line in (here / "marked.csv").read_text().splitlines()] == ["id", FAILED_RUN]
