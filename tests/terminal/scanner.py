"""Reads what a program wrote to a terminal as a terminal does, strictly: text, and orders of which kind."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

TEXT = "text"
"""Kind of printable characters."""

STRINGS = {b"P": "DCS", b"X": "SOS", b"^": "PM", b"_": "APC"}

TOKEN = re.compile(
    rb"(?P<csi>\x1b\[(?P<params>[0-?]*)(?P<between>[ -/]*)(?P<final>[@-~]))"
    rb"|(?P<osc>\x1b\](?P<number>\d*)[^\x07\x1b]*(?:\x07|\x1b\\))"
    rb"|(?P<string>\x1b(?P<opener>[PX^_])[^\x1b]*\x1b\\)"
    rb"|(?P<escape>\x1b[ -/]*[0-OQ-WYZ`-~])"
    rb"|(?P<broken>\x1b)"
    rb"|(?P<c1>\xc2[\x80-\x9f])"
    rb"|(?P<control>[\x00-\x1a\x1c-\x1f\x7f])"
    rb"|(?P<text>(?:[ -~]|\xc2[\xa0-\xbf]|[\xc3-\xdf][\x80-\xbf]|\xe0[\xa0-\xbf][\x80-\xbf]"
    rb"|[\xe1-\xec\xee\xef][\x80-\xbf]{2}|\xed[\x80-\x9f][\x80-\xbf]"
    rb"|\xf0[\x90-\xbf][\x80-\xbf]{2}|[\xf1-\xf3][\x80-\xbf]{3}|\xf4[\x80-\x8f][\x80-\xbf]{2})+)"
    rb"|(?P<invalid>.)",
    re.DOTALL,
)
"""All that can come; an escape that begins nothing is `broken`, a byte that is no UTF-8 `invalid`."""

HIDDEN = re.compile("[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
"""Characters that change the direction of others, or end lines."""

PLAIN_CODES = frozenset({0, 1, 2, 3, 4, 7, 9, *range(21, 28), 29, *range(30, 38), 39, *range(40, 48), 49})
BRIGHT_CODES = frozenset({*range(90, 98), *range(100, 108)})
"""Codes of SELECT GRAPHIC RENDITION that change looks; not blinking, concealing, fonts or frames."""
PALETTE, RGB = 5, 2
ONE = frozenset("ABCDGdXbST")
"""Ends of sequences with one number: cursor moves, erasing, repeating and scrolling (ECMA-48)."""
MOVES = frozenset(
    {*(f"CSI n {final}" for final in ONE), "CSI H", "CSI r", "CSI K", "control 08", "control 0a", "control 0d"}
)
"""Kinds of what an output of differences needs, as far as it stays on the screen."""
CHANNEL = 255


class Token(NamedTuple):
    """A piece of the output: its kind, and its bytes."""

    kind: str
    data: bytes


def scan(data: bytes, *, columns: int = 0, rows: int = 0) -> Iterator[Token]:
    """The tokens of what was written to a terminal of `columns` by `rows`; 0 where nothing may move the cursor."""
    for found in TOKEN.finditer(data):
        yield Token(_kind(found, columns, rows), found[0])


def kinds(data: bytes, *, columns: int = 0, rows: int = 0) -> dict[str, bytes]:
    """Each kind of token in `data`, with one example."""
    return {token.kind: token.data for token in scan(data, columns=columns, rows=rows)}


def orders(data: bytes) -> list[bytes]:
    """All that is not text."""
    return [token.data for token in scan(data) if token.kind != TEXT]


def _kind(found: re.Match[bytes], columns: int, rows: int) -> str:
    what = found.lastgroup or ""
    for name in ("csi", "osc", "string", "escape", "broken", "c1", "control", "text", "invalid"):
        if found[name] is not None:
            what = name
            break
    match what:
        case "csi":
            return _csi(found, columns, rows)
        case "osc":
            return f"OSC {found['number'].decode()}"
        case "string":
            return STRINGS[found["opener"]]
        case "escape":
            return f"ESC {found[0][1:].decode()}"
        case "text":
            hidden = HIDDEN.search(found[0].decode())
            return TEXT if hidden is None else f"hidden U+{ord(hidden[0]):04X}"
        case "control" | "c1" | "invalid":
            return f"{what} {found[0].hex()}"
    return what


def _csi(found: re.Match[bytes], columns: int, rows: int) -> str:
    params, final = found["params"].decode(), (found["between"] + found["final"]).decode()
    if final == "m":
        return f"SGR{_strange(params)}"
    if rows and final in "Hr" and re.fullmatch(r"\d*(;\d*)?", params):
        row, _, column = params.partition(";")
        limit = columns if final == "H" else rows
        return f"CSI {final}{_outside(row, rows) or _outside(column, limit)}"
    if rows and final in ONE and re.fullmatch(r"\d*", params):
        return f"CSI n {final}{_outside(params, rows if final in 'ABdST' else columns)}"
    if rows and final == "K" and params in {"", "0", "1", "2"}:
        return "CSI K"
    return f"CSI {params}{final}"


def _outside(number: str, limit: int) -> str:
    """What to say of a number that is not on the screen; one that is left out is 1."""
    return "" if 1 <= int(number or 1) <= limit else " outside"


def _strange(params: str) -> str:
    """What in the parameters is no look: "" for none."""
    if not re.fullmatch(r"[\d;]*", params):
        return f" {params}"
    codes = [int(part or 0) for part in params.split(";")]
    while codes:
        code = codes.pop(0)
        if code in {38, 48}:
            kind = codes.pop(0) if codes else -1
            count = {PALETTE: 1, RGB: 3}.get(kind, 0)
            values, codes = codes[:count], codes[count:]
            if not count or len(values) != count or max(values) > CHANNEL:
                return f" {params}"
        elif code not in PLAIN_CODES | BRIGHT_CODES:
            return f" {code}"
    return ""
