"""Headers of groups: what they say, and how they fit their line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.store.port import Group
from tui.headers import Headers
from tui.table import Scene
from widgets.cells import cell_len
from widgets.glyphs import UNICODE, use

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
REF = ("ref", "ref")


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


def group(**values: Any) -> Group:
    given = {"value": "main", "count": 1204, "succeeded": 930, "failed": 70, "active": 2, "best": 0.9431}
    return Group(**{**given, "newest": NOW - timedelta(minutes=2), **values})


def line(one: Group, width: int = 118, *, by: tuple[str, str] = REF, metric: str = "val_auc", **scene: Any) -> str:
    headers: Headers[Any] = Headers(*by, metric, lambda: Scene(NOW, **scene), lambda _: ("✓", "success"))
    return headers.cell(one, width, unfolded=False).text


def test_a_header_says_how_many_how_they_went_what_is_active_and_the_best() -> None:
    words = line(group()).split()
    assert words == ["▸", "main", "1204", "runs", "93%", "●", "2", "val_auc", "0.9431", "2m"]


def test_a_group_of_one_says_how_that_one_went() -> None:
    alone = {"count": 1, "active": 0, "best": None}
    assert line(group(**alone, succeeded=1, failed=0)).split() == ["▸", "main", "1", "run", "✓", "success", "2m"]
    assert "✗ failed" in line(group(**alone, succeeded=0, failed=1))
    running = line(group(count=1, succeeded=0, failed=0, active=1, best=None))
    assert "● active" in running
    assert "%" not in running
    assert line(group(**alone, succeeded=0, failed=0)).split() == ["▸", "main", "1", "run", "2m"]


def test_what_misses_the_value_is_called_so() -> None:
    assert line(group(value="")).split()[:3] == ["▸", "no", "ref"]


@pytest.mark.parametrize("width", [10, 30, 60, 79, 119, 199])
def test_a_header_fits_its_line(width: int) -> None:
    wide = group(value="需要予測 " * 10)
    assert cell_len(line(wide, width)) <= width
    assert "需要" in line(wide, width)


def test_groups_have_the_names_that_people_know() -> None:
    sha = line(group(value="9f3c2ab177ab0129"), by=("git_commit_hash", "commit"))
    assert "9f3c2ab1 " in sha
    by = ("experiment_id", "experiment")
    assert "churn" in line(group(value="3"), by=by, experiments={"m:3": "churn"})
    assert " 4 " in line(group(value="4"), by=by, experiments={"m:3": "churn"})
    assert "fraud" in line(group(value="g:1"), by=("project_id", "project"), names={"g:1": "fraud"})
