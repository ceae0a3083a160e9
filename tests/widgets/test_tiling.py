"""Charts share a rectangle."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from widgets.tiling import LEAST_HEIGHT, LEAST_WIDTH, tile


@given(st.integers(0, 2000), st.integers(1, 300), st.integers(1, 100))
def test_boxes_lie_inside_and_apart(count: int, width: int, height: int) -> None:
    found = tile(count, width, height)
    assert len(found.boxes) == found.page > 0
    taken = set()
    for box in found.boxes:
        assert box.width > 0
        assert box.height > 0
        assert box.x + box.width <= max(width, found.columns)
        assert box.y + box.height <= height
        cells = {(x, y) for x in range(box.x, box.x + box.width) for y in (box.y, box.y + box.height - 1)}
        assert not cells & taken
        taken |= cells
    if width >= LEAST_WIDTH and height >= LEAST_HEIGHT:
        assert all(box.width >= LEAST_WIDTH and box.height >= LEAST_HEIGHT for box in found.boxes)


@pytest.mark.parametrize(
    ("count", "width", "height", "shape"),
    [
        (1, 160, 40, (1, 1)),
        (2, 160, 40, (1, 2)),
        (4, 160, 40, (2, 2)),
        (12, 160, 41, (3, 4)),
        (40, 160, 41, (4, 4)),
        (3, 80, 20, (2, 2)),
        (9, 80, 20, (2, 2)),
        (9, 36, 10, (1, 1)),
    ],
)
def test_shapes(count: int, width: int, height: int, shape: tuple[int, int]) -> None:
    found = tile(count, width, height)
    assert (found.columns, found.rows) == shape
