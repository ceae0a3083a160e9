"""Pagination by offset and by keyset, and where totals are missing."""

from __future__ import annotations

from collections.abc import Callable

from tests.simulator.conftest import Bench


def test_offset_pages_have_gitlabs_headers(bench: Bench) -> None:
    first = bench.get("/projects", params={"per_page": 2})
    wanted = {
        "X-Page": "1",
        "X-Per-Page": "2",
        "X-Next-Page": "2",
        "X-Prev-Page": "",
        "X-Total": "6",
        "X-Total-Pages": "3",
    }
    assert {name: first.headers[name] for name in wanted} == wanted
    assert set(first.links) == {"next", "first", "last"}
    last = bench.get("/projects", params={"per_page": 2, "page": 3})
    assert (last.headers["X-Next-Page"], last.headers["X-Prev-Page"], set(last.links)) == (
        "",
        "2",
        {"prev", "first", "last"},
    )
    assert bench.get("/projects", params={"page": 9}).json() == []
    assert bench.get("/projects", params={"per_page": 1000}).headers["X-Per-Page"] == "100"
    assert bench.get("/projects", params={"per_page": "x"}).json() == {"error": "per_page is invalid"}
    iterator = bench.gl.projects.list(iterator=True, per_page=2)
    assert iterator.total == 6 and len({row.id for row in iterator}) == 6


def test_links_lead_to_every_row_once_and_keep_the_filters(bench: Bench) -> None:
    project = bench.project()
    for _ in range(5):
        bench.pipeline(project, ref="develop")
    answer = bench.get(f"/projects/{project.id}/pipelines", params={"per_page": 2, "ref": "develop"})
    ids = [row["id"] for row in answer.json()]
    while "next" in answer.links:
        url = answer.links["next"]["url"]
        assert "ref=develop" in url
        answer = bench.session.get(url, headers={"PRIVATE-TOKEN": bench.simulator.tokens["maintainer"]}, timeout=5)
        ids += [row["id"] for row in answer.json()]
    assert len(ids) == 5 and ids == sorted(ids, reverse=True)


def test_long_lists_have_no_totals(serve: Callable[..., Bench]) -> None:
    bench = serve(count_limit=4)
    answer = bench.get("/projects", params={"per_page": 2})
    assert "X-Total" not in answer.headers and "X-Total-Pages" not in answer.headers and "last" not in answer.links
    assert answer.headers["X-Next-Page"] == "2"
    iterator = bench.gl.projects.list(iterator=True, per_page=2)
    assert iterator.total is None and len(list(iterator)) == 6


def test_projects_by_keyset(bench: Bench) -> None:
    rows = bench.gl.projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=2)
    assert [row.id for row in rows] == [101, 102, 103, 104, 105, 106]
    first = bench.get("/projects", params={"pagination": "keyset", "order_by": "id", "per_page": 2})
    assert "X-Page" not in first.headers and set(first.links) == {"next"}
    assert "id_before=105" in first.links["next"]["url"]


def test_project_jobs_by_keyset_and_without_totals(bench: Bench) -> None:
    project = bench.project()
    bench.pipeline(project)
    path = f"/projects/{project.id}/jobs"
    assert "X-Total" not in bench.get(path).headers
    rows = project.jobs.list(iterator=True, pagination="keyset", order_by="id", sort="desc", per_page=4)
    ids = [row.id for row in rows]
    assert len(ids) == 9 and ids == sorted(ids, reverse=True)
    assert "cursor=" in bench.get(path, params={"pagination": "keyset", "per_page": 4}).links["next"]["url"]
    assert bench.get(path, params={"pagination": "keyset", "cursor": "!"}).status_code == 400


def test_keyset_is_refused_where_gitlab_has_none(bench: Bench) -> None:
    answer = bench.get(f"/projects/{bench.project().id}/pipelines", params={"pagination": "keyset"})
    assert (answer.status_code, answer.json()) == (
        405, {"error": "Keyset pagination is not yet available for this type of request"}
    )  # fmt: skip


def test_scopes_of_lists_take_several_values_only_as_an_array(bench: Bench) -> None:
    made = bench.pipeline(bench.project())
    path = f"/projects/{made.project_id}/pipelines/{made.id}/jobs"
    count = len(bench.get(path).json())
    pending = len(bench.get(path, params={"scope[]": ["pending", "created"]}).json())
    created = len(bench.get(path, params=[("scope", "pending"), ("scope", "created")]).json())
    assert count == pending > created
    assert bench.get(path, params={"scope[]": "great"}).json() == {"error": "scope does not have a valid value"}
