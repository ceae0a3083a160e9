"""A drawing of boxes and lines that takes clicks."""

from __future__ import annotations

from tests.widgets.stage import Stage, texts, until
from widgets.graph import Drawing, Graph, Place

ROWS = ((("train", ""), (" ─── ", "dim"), ("deploy", "selected")), (("load", ""),))
DRAWING = Drawing(ROWS, {"train": Place(0, 0, 5), "deploy": Place(10, 0, 6), "load": Place(0, 1, 4)})


async def test_another_drawing_takes_the_place_of_the_first_one() -> None:
    graph = Graph()
    graph.styles.height = 2
    async with Stage(graph).run_test(size=(40, 6)) as pilot:
        graph.show(DRAWING)
        await pilot.pause()
        assert texts(graph, range(3)) == ["train ─── deploy", "load", ""]
        graph.show(Drawing((ROWS[1],), {}))
        await pilot.pause()
        assert texts(graph, range(3)) == ["load", "", ""]


async def test_a_click_on_a_box_tells_which_and_one_beside_nothing() -> None:
    graph = Graph()
    graph.styles.height = 2
    app = Stage(graph)
    async with app.run_test(size=(40, 6), message_hook=app.hear) as pilot:
        graph.show(DRAWING)
        await pilot.pause()
        await pilot.click(graph, offset=(7, 0))
        await pilot.click(graph, offset=(11, 0))
        await until(pilot, lambda: app.of(Graph.Picked))
        assert [message.key for message in app.of(Graph.Picked)] == ["deploy"]
