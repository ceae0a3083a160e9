"""Finds rows in order, and decides how: walk the order and look at each row, or collect what fits and sort that.

Which is faster depends on how many rows fit, and no statistics tell: a filter may fit a handful or nearly all, and text
is anything. So the indexes are asked to count, up to a limit. Few rows are collected. Where many fit, a screenful comes
soon while walking; where it does not (what fits may lie far down the order), the walk ends and they are collected.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple, cast

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, func, select

from data.query import Measure
from data.query.fields import entry
from data.store.port import Sort
from data.store.sqlite import entries, order, predicate
from data.store.sqlite.conditions import Condition, Fewest, clauses, fewest
from data.store.sqlite.order import Part, Token
from data.store.sqlite.predicate import Clause
from data.store.sqlite.tables import Home, indexed_fields

FEW: Final = 16_000
"""Rows that are collected and sorted without more ado: some 30 ms."""
WALKED: Final = 8_000
"""Rows of the order that are looked at before those that fit are collected: some 30 ms."""
SPREAD: Final = 10
"""As many for each row that is asked for, where that is more."""
MANY: Final = 300_000
"""Rows that are collected where all are wanted, or where walking did not help."""
MOST: Final = 2_000_000
"""The same where the order is one of metrics: it leads to and fro through the rows, so that walking takes long."""
LISTED: Final = 50_000
"""Rows of which the keys are read at a time where all are wanted: it takes the interpreter lock for a millisecond."""
_ALL: Final = -1
"""SQLite's limit that is none."""


class Top(NamedTuple):
    """`n` of the first rows; `complete` says that there are no more."""

    numbers: list[int]
    complete: bool


