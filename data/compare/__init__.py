"""Runs side by side: which of their params, metrics and facts differ, and which run is best.

All of it is computed from records in memory; only `data.compare.reading` reads a store.
"""

from __future__ import annotations

from data.compare.facts import SECTIONS, Facts, Known, facts_of
from data.compare.table import Comparison, Line
from data.compare.values import Value, best, differ, number, relative

__all__ = [
    "SECTIONS", "Comparison", "Facts", "Known", "Line", "Value", "best", "differ", "facts_of", "number", "relative",
]  # fmt: skip
