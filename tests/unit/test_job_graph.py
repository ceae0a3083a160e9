"""The graph of a run's jobs: columns, edges, lines, and what is drawn where there is little room."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.model import JobRun
from tests.unit.jobs import a_job, a_run
from tui.present.graph import draw_graph, rows_wanted
from tui.present.joborder import PASSAGE, Order, order_jobs
from tui.present.wires import Bundle, bundles, draw, tracks
from widgets.cells import spans_width
from widgets.glyphs import ASCII, UNICODE, use
from widgets.graph import SELECTED


@pytest.fixture(autouse=True)
def _unicode():
    use(UNICODE)
    yield
    use(None)


JOBS = [
    a_job(1, "fetch", "prepare"),
    a_job(2, "check", "prepare"),
    a_job(3, "train 1/2", "train", "fetch"),
    a_job(4, "train 2/2", "train", "fetch"),
    a_job(5, "merge", "train", "train", status="running"),
    a_job(6, "report", "deploy", "merge, check, fetch", status="created"),
]


def ordered(jobs: list[JobRun], stages: str = "") -> Order:
    return order_jobs(a_run(stages), jobs)


def named(order: Order, jobs: list[JobRun]) -> list[list[str]]:
    names = {job.id: job.name for job in jobs}
    return [[names.get(id_, ">") for id_ in column] for column in order.columns]


def picture(jobs: list[JobRun], width: int = 90, height: int = 6, selected: str = "", stages: str = "") -> list[str]:
    drawing = draw_graph(ordered(jobs, stages), {job.id: job for job in jobs}, {}, (width, height), selected)
    return ["".join(text for text, _ in row).rstrip() for row in drawing.rows]


# Columns and edges


def test_a_stage_has_as_many_columns_as_its_jobs_wait_for_each_other():
    order = ordered(JOBS)
    assert order.stages == ("prepare", "train", "train", "deploy")
    assert [sorted(column) for column in named(order, JOBS)] == [
        ["check", "fetch"],
        [">", "train 1/2", "train 2/2"],
        [">", "merge"],
        ["report"],
    ]


def test_the_name_of_a_parallel_job_means_all_its_copies_and_what_follows_is_left_out():
    names = {job.id: job.name for job in JOBS}
    assert {(names[a], names[b]) for a, b in ordered(JOBS).edges} == {
        ("fetch", "train 1/2"), ("fetch", "train 2/2"), ("train 1/2", "merge"), ("train 2/2", "merge"),
        ("merge", "report"), ("check", "report"),
    }  # fmt: skip


def test_stages_come_in_the_order_that_the_run_says_and_retried_attempts_are_left_out():
    jobs = [a_job(1, "b", "late"), a_job(2, "a", "early"), a_job(3, "a", "early", retried=True)]
    assert ordered(jobs, "early late").columns == (("g:1:job:2",), ("g:1:job:1",))


def test_a_matrix_job_is_found_by_its_base_name():
    jobs = [a_job(1, "test: [linux, cpu]", "test"), a_job(2, "ship", "ship", "test")]
    assert ordered(jobs).edges == {("g:1:job:1", "g:1:job:2")}


def test_needs_in_a_circle_and_of_jobs_that_are_not_there_do_no_harm():
    jobs = [a_job(1, "a", "x", "b, nobody"), a_job(2, "b", "x", "a"), a_job(3, "c", "x", "c")]
    assert sorted(id_ for column in ordered(jobs).columns for id_ in column) == ["g:1:job:1", "g:1:job:2", "g:1:job:3"]


def test_thousands_of_jobs_are_put_in_columns_without_lines():
    jobs = [a_job(n, f"t{n}", "test", "build") for n in range(2, 2000)] + [a_job(1, "build", "build")]
    order = ordered(jobs, "build test")
    assert [len(column) for column in order.columns] == [1, 1998]
    assert not order.edges


@given(st.integers(0, 10_000))
def test_edges_always_lead_to_the_right_and_reach_the_same_jobs_as_needs(seed):
    chance = random.Random(seed)
    jobs: list[JobRun] = []
    for number in range(chance.randint(1, 14)):
        stage = chance.randint(0, 3)
        earlier = [job.name for job in jobs if job.stage <= f"s{stage}"]
        needs = chance.sample(earlier, min(len(earlier), chance.randint(0, 3)))
        jobs.append(a_job(number + 1, f"j{number}", f"s{stage}", ",".join(needs)))
    order = ordered(jobs, "s0 s1 s2 s3")
    place = {id_: number for number, column in enumerate(order.columns) for id_ in column}
    assert all(place[b] == place[a] + 1 for a, b in order.steps)
    assert all(place[a] < place[b] for a, b in order.edges)
    ids = {job.name: job.id for job in jobs}
    wanted = _closure({(ids[need], job.id) for job in jobs for need in job.needs})
    assert _closure(set(order.edges)) == wanted


def _closure(edges: set[tuple[str, str]]) -> set[tuple[str, str]]:
    while True:
        more = {(a, d) for a, b in edges for c, d in edges if b == c} - edges
        if not more:
            return edges
        edges = edges | more


# Lines


def test_rows_with_the_same_targets_share_a_line():
    assert bundles([(0, 1), (2, 1), (3, 3)]) == [Bundle((0, 2), (1,)), Bundle((3,), (3,))]


def lines(edges: list[tuple[int, int]], height: int) -> list[str]:
    found = bundles(edges)
    track = tracks(found)
    assert track is not None
    rows = draw(found, track, max(track) + 3, height)
    return ["".join(wire.text for wire in row) for row in rows]


def test_lines_fork_and_join():
    assert lines([(0, 0), (0, 1)], 2) == ["─┬─", " ╰─"]
    assert lines([(0, 0), (1, 0)], 2) == ["─┬─", "─╯ "]
    assert lines([(0, 0), (1, 1)], 2) == ["───", "───"]


def test_a_line_that_passes_under_another_one_leaves_that_whole():
    assert lines([(0, 2), (1, 1)], 3) == ["─╮  ", "─│──", " ╰──"]


def test_a_line_does_not_seem_to_lead_up_where_another_one_comes_down():
    assert lines([(0, 0), (0, 1), (1, 1)], 2) == ["──┬─", "──╰─"]


def test_lines_that_could_not_be_told_apart_are_not_drawn():
    assert tracks(bundles([(0, 1), (1, 0)])) is None


def test_a_line_turns_off_before_another_one_enters_its_row():
    assert lines([(0, 0), (0, 1), (1, 2)], 3) == ["──┬─", "─╮╰─", " ╰──"]


def test_lines_in_ascii():
    use(ASCII)
    assert lines([(0, 0), (0, 1)], 2) == ["-+-", " +-"]


# The drawing


def test_the_whole_graph():
    assert picture(JOBS, height=5) == [
        " prepare     train                       deploy",
        " ✓ check ─────────────────────────────┬─ ◌ report",
        " ✓ fetch ─┬─ ✓ train 1/2 ─┬─ ● merge ─╯",
        "          ╰─ ✓ train 2/2 ─╯",
        "",
    ]


def test_where_lines_have_no_room_the_columns_stand_alone_with_the_urgent_jobs():
    jobs = [a_job(n, f"t{n}", "test") for n in range(1, 9)] + [a_job(9, "t9", "test", status="failed")]
    shown = picture(jobs, height=4)
    assert shown[0] == " test"
    assert shown[-1] == " + 7 more"
    assert any("✗ t9" in row for row in shown)


def test_where_columns_have_no_room_those_around_the_selected_job_are_shown():
    jobs = [a_job(n, f"quite-a-long-name-{n}", f"stage-{n}") for n in range(1, 9)]
    for job in jobs:
        drawing = draw_graph(ordered(jobs), {one.id: one for one in jobs}, {}, (60, 3), job.id)
        assert job.id in drawing.places
        assert all(spans_width(row) <= 60 for row in drawing.rows)
    assert picture(jobs, width=60, selected=jobs[-1].id)[0].startswith(" …")
    assert picture(jobs, width=60)[0].endswith("…")


def test_the_selected_job_and_those_that_touch_it_stand_out():
    drawing = draw_graph(ordered(JOBS), {job.id: job for job in JOBS}, {}, (90, 6), "g:1:job:5")
    tones = {text: tone for row in drawing.rows for text, tone in row if text.strip()}
    assert tones["merge"] == SELECTED
    assert tones["train 1/2"] == tones["report"] == "accent"
    assert tones["fetch"] == ""


def test_places_are_where_the_names_are():
    drawing = draw_graph(ordered(JOBS), {job.id: job for job in JOBS}, {}, (90, 6))
    rows = ["".join(text for text, _ in row) for row in drawing.rows]
    for job in JOBS:
        place = drawing.places[job.id]
        assert job.name in rows[place.y][place.x : place.x + place.width]
    assert not any(id_.startswith(PASSAGE) for id_ in drawing.places)


def test_a_trigger_job_tells_how_far_its_child_is():
    bridge = a_job(1, "trials", "train", bridge=True, downstream="g:1:43")
    child = a_run(id="g:1:43", job_count=9, success_count=3, failed_count=1)
    drawing = draw_graph(ordered([bridge]), {bridge.id: bridge}, {"g:1:43": child}, (60, 3))
    assert "trials ▸ 4/9" in "".join(text for text, _ in drawing.rows[1])


def test_rows_wanted_are_those_of_the_longest_column():
    assert rows_wanted(ordered(JOBS)) == 4
