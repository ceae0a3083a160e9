"""Rows of cells from the segments that Textual draws. Nothing that a terminal obeys gets into a cell.

A cell has the text that is drawn in it, one character or a whole cluster, and a pen. A character that takes two cells
is in the first, the second is empty. Widths are those of Rich, by which Textual lays out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import NamedTuple

from rich.cells import split_graphemes
from rich.segment import Segment

from tui.output.pens import PLAIN, Pens

BLANK = " "
REST = ""
"""Text of the second cell of a wide character."""

OBEYED = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""Control and bidirectional characters; they take no cell."""
SURROGATES = re.compile("[\ud800-\udfff]")
"""Halves of characters, which cannot be written."""

NARROW = (
    " -~\xa0-\xac\xae-\u02ff\u0370-\u0377\u037a-\u037f\u0384-\u038a\u038c\u038e-\u03a1\u03a3-\u0482\u048a-\u052f"
    "\u1e00-\u1eff\u2010-\u2027\u2030-\u205e\u2070\u2071\u2074-\u208e\u20a0-\u20bf\u2100-\u218b\u2190-\u2319"
    "\u231c-\u2328\u232b-\u23e8\u2400-\u2426\u2440-\u244a\u2460-\u25fc\u25ff-\u2613\u2701-\u2704\u2706-\u2709"
    "\u270c-\u2727\u2729-\u274b\u2756\u2758-\u2794\u2798-\u27af\u27c0-\u2b1a\u2800-\u28ff"
)
"""Characters of one cell in every terminal that is not set to East Asian widths."""
WIDE = (
    "\u3001-\u3029\u3031-\u303c\u3041-\u3096\u309b-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3"
    "\uff01-\uff60\uffe0-\uffe6"
)
"""Characters of two cells in every terminal: Chinese, Japanese, Korean."""
ALL_NARROW = re.compile(f"[{NARROW}]*")

JOINER = "\u200d"
"""Makes one of the characters around it; where none follows it would take what is drawn next (tmux)."""
REGIONAL = re.compile("[\U0001f1e6-\U0001f1ff]")
"""Half of a flag."""


class Row(NamedTuple):
    """Cells next to each other. The lists are shared: nobody changes them."""

    chars: list[str]
    pens: list[int]
    wide: bool
    """Whether a character may take two cells."""
    odd: bool
    """Whether some characters may not be as wide in the terminal as they are here."""


def blank(width: int, pen: int = PLAIN) -> Row:
    """`width` blanks in one pen, as erasing leaves them."""
    return Row([BLANK] * width, [pen] * width, False, False)


@cache
def _certain() -> re.Pattern[str]:
    return re.compile(f"[{NARROW}{WIDE}]?")  # compiled when odd characters come: it takes a millisecond of the start


def is_certain(text: str) -> bool:
    """Whether all terminals agree how wide the text of a cell is."""
    return _certain().fullmatch(text) is not None


def cells(segments: Iterable[Segment], pens: Pens) -> Row:
    """The cells that segments take. Control segments take none."""
    chars: list[str] = []
    numbers: list[int] = []
    wide = odd = False
    for text, style, control in segments:
        if control or not text:
            continue
        number = pens.number(style)
        if (text.isascii() and text.isprintable()) or ALL_NARROW.fullmatch(text):
            chars += text
            numbers += [number] * len(text)
            continue
        wide = True
        start, found, uncertain = _clusters(text)
        if start and chars:
            _lengthen(chars, start)
        odd = odd or uncertain
        chars += found
        numbers += [number] * len(found)
    return Row(chars, numbers, wide, odd)


@lru_cache(maxsize=1024)
def _clusters(text: str) -> tuple[str, list[str], bool]:
    """What belongs to the cell before a text, the cells of the text, and whether their widths are uncertain."""
    text = SURROGATES.sub("?", OBEYED.sub("", text))
    found: list[str] = []
    before = ""
    for start, end, width in split_graphemes(text)[0]:
        cluster = text[start:end].rstrip(JOINER)
        if not width:
            if found:
                _lengthen(found, cluster)
            else:
                before += cluster
        elif REGIONAL.fullmatch(cluster) and found and REGIONAL.fullmatch(found[-1]):
            found[-1] += cluster
            found += [REST] * width
        else:
            found.append(cluster)
            found += [REST] * (width - 1)
    return before, found, bool(before) or not all(map(is_certain, found))


def _lengthen(chars: list[str], text: str) -> None:
    """Put characters that take no cell to the last character."""
    at = len(chars) - 1
    while at and chars[at] == REST:
        at -= 1
    chars[at] += text


def fitted(row: Row, width: int) -> Row:
    """A row exactly `width` cells wide; a wide character that does not fit becomes a blank."""
    chars, pens, wide, odd = row
    missing = width - len(chars)
    if missing == 0:
        return row
    if missing > 0:
        return Row(chars + [BLANK] * missing, pens + [PLAIN] * missing, wide, odd)
    chars = chars[: width + 1]
    _blank_cluster(chars, width)
    return Row(chars[:width], pens[:width], wide, odd)


def laid_over(row: Row, x: int, piece: Row) -> Row:
    """`row` with `piece` from column `x` on. A wide character that is half covered becomes blank, as terminals do."""
    end = x + len(piece.chars)
    chars, pens = row.chars[:], row.pens[:]
    if row.wide:
        _blank_cluster(chars, x)
        _blank_cluster(chars, end)
    chars[x:end] = piece.chars
    pens[x:end] = piece.pens
    return Row(chars, pens, row.wide or piece.wide, row.odd or piece.odd)


def joined(pieces: list[Row]) -> Row:
    """Cells next to each other as one row."""
    if len(pieces) == 1:
        return pieces[0]
    chars: list[str] = []
    pens: list[int] = []
    for piece in pieces:
        chars += piece.chars
        pens += piece.pens
    return Row(chars, pens, any(piece.wide for piece in pieces), any(piece.odd for piece in pieces))


def _blank_cluster(chars: list[str], x: int) -> None:
    """Blank the character that lies across the left edge of column `x`."""
    if not 0 < x < len(chars) or chars[x] != REST:
        return
    at = x
    while at < len(chars) and chars[at] == REST:
        chars[at] = BLANK
        at += 1
    at = x - 1
    while at and chars[at] == REST:
        chars[at] = BLANK
        at -= 1
    chars[at] = BLANK
