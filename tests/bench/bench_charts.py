"""Measures the charts: `python -m tests.bench.bench_charts`.

Points come from memory, as they do from the cache. Times are those of the processor, which a busy machine does not
stretch; bytes are what a terminal gets.
"""

from __future__ import annotations

import asyncio
import math
import random
from array import array
from collections.abc import Callable, Sequence
from time import thread_time

from textual._compositor import CompositorUpdate
from textual.geometry import Region

from tests.widgets.stage import Stage
from widgets.chartgrid import ChartGrid, Line, Metric
from widgets.courses import Courses
from widgets.glyphs import UNICODE, use
from widgets.plot import View, draw_figure

SIZE = (160, 45)
SAMPLED = 2500
"""Points of a history that a server has sampled (MLflow: at most so many for a run)."""
START = 1_772_452_800_000
ROUNDS = 9


def line(number: int, count: int) -> Line:
    """A noisy falling line."""
    chance = random.Random(number)
    values = array("d", [math.exp(-4 * at / count) + 0.05 * number + chance.gauss(0, 0.02) for at in range(count)])
    return Line(f"run{number}", f"owl-{number}", number, array("q", range(count)),
                array("q", range(START, START + 1000 * count, 1000)), values, START)  # fmt: skip


def milliseconds(work: Callable[[], object], before: Callable[[], object] = lambda: None) -> str:
    """Median and worst time of some rounds."""
    taken = []
    for _ in range(ROUNDS):
        before()
        began = thread_time()
        work()
        taken.append((thread_time() - began) * 1000)
    taken.sort()
    return f"{taken[len(taken) // 2]:7.1f} ms, worst {taken[-1]:.1f}"


def one_chart() -> None:
    """Single charts, without the widget."""
    for count, runs in ((SAMPLED, 1), (SAMPLED, 20), (SAMPLED, 200), (1_000_000, 1)):
        metric = Metric("loss", tuple(line(number, count) for number in range(runs)))
        courses = Courses()
        view = View()

        def draw(metric: Metric = metric, view: View = view) -> None:
            draw_figure(courses.curves(metric, view.axis, view.scaling, view.smoothing), view, SIZE[0], SIZE[1])  # noqa: B023 - drawn at once

        def forget() -> None:
            nonlocal courses
            courses = Courses()

        print(f"{runs:4} x {count:9,} points, first   {milliseconds(draw, forget)}")
        print(f"{runs:4} x {count:9,} points, again   {milliseconds(draw)}")


async def grid_of_charts() -> None:
    """A full grid in the application."""
    grid = ChartGrid()
    app = Stage(grid)
    async with app.run_test(size=SIZE) as pilot:
        grid.focus()
        grid.show([Metric(f"metric{key:02}", tuple(line(100 * key + number, SAMPLED)._replace(colour=number)
                                                    for number in range(10))) for key in range(12)])  # fmt: skip
        await pilot.pause()
        whole = Region(0, 0, *grid.size)

        def all_of_it() -> None:
            while True:
                grid.render_lines(whole)
                if grid.drawn:
                    return

        def forget() -> None:
            grid.forget_lines()
            grid.courses.keep(())

        report("12 charts x 10 runs, all anew", milliseconds(all_of_it, forget))
        report("the same, points as before", milliseconds(all_of_it, grid.forget_lines))

        def then_draw(act: Callable[..., None], *given: int) -> Callable[[], None]:
            def both() -> None:
                act(*given)
                all_of_it()

            return both

        report("a reading line that moves", milliseconds(then_draw(grid.action_read, -1)))
        report("another scale", milliseconds(then_draw(grid.action_y_scale)))
        grid.scaling = "linear"
        report("zoom", milliseconds(then_draw(grid.action_zoom, -1)))
        grid.action_reset()
        report("smoothing", milliseconds(then_draw(grid.action_smooth)))
        grid.smoothing = 0.0
        changed = list(grid.metrics)

        def grow() -> None:
            fresh = Line(*changed[5].lines[0])
            changed[5] = changed[5]._replace(lines=(fresh, *changed[5].lines[1:]))
            grid.show(changed)
            all_of_it()

        report("new points of one run in one chart", milliseconds(grow))
        frames(app, grid)


def frames(app: Stage, grid: ChartGrid) -> None:
    """Whole frames of a reading line that moves, down to the bytes for the terminal."""
    compositor = app.screen._compositor
    taken, sizes = [], []
    for _ in range(40):
        began = thread_time()
        grid.action_read(-1)
        compositor.update_widgets({grid})
        update = compositor.render_update()
        sizes.append(len(update.render_segments(app.console).encode()) if isinstance(update, CompositorUpdate) else 0)
        taken.append((thread_time() - began) * 1000)
    taken.sort()
    report("the same as a frame", f"{taken[20]:7.1f} ms, worst {taken[-1]:.1f}, {sorted(sizes)[20]:,} bytes")


def report(what: str, took: str) -> None:
    """One line."""
    print(f"{what:42} {took}")


def main(parts: Sequence[Callable[[], None]] = (one_chart, lambda: asyncio.run(grid_of_charts()))) -> None:
    """All of it."""
    use(UNICODE)
    for part in parts:
        part()


if __name__ == "__main__":
    main()
