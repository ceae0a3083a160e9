"""What GitLab and its runner write around the text of a job: headers, markers, escape sequences."""

from __future__ import annotations

import re

_STAMP = rb"\d{4}-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d\.\d{6}Z [0-9a-f]{2}[EO]"

HEADER_BYTES = 32
"""Length of the runner's header: time (27), space, stream (2 hex digits), O or E, and `+` or a space."""

TIME_BYTES = 27
"""Length of the time in the header."""

HEADER = re.compile(_STAMP + rb"[+ ]")
"""The header of a physical line (lib/gitlab/ci/trace/stream.rb)."""

LINE_HEADERS = re.compile(rb"^" + _STAMP + rb"[+ ]", re.MULTILINE)
"""The headers of all physical lines of a piece of a log."""

CONTINUATION = re.compile(rb"\n" + _STAMP + rb"\+")
"""A newline that does not end a logical line, and the header behind it."""

CONTINUATION_HINTS = (b"E+", b"O+")
"""One of these is in every continuation; looking for them first is a hundred times faster than the expression."""

MARK = re.compile(
    r"section_(start|end):(\d{1,12}):([a-zA-Z0-9_.-]{1,256})(\[\w+=\w+(?:, ?\w+=\w+)*\])?\r(?:\x1b\[0K)?",
    re.ASCII,
)
"""A section marker (lib/gitlab/regex.rb); the runner's PowerShell scripts leave out the escape sequence at its end."""

MARK_BYTES = re.compile(MARK.pattern.encode("ascii"))
"""`MARK` for bytes."""

MARK_HINT = b"section_"
"""Begins every marker."""

LOOKAHEAD = 512
"""Bytes behind a newline or the beginning of a marker that decide what it is; no header or usual marker is longer."""

ESCAPE = (
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"  # CSI
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"  # OSC, DCS, SOS, PM, APC
    r"|\x1b[ -/]*[0-~]?"  # every other one
)
"""Any escape sequence, within one line."""

ESCAPES = re.compile(ESCAPE)

COLOURS = re.compile(rb"\x1b\[[0-9;:]*m")
"""The escape sequences that make up nearly all of those in logs, and that change no text."""

COLOUR_PARAMS = re.compile(r"\x1b\[([0-9;:]*)m")
"""What asks for colours, and for which ones."""

TOKENS = re.compile(
    COLOUR_PARAMS.pattern + r"|\x1b\[([012]?)[JK]"
    r"|\x1b\[([0-9]{0,5})[G`]"
    r"|([\r\b\t])"
    r"|\x1b\[([0-9]{0,5}[CDa])"
    r"|" + ESCAPE,
)
"""What a terminal would obey within a row; the rest goes.

Groups: colours (1), erase (2), go to column (3), single characters (4), go some columns forward (`C`, `a`) or back (5).
"""


def has_continuations(data: bytes) -> bool:
    """Whether `data` may hold continuations."""
    # A single byte is found ten times faster than two, and most logs without continuations have no plus sign either.
    return b"+" in data and (CONTINUATION_HINTS[0] in data or CONTINUATION_HINTS[1] in data)
