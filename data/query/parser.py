"""Reads the text of a filter.

    alternatives = conjunction { "or" conjunction }
    conjunction  = term { [ "and" ] term }
    term         = { "-" | "not" } ( "(" alternatives ")" | text | field | comparison )

Words in quotes stand in any case.
"""

from __future__ import annotations

import difflib
import re
from typing import Final, cast

from data.errors import QueryError
from data.query.fields import ALIASES, ENTRIES, FIELDS, ME, MINE, SPANS, FieldInfo, Op, info
from data.query.reader import Reader
from data.query.tree import And, Compare, Field, Not, Or, Text, quote_name
from data.query.values import EXAMPLES

MAX_QUERY: Final = 2000
"""Longest filter in characters."""
MAX_DEPTH: Final = 20
"""Parentheses within parentheses."""

_NEGATION: Final = re.compile(r"-(?=[^\s)])|not(?=[\s()]|$)", re.IGNORECASE)
_AND: Final = re.compile(r"and(?=[\s()]|$)", re.IGNORECASE)
_OR: Final = re.compile(r"or(?=[\s()]|$)", re.IGNORECASE)
_JOINT: Final = re.compile(r"(?:and|or)(?=[\s()]|$)", re.IGNORECASE)
_END: Final = re.compile(r"\)|or(?=[\s()]|$)", re.IGNORECASE)
_OPEN: Final = re.compile(r"\(")
_CLOSE: Final = re.compile(r"\)")
_COMMA: Final = re.compile(",")
_NAME: Final = re.compile(r"([A-Za-z_]\w*)(?=:|\s*[<>=]|\s*!=)")
_ENTRY: Final = re.compile(r"(metric|param|tag)s?\.", re.IGNORECASE)
_KEY: Final = re.compile(r'[^\s"():<>=!,]+')
_OPERATOR: Final = re.compile(r":|\s*(?:>=|<=|!=|==|[<>=])\s*")

Parsed = And | Or | Not | Text | Field | Compare


