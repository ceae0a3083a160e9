"""Headers of groups: what they say, and how they fit their line."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from data.model import Project
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


def test_numbers_of_a_first_look_are_told_as_such() -> None:
    headers: Headers[Any] = Headers(*REF, "val_auc", lambda: Scene(NOW), lambda _: ("✓", "success"))
    assert " 1204+ runs " in headers.cell(group(), 118, unfolded=False, exact=False).text


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


PIPELINE = ("pipeline_id", "pipeline")
PROJECTS = {
    "g:1": Project(id="g:1", name="churn", path="ml/churn", connection="g"),
    "g:2": Project(id="g:2", name="churn", path="other-team/machine-learning/churn", connection="g"),
    "g:1:e": Project(id="g:1:e", name="odd", connection="g"),
}


@pytest.mark.parametrize(
    ("id_", "name"),
    [
        ("g:1:train", "ml/churn › train"),
        ("g:1:train:fast", "ml/churn › train:fast"),
        ("g:2:train", "other-team/machine-learning/churn › train"),
        ("g:1:e:train", "odd › train"),
        ("g:3:train", "g:3:train"),
        ("train", "train"),
        ("", "no pipeline"),
    ],
)
def test_pipelines_are_called_by_their_project_and_their_name(id_: str, name: str) -> None:
    assert f"▸ {name}  " in line(group(value=id_), 160, by=PIPELINE, projects=PROJECTS)


def test_where_the_name_of_a_pipeline_is_too_long_its_end_is_kept() -> None:
    assert "…rning/churn › train " in line(group(value="g:2:train"), 80, by=PIPELINE, projects=PROJECTS)
