"""The signs that the screens draw, in Unicode and in ASCII, and the sign and tone of each status.

Every sign is one cell wide. Some are of ambiguous width in East Asian terminals, therefore no layout relies on them
being next to another column without a space between.
"""

from __future__ import annotations

import locale
import os
from collections.abc import Mapping
from typing import NamedTuple


class Glyphs(NamedTuple):
    """One set of signs; each field is a string of one cell, `ramp` one string of eight cells or fewer."""

    running: str
    success: str
    failed: str
    canceled: str
    pending: str
    manual: str
    scheduled: str
    skipped: str
    warning: str
    unknown: str
    mark: str
    fresh: str
    ellipsis: str
    rule: str
    crumb: str
    ascending: str
    descending: str
    open: str
    closed: str
    bar: str
    gap: str
    check_on: str
    check_off: str
    locked: str
    wrapped: str
    ramp: str


UNICODE = Glyphs(
    running="●",
    success="✓",
    failed="✗",
    canceled="⊘",
    pending="◌",
    manual="▷",
    scheduled="◷",
    skipped="↷",
    warning="!",
    unknown="?",
    mark="◆",
    fresh="•",
    ellipsis="…",
    rule="─",
    crumb="›",
    ascending="▴",
    descending="▾",
    open="▾",
    closed="▸",
    bar="│",
    gap="╳",
    check_on="■",
    check_off="□",
    locked="≡",
    wrapped="↳",
    ramp="▁▂▃▄▅▆▇█",
)
"""For terminals that draw Unicode."""

ASCII = Glyphs(
    running="*",
    success="+",
    failed="x",
    canceled="/",
    pending="o",
    manual=">",
    scheduled="@",
    skipped="~",
    warning="!",
    unknown="?",
    mark="#",
    fresh="'",
    ellipsis="~",
    rule="-",
    crumb=">",
    ascending="^",
    descending="v",
    open="v",
    closed=">",
    bar="|",
    gap="x",
    check_on="x",
    check_off=" ",
    locked="=",
    wrapped="\\",
    ramp="_.-=+*%#",
)
"""For the Linux console and for locales without UTF-8."""

STATUS: dict[str, tuple[str, str]] = {
    "created": ("pending", "pending"),
    "pending": ("pending", "pending"),
    "preparing": ("pending", "pending"),
    "waiting_for_resource": ("pending", "pending"),
    "waiting_for_callback": ("pending", "pending"),
    "queued": ("pending", "pending"),
    "sending": ("pending", "pending"),
    "running": ("running", "running"),
    "active": ("running", "running"),
    "success": ("success", "success"),
    "passed": ("success", "success"),
    "done": ("success", "success"),
    "finished": ("success", "success"),
    "ready": ("success", "success"),
    "failed": ("failed", "failed"),
    "refused": ("failed", "failed"),
    "error": ("failed", "failed"),
    "warning": ("warning", "warning"),
    "success_with_warnings": ("warning", "warning"),
    "canceled": ("canceled", "canceled"),
    "cancelled": ("canceled", "canceled"),
    "canceling": ("canceled", "canceled"),
    "killed": ("canceled", "canceled"),
    "manual": ("manual", "manual"),
    "scheduled": ("scheduled", "pending"),
    "skipped": ("skipped", "dim"),
}
"""Status in lower case -> (field of `Glyphs`, tone). GitLab docs, api/jobs and api/pipelines; MLflow RunStatus."""


def choose(environ: Mapping[str, str], encoding: str) -> Glyphs:
    """The set that fits a terminal: ASCII for TERM=linux, for the C locale and for an encoding other than UTF-8."""
    term = environ.get("TERM", "")
    if term in {"linux", "dumb"}:
        return ASCII
    name = environ.get("LC_ALL") or environ.get("LC_CTYPE") or environ.get("LANG") or ""
    if name in {"C", "POSIX"}:
        return ASCII
    return UNICODE if encoding.lower().replace("-", "") == "utf8" else ASCII


class _Current:
    """Holds the set in use; chosen at the first question, so that importing this module reads no environment."""

    chosen: Glyphs | None = None


def glyphs() -> Glyphs:
    """The set in use."""
    if _Current.chosen is None:
        _Current.chosen = choose(os.environ, locale.getencoding())
    return _Current.chosen


def use(chosen: Glyphs | None) -> None:
    """Use `chosen` from now on; None chooses anew from the environment."""
    _Current.chosen = chosen


def status_glyph(status: str) -> str:
    """One cell for a status of GitLab, MLflow or Lineside; `?` for one that is not known."""
    name, _ = STATUS.get(_normal(status), ("unknown", ""))
    return str(getattr(glyphs(), name))


def status_tone(status: str) -> str:
    """The tone (see `widgets.cells`) of a status; "" for one that is not known."""
    return STATUS.get(_normal(status), ("", ""))[1]


def _normal(status: str) -> str:
    return status.lower().replace("-", "_")