def parse(text: str) -> Parsed:
    """The predicate that a filter's text means; empty text fits everything.

    Raises:
        QueryError: it cannot be read; `position` says where.
    """
    if len(text) > MAX_QUERY:
        raise QueryError(f"the filter is longer than {MAX_QUERY} characters", position=MAX_QUERY)
    parser = _Parser(text)
    return And(()) if parser.reader.at_end() else parser.whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.reader = Reader(text)
        self.depth = 0

    def whole(self) -> Parsed:
        found = self.alternatives()
        if not self.reader.at_end():
            hint = "quote text that holds a parenthesis"
            raise QueryError("`)` closes what was not opened", position=self.reader.at, hint=hint)
        return found

    def alternatives(self) -> Parsed:
        terms = [self.conjunction()]
        while self.reader.take(_OR):
            terms.append(self.conjunction())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def conjunction(self) -> Parsed:
        terms = [self.term()]
        while self.reader.take(_AND) or not (self.reader.at_end() or self.reader.sees(_END)):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def term(self) -> Parsed:
        """One term with what negates it; a second negation takes back the first."""
        negated, missing = False, "say what must match here"
        while not self.reader.at_end() and self.reader.take(_NEGATION):
            negated, missing = not negated, "say what must not match here"
        if self.reader.at_end() or self.reader.sees(_CLOSE):
            raise QueryError(missing, position=self.reader.at, hint="quote a word to look for it")
        if joint := self.reader.sees(_JOINT):
            hint = f'it joins two terms; write "{joint[0]}" to look for the word'
            raise QueryError(f"`{joint[0]}` has nothing before it", position=self.reader.at, hint=hint)
        plain = self.group() if self.reader.sees(_OPEN) else self.plain()
        self.reader.at_end()
        return Not(plain) if negated else plain

    def group(self) -> Parsed:
        opened = self.reader.at
        if self.depth == MAX_DEPTH:
            raise QueryError(f"there are more than {MAX_DEPTH} parentheses within each other", position=opened)
        self.reader.take(_OPEN)
        self.depth += 1
        found = self.alternatives()
        if not self.reader.take(_CLOSE):
            raise QueryError("the parenthesis that opens here has no end", position=opened, hint="close it with `)`")
        self.depth -= 1
        return found

    def plain(self) -> Parsed:
        reader = self.reader
        if reader.quoted_next():
            return Text(reader.quoted())
        start = reader.at
        if first := reader.take(_ENTRY):
            return self.entry(first[1].lower(), start)
        if named := reader.take(_NAME):
            return self.named(named[1], start)
        word = reader.word()
        return Field("by", (ME,)) if word.lower() == MINE else Text(word)

    # Terms that name a field

    def entry(self, first: str, start: int) -> Parsed:
        """`metric.val_auc>0.9`; without an operator it is text to look for."""
        reader = self.reader
        quoted, at = reader.quoted_next(), reader.at
        if quoted:
            key = reader.quoted()
        else:
            found = reader.take(_KEY)
            key = found[0] if found else ""
        op = reader.take(_OPERATOR)
        if op is not None and not key:
            raise QueryError(f"`{first}.` needs a name here", position=at, hint=f"write {first}.name{op[0].strip()}…")
        if op is None and quoted:
            raise QueryError("a comparison is missing here", position=reader.at, hint=f"write {first}.{key}=…")
        if op is None:
            reader.at = start
            return Text(reader.word())
        return self.compared(f"{first}.{key}", op[0].strip(), info(f"{first}.x"))

    def named(self, given: str, start: int) -> Parsed:
        reader, name = self.reader, ALIASES.get(given.lower(), given.lower())
        found = reader.take(_OPERATOR)
        op = found[0].strip() if found else ""
        if op == ":" and name in SPANS:
            field, order = SPANS[name]
            return Compare(field, order, self.operand(field, order))
        if name in FIELDS:
            return self.compared(name, op, FIELDS[name])
        if op == "=":
            reader.at = start
            return Text(reader.word())
        raise QueryError(f"there is no field `{given}`", position=start, hint=_hint(given, op))

    def compared(self, name: str, op: str, known: FieldInfo) -> Field | Compare | Not:
        if op == ":":
            return self.field(name)
        order = cast(Op, "=" if op in {"!=", "=="} else op)
        if known.type == "text" and order != "=":
            at = self.reader.text.rindex(op, 0, self.reader.at)
            raise QueryError(f"`{op}` is for numbers and times", position=at, hint=f"write {name}:value")
        compare = Compare(name, order, self.operand(name, order))
        return Not(compare) if op == "!=" else compare

    def field(self, name: str) -> Field:
        values = [self.value(name)]
        while self.reader.take(_COMMA):
            values.append(self.value(name))
        return Field(name, tuple(dict.fromkeys(values)))

    def value(self, name: str) -> str:
        at = self.reader.at
        found = self.reader.quoted() if self.reader.quoted_next() else self.reader.value()
        if not found and self.reader.at == at:
            raise QueryError(f"`{name}:` needs a value here", position=at, hint=info(name).help)
        self.check(Field(name, (found,)), at)
        return found

    def operand(self, name: str, op: Op) -> str:
        at = self.reader.at
        found = self.reader.quoted() if self.reader.quoted_next() else self.reader.word()
        if not found and self.reader.at == at:
            _, example = EXAMPLES[info(name).type]
            raise QueryError(f"`{name}{op}` needs a value here", position=at, hint=f"such as {example}")
        self.check(Compare(name, op, found), at)
        return found

    def check(self, term: Field | Compare, at: int) -> None:
        """Refuse a value that is none of the field's type, at the place where it stands."""
        try:
            term.meant()
        except QueryError as error:
            given = term.values[0] if isinstance(term, Field) else ""
            hint = f"write {quote_name(term.name)}{given}" if given.startswith(("<", ">", "=")) else error.hint
            raise QueryError(error.message, position=at, hint=hint) from None


def _hint(given: str, op: str) -> str:
    """What may have been meant by a name that is no field."""
    name = given.lower()
    if name in ENTRIES or name.removesuffix("s") in ENTRIES:
        return f"write {name.removesuffix('s')}.name{op}…"
    near = difflib.get_close_matches(name, [*FIELDS, *ALIASES, *SPANS], n=1)
    if near:
        return f"did you mean `{near[0]}{op}`?"
    if op == ":":
        return f"fields are {', '.join(FIELDS)}; quote text that holds a colon"
    return f"write metric.{given}{op}… for a metric, and quotes around text that holds `{op}`"
