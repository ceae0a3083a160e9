"""Which groups of a list have changed: so that a change costs as much as they are big, and not the whole list.

Where a run was before it changed is known for those in sight only. So all groups are read from time to time, too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    from data.model.base import Record
    from data.store.port import Store
    from tui.groups import GroupRows

R = TypeVar("R", bound="Record")

RUNS: Final = 1_000
"""Runs that changed at once; with more, all groups are read anew."""
GROUPS: Final = 50
"""Groups that are read anew by themselves."""
WHOLE: Final = 30.0
"""Seconds after which all groups are read again, where some were read by themselves since."""


class Regrouping:
    """What is known of the groups' changes."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._values: set[str] = set()
        self._all = True
        self._unsure = False
        self._read_at = -math.inf
        self.cost = 0.0
        """Seconds that reading some groups took last."""

    @property
    def suffices(self) -> bool:
        """Whether reading those groups anew that changed is enough."""
        return bool(self._values) and not self._all and not self.is_due

    @property
    def is_due(self) -> bool:
        """Whether all groups have to be read, even where nothing changes any more."""
        return self._unsure and self._clock() > self._read_at + WHOLE

    def begin(self) -> None:
        """All groups are about to be read: what changes from now on counts."""
        self._values.clear()
        self._all = self._unsure = False
        self._read_at = self._clock()

    async def note(
        self, store: Store, kind: type[Record], field: str, put: Collection[str], before: Iterable[str]
    ) -> None:
        """These runs have changed; `before` are values of the groups in which some were until now."""
        if not self._all and len(put) <= RUNS:
            self._values |= {*before, *await store.tally(kind, field, where={"id": sorted(put)})}
        self._all = self._all or len(put) > RUNS or len(self._values) > GROUPS

    async def renewed(self, rows: GroupRows[Any]) -> GroupRows[Any]:
        """The rows with the groups that changed read anew."""
        began = self._clock()
        values, self._values, self._unsure = frozenset(self._values), set(), True
        try:
            return await rows.renewed(values)
        except BaseException:  # whatever kept it from being read, it is still to be
            self._values |= values
            raise
        finally:
            self.cost = self._clock() - began
