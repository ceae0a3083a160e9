"""Lines of logs for a terminal or a pager: our own colour sequences around clean text, and nothing else."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import groupby

from data.logtext.line import LogLine, TextSpan
from data.logtext.sgr import PLAIN, Sgr

RESET = "\x1b[0m"
"""Ends all colours and attributes."""


def painted(line: LogLine) -> str:
    """A line with its colours, as sequences that can do nothing else; each span ends with a reset."""
    pieces, position = [], 0
    for span in line.spans:
        pieces += [line.text[position : span.start], coloured(line.text[span.start : span.end], span.sgr)]
        position = span.end
    return "".join([*pieces, line.text[position:]])


def coloured(text: str, sgr: Sgr) -> str:
    """`text` with the sequence for `sgr` before it and a reset behind it."""
    return f"{sgr_codes(sgr)}{text}{RESET}"


@lru_cache(1024)
def sgr_codes(sgr: Sgr) -> str:
    """The sequence that asks a terminal to draw as `sgr` says (ECMA-48, SELECT GRAPHIC RENDITION)."""
    codes = [code for code, wanted in zip("123479", sgr[2:], strict=True) if wanted]
    for extended, colour in (("38", sgr.fg), ("48", sgr.bg)):
        if isinstance(colour, int):
            codes.append(f"{extended};5;{colour}")
        elif colour is not None:
            codes.append(f"{extended};2;{';'.join(map(str, colour))}")
    return f"\x1b[{';'.join(codes)}m" if codes else ""


def highlighted(line: LogLine, pattern: re.Pattern[str]) -> LogLine:
    """A line in which what `pattern` matches is drawn reverse."""
    looks = [PLAIN] * len(line.text)
    for span in line.spans:
        looks[span.start : span.end] = [span.sgr] * (span.end - span.start)
    for found in pattern.finditer(line.text):
        for at in range(*found.span()):
            looks[at] = looks[at]._replace(reverse=not looks[at].reverse)
    spans, start = [], 0
    for sgr, characters in groupby(looks):
        end = start + len(list(characters))
        if sgr != PLAIN:
            spans.append(TextSpan(start, end, sgr))
        start = end
    return line._replace(spans=tuple(spans))