class Seek:
    """The rows of a kind that fulfil some conditions, in an order."""

    def __init__(self, home: Home, conditions: Sequence[Condition], sort: Sort) -> None:
        """Raises `UsageError` where the kind cannot be sorted like this."""
        self._home, self._conditions, self._sort = home, conditions, sort
        self._parts = order.parts(home, sort)
        paired = {fields[0] for fields in indexed_fields(home.kind) if fields[1] == sort.field}
        self._inner = [one for one in conditions if one.column in paired]
        self._outer = [one for one in conditions if one.column not in paired]
        self._counted: dict[int, Fewest | None] = {}

    def token(self, after: str | None) -> Token | None:
        """Where a page ended.

        Raises:
            UsageError: the token is none, or one of another order.
        """
        return None if after is None else order.read_token(after, self._parts)

    def page(self, connection: Connection, limit: int, after: Token | None) -> list[tuple[int, Token]]:
        """The first `limit` rows behind `after`: `n`, and where the row stands."""
        found: list[tuple[int, Token]] = []
        for number in range(after.part if after else 0, len(self._parts)):
            part = self._parts[number]
            behind = [order.behind(part, after.values)] if after and after.part == number else []
            need = limit - len(found)
            rows, ended = self._some(connection, part, need, need, behind=behind)
            found += [(row[0], Token(number, tuple(row[1:]))) for row in rows]
            if not ended:
                break
        return found

    def top(self, connection: Connection, limit: int, enough: int) -> Top:
        """The first `limit` rows, or at least `enough` of them where that is quicker."""
        found: list[int] = []
        for part in self._parts:
            rows, ended = self._some(connection, part, limit - len(found), enough - len(found), bare=True)
            found += [row[0] for row in rows]
            if not ended:
                return Top(found, False)
        return Top(found, True)

    def keys(self, connection: Connection) -> Iterator[list[int]]:
        """`n` of all rows in order, some at a time: so that they are never in memory twice.

        SQLite puts them together as JSON, so that the interpreter lock is not needed for each row.
        """
        for part in self._parts:
            if self._is_empty(part) or (part.misses and self._has_everybody(connection, part)):
                continue
            fewest = self._fewest(connection, part, MANY if part.source is self._home.head else MOST)
            if fewest is not None:
                yield _listed(connection, self._collected(part, fewest, [], _ALL, bare=True))
                continue
            behind: list[Clause] = []
            while numbers := _listed(connection, self._walked(part, behind, LISTED, _ALL, bare=True)):
                yield numbers
                if len(numbers) < LISTED:
                    break
                behind = [order.behind(part, self._standing(connection, part, numbers[-1]))]

    def _standing(self, connection: Connection, part: Part, n: int) -> tuple[Any, ...]:
        """The keys of a row of a part."""
        check = part.condition if part.check is None else part.check
        statement = select(*part.keys).where(part.source.c.n == n, *([] if check is None else [check]))
        return tuple(connection.execute(statement).one())

    def _some(
        self,
        connection: Connection,
        part: Part,
        need: int,
        enough: int,
        *,
        behind: Sequence[Clause] = (),
        bare: bool = False,
    ) -> tuple[Sequence[Any], bool]:
        """Rows of one part, and whether it has no more."""
        if self._is_empty(part):
            return (), True
        few, walked = max(FEW, need * SPREAD), max(WALKED, need * SPREAD)
        if self._outer or part.misses:
            need = max(1, min(need, enough))
        fewest = self._fewest(connection, part, few)
        if fewest is None and self._is_looked_at(part) and any(one.rows is not None for one in self._conditions):
            rows = connection.execute(self._walked(part, behind, need, walked, bare=bare)).all()
            if len(rows) == need:
                return rows, False
            fewest = self._fewest(connection, part, MANY)
        if fewest is not None:
            statement = self._collected(part, fewest, behind, need, bare=bare)
        else:
            statement = self._walked(part, behind, need, _ALL, bare=bare)
        rows = connection.execute(statement).all()
        return rows, len(rows) < need

    def _is_looked_at(self, part: Part) -> bool:
        """Whether rows of a part's order have to be looked at, because its index does not tell all that is asked."""
        known = self._inner if part.source is self._home.head else []
        return any(one not in known and one not in self._ranges(part) for one in self._conditions)

    def _fewest(self, connection: Connection, part: Part, limit: int) -> Fewest | None:
        """The condition that the fewest rows fulfil, where those are at most `limit`."""
        if not self._is_looked_at(part):
            return None
        if limit not in self._counted:
            self._counted[limit] = fewest(connection, self._conditions, limit)
        return self._counted[limit]

    def _walked(
        self, part: Part, behind: Sequence[Clause], need: int, bound: int, *, bare: bool = False
    ) -> Select[Any]:
        """Rows of a part, found by walking `bound` rows of the order; `bare` gives `n` only.

        SQLite reads the walk row by row as it is asked for them, in the order of the walk.
        """
        of_head = part.source is self._home.head
        kept = [part.condition] if part.condition is not None and not part.misses else []
        missing = [part.condition] if part.condition is not None and part.misses else []
        inner, outer = (self._inner, self._outer) if of_head else ([], self._conditions)
        ranges = self._ranges(part)
        outer = [one for one in outer if one not in ranges]
        compared = [clause for one in ranges for clause in self._range(part, one)]
        walk = select(*_columns(part, bare)).where(*kept, *clauses(inner), *compared, *behind)
        walk = walk.order_by(*order.directed(part, part.keys))
        if not outer:
            return walk.where(*missing).limit(need)
        met = walk.limit(bound).subquery()
        here = self._home._replace(head=cast(Table, met))
        fits = [predicate.fulfils(here, one.query) for one in outer if one.query is not None and one.of_entries]
        looked = [*missing, *clauses(one for one in outer if not one.of_entries)]
        if looked:
            head = self._home.head
            fits.append(select(1).where(head.c.n == met.c.n, *looked).exists())
        return select(*met.c).where(*fits).limit(need)

    def _collected(
        self, part: Part, fewest: Fewest, behind: Sequence[Clause], need: int, *, bare: bool = False
    ) -> Select[Any]:
        """Rows of a part that are among the fewest, sorted."""
        head, source = self._home.head, part.source
        check = part.condition if part.check is None else part.check
        looked = clauses(fewest.others)
        statement = select(*_columns(part, bare)).where(source.c.n.in_(fewest.numbers), *looked, *behind)
        if check is not None:
            statement = statement.where(check)
        if source is not head and looked:
            statement = statement.select_from(source.join(head, head.c.n == source.c.n))
        plain = [predicate.unindexed(key) for key in part.keys]
        return statement.order_by(*order.directed(part, plain)).limit(need)

    def _ranges(self, part: Part) -> list[Condition]:
        """Comparisons with what the part is sorted by: its index begins (or ends) where they hold."""
        return [one for one in self._conditions if part.holds and one.measure and self._is_sorted(one.measure)]

    def _range(self, part: Part, condition: Condition) -> list[Clause]:
        """A comparison with the part's first key."""
        if condition.measure is None:
            return []
        if part.source is not self._home.head:
            return [entries.compared(part.keys[0], condition.measure)]
        return predicate.measured(self._home, condition.measure, plain=False)

    def _is_sorted(self, measure: Measure) -> bool:
        """Whether it compares just the values by which the rows are sorted."""
        named = entry(measure.name)
        if named is not None:
            return ".".join(named) == self._sort.field
        term = self._home.kind.terms.get(measure.name)
        return term is not None and term.columns == (self._sort.field,)

    def _is_empty(self, part: Part) -> bool:
        """Whether no row can be in it: those that miss a value do not compare with anything."""
        return not part.holds and any(one.measure and self._is_sorted(one.measure) for one in self._conditions)

    def _has_everybody(self, connection: Connection, part: Part) -> bool:
        """Whether every record has the metric, param or tag that the part's rows miss."""
        values = self._home.entries
        if values is None:
            return False
        rows = select(values.values.c.n).where(values.values.c.k == entries.numbered(values, part.misses))
        counts = [select(func.count()).select_from(of.subquery()) for of in (rows, select(self._home.head.c.n))]
        having, everybody = (connection.execute(count).scalar_one() for count in counts)
        return bool(having == everybody)


def _listed(connection: Connection, statement: Select[Any]) -> list[int]:
    rows = statement.subquery()
    text = str(connection.execute(select(func.json_group_array(rows.c.n))).scalar_one())
    return msgspec.json.decode(text, type=list[int])


def _columns(part: Part, bare: bool) -> list[ColumnElement[Any]]:
    return [part.source.c.n] if bare else [part.source.c.n.label("n"), *part.keys]
