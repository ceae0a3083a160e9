"""Makes text from servers safe for a terminal.

Job logs, branch names, commit messages, tags and error bodies are written by others. A terminal obeys the escape
sequences in them: clipboard writes (OSC 52), resets, title changes, cursor moves, right-to-left overrides. `clean`
removes all of these; after it no ESC is left, so that nothing can be put together again from the pieces.
"""

from __future__ import annotations

import re

MAX_TEXT = 65_536
"""Longest text in characters that `clean` lets through; no field of a server that we show is longer on purpose."""

ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # every other escape sequence
)
"""One linear expression for every form of escape sequence, 7-bit and 8-bit; unterminated ones end with the text."""

_BIDI = [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)]
_CONTROLS: dict[int, str | None] = {
    **dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], None),
    **dict.fromkeys(_BIDI, None),
    **dict.fromkeys(range(0xD800, 0xE000), "\N{REPLACEMENT CHARACTER}"),
    0x2028: " ",
    0x2029: " ",
    0xFEFF: None,
}
_LINE = {**_CONTROLS, 0x09: " ", 0x0A: " ", 0x0B: " ", 0x0C: " ", 0x0D: " ", 0x85: " "}
_BLOCK = {**_CONTROLS, 0x09: "\t", 0x0A: "\n"}
_HAS_CONTROL = re.compile(
    "[\\x00-\\x1f\\x7f-\\x9f\\u061c\\u200e\\u200f\\u2028\\u2029\\u202a-\\u202e\\u2066-\\u2069\\ud800-\\udfff\\ufeff]"
)


def clean(text: str, *, limit: int = MAX_TEXT) -> str:
    """Return `text` as one line without escape sequences, control and bidi characters; line ends become spaces."""
    if text.isprintable() and len(text) <= limit:
        return text
    return ESCAPES.sub("", text[: 4 * limit]).translate(_LINE)[:limit]


def clean_block(text: str, *, limit: int = MAX_TEXT) -> str:
    """Like `clean`, keeping line ends (as `\\n`) and tabs: for descriptions, YAML, notes."""
    if text.isprintable() and len(text) <= limit:
        return text
    unified = text[: 4 * limit].replace("\r\n", "\n").replace("\r", "\n")
    return ESCAPES.sub("", unified).translate(_BLOCK)[:limit]


def is_clean(text: str) -> bool:
    """Whether `text` is safe to draw as it is (one line)."""
    return _HAS_CONTROL.search(text) is None
