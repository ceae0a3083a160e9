"""What is new since the last visit."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from data.model import PipelineRun
from data.store.open import open_store
from tests.world import NOW, records
from tui.visit import Visit

TIMES = ("created", "completion")


def run(number: int, created: datetime, completion: datetime | None = None) -> PipelineRun:
    """A run of that number, made and ended at these times."""
    like = next(one for one in records() if isinstance(one, PipelineRun))
    status = "running" if completion is None else "success"
    return replace(
        like, id=f"g:1:{number}", git_pipeline_id=number, created=created, completion=completion, status=status
    )


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


OLD = run(1, ago(9), ago(8))
ENDED = run(2, ago(9), ago(1))
BEGAN = run(3, ago(2))
BOTH = run(4, ago(2), ago(1))
LATER = run(5, NOW + timedelta(seconds=1))


def test_new_is_what_began_or_ended_between_leaving_and_coming_back() -> None:
    visit = Visit(ago(3), NOW, TIMES)
    assert [visit.is_new(one) for one in (OLD, ENDED, BEGAN, BOTH, LATER)] == [False, True, True, True, False]


def test_nothing_is_new_to_who_was_never_here() -> None:
    visit = Visit(None, NOW, TIMES)
    visit.notice(BEGAN)
    assert not visit.fresh
    assert visit.cell(NOW).text == ""


async def test_each_new_one_counts_once_until_it_was_looked_at(tmp_path: Path) -> None:
    store = await open_store(tmp_path / "lineside.db")
    await store.put([OLD, ENDED, BEGAN, BOTH, LATER])
    visit = Visit(ago(3), NOW, TIMES)
    await visit.count(store, PipelineRun, {})
    assert visit.total == 3
    assert visit.cell(NOW).text.endswith("3 new since 3h")
    visit.notice(ENDED)
    visit.notice(BEGAN)
    visit.notice(OLD)
    assert visit.fresh == {ENDED.id, BEGAN.id}
    assert not visit.see([OLD.id])
    assert visit.see([ENDED.id, OLD.id])
    assert visit.fresh == {BEGAN.id}
    assert visit.cell(NOW).text.endswith("2 new since 3h")
    visit.notice(ENDED)
    assert visit.fresh == {BEGAN.id}, "what was looked at stays so"
    visit.see_all()
    assert (visit.fresh, visit.cell(NOW).text) == (set(), "")
    await visit.count(store, PipelineRun, {"status": "success"})
    assert visit.total == 0
    await store.close()
