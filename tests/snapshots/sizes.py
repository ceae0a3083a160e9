"""Which pictures are taken at which sizes of the terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pytest

USUAL = ((80, 24), (120, 40))
"""Columns and lines that every picture is taken at."""


def pictures(
    argument: str, names: Iterable[str], large: tuple[int, int], arranged: Collection[str]
) -> pytest.MarkDecorator:
    """Each of `names` at the usual sizes; those of `arranged`, one for each arrangement, at a large one, too."""
    cases = [(name, size) for name in names for size in (*USUAL, large) if size != large or name in arranged]
    return pytest.mark.parametrize((argument, "size"), cases, ids=_name)


def _name(value: str | tuple[int, int]) -> str:
    return value if isinstance(value, str) else "x".join(map(str, value))
