"""Finds the line of a failed job's log that tells why it failed, to be shown first."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from data.logtext.index import LogIndex
from data.logtext.kinds import COMMAND, ERROR_HINTS, is_error
from data.logtext.line import parse_line
from data.logtext.raw import CONTINUATION, HEADER, MARK_BYTES, MARK_HINT, has_continuations
from data.logtext.sections import Place

WINDOW: Final = 1024 * 1024
"""Bytes of the end of a log that are looked at."""

MOST_LINES: Final = 20_000
"""Lines of it that are looked at."""

MOST_READ: Final = 4000
"""Lines that are read in search of one kind, from the end backwards; the others lack the words that tell of it."""

GAP: Final = 40
"""Lines between two error lines that still tell of the same failure."""

CHAIN: Final = 5
"""Lines between an exception and the traceback of the one that followed from it."""

DEEP: Final = 4000
"""Lines of the longest traceback; Python's recursion limit is 1000 calls of two or three lines each."""

PIECE: Final = 65_536
"""Bytes in which error lines are looked for at a time, from the end backwards; few logs need a second piece."""

SCRIPT: Final = ("step_script", "build_script")
"""The sections of the job's script; the second is that of old runners (GitLab docs, ci/jobs/job_logs)."""

SUCCEEDED: Final = "upload_artifacts_on_success"
"""The section that is there only when the script has succeeded."""

BEHIND: Final = (
    *("after_script", "archive_cache", "archive_cache_on_failure", SUCCEEDED, "upload_artifacts_on_failure"),
    "cleanup_file_variables",
)
"""The runner's sections behind the script."""

VERDICT: Final = "ERROR: Job failed"
SUCCESS: Final = "Job succeeded"
"""How a job's log ends (gitlab-runner, common/build.go)."""

ECHOED: Final = b"\x1b[32;1m$ "
"""A command that the runner echoes, and no program's output that happens to look like one."""

TRACEBACK: Final = b"Traceback (most recent call last)"

_HINTS: Final = tuple(hint.encode() for hint in ERROR_HINTS)
_EXITED = re.compile(r"exit (?:code|status) \d+")
_PYTEST = re.compile(r"=+ (?:FAILURES|ERRORS) =+")
_FRAME = re.compile(r"(?:\[\w+\]: ?)?(?: |$)")
_SESSION = re.compile(r"=+ test session starts =+")


def failing_line(index: LogIndex) -> int | None:
    """Number of the line that tells why the job failed; None when its log does not end with the runner's verdict.

    That is the traceback in the last cluster of error lines of the script, or the first line of the cluster, else the
    command that ended the script, else the verdict. A log that is no runner's may have such a cluster, too. Only the
    end of the log is looked at.
    """
    begin = max(index.start, index.size - WINDOW)
    data = index.read(begin, index.size - begin)
    first = _first_line(data, whole=begin == 0)
    found = _cause(data[first:])
    return None if found is None else index.line_at(begin + first + found)


def _first_line(data: bytes, *, whole: bool) -> int:
    """Where the lines begin that are looked at, in bytes that, unless `whole`, begin in the middle of one."""
    if data.count(b"\n") <= MOST_LINES:
        return 0 if whole else data.find(b"\n") + 1
    at = len(data)
    for _ in range(MOST_LINES):
        at = data.rfind(b"\n", 0, at)
    return at + 1


def _cause(data: bytes) -> int | None:
    """Where in `data` the line begins."""
    verdict = _last(data, 0, len(data), VERDICT, lambda text: text.startswith(VERDICT))
    success = _last(data, verdict or 0, len(data), SUCCESS, lambda text: text == SUCCESS)
    if success is not None:
        return None
    if verdict is None:
        of_runner = MARK_HINT in data or HEADER.match(data) is not None
        return None if of_runner else _error(data, _Part(0, len(data)), near=False)
    exited = _EXITED.search(_text(data, verdict)) is not None
    script = _script(data, verdict)
    if script is not None and script.succeeded:
        return _first_of(_error(data, _Part(script.end, verdict), near=False), verdict)
    part = script or _Part(0, verdict)
    found = _error(data, part, near=not exited)
    if found is None and exited:
        found = _last_command(data, part.start, part.end)
    return _first_of(found, verdict)


def _first_of(found: int | None, otherwise: int) -> int:
    return otherwise if found is None else found


class _Part(NamedTuple):
    """Bytes `start` to `end` of a log; `succeeded` when they are a script that the runner calls a success."""

    start: int
    end: int
    succeeded: bool = False


def _script(data: bytes, end: int) -> _Part | None:
    """The part of `data[:end]` that the job's script wrote; None when no section tells."""
    marks = [Place.of(found, 0) for found in MARK_BYTES.finditer(data, 0, end)]
    if not any(mark.name in SCRIPT or mark.name in BEHIND for mark in marks):
        return None
    start = max((mark.offset for mark in marks if mark.starts and mark.name in SCRIPT), default=0)
    behind = [mark for mark in marks if mark.offset > start and mark.starts and mark.name in BEHIND]
    return _Part(start, behind[0].offset if behind else end, any(mark.name == SUCCEEDED for mark in behind))


def _error(data: bytes, part: _Part, *, near: bool) -> int | None:
    """Where the last failure in `part` begins; with `near` only one at its very end."""
    lines = _error_lines(data, part)
    last = next(lines, None)
    if last is None or (near and _lines(data, last, part.end) > GAP):
        return None
    command = _last_command(data, part.start, last)
    since = part.start if command is None else _line_end(data, command)
    report = _test_report(data, since, last)
    if report is not None:
        return report
    cluster = [last]
    for start in lines:
        if start < since or not _belong(data, start, cluster[-1], GAP):
            break
        cluster.append(start)
    tracebacks = [at for at, start in enumerate(cluster) if _is_traceback(data, start)]
    if not tracebacks:
        return cluster[-1]
    found = tracebacks[0]
    while found + 1 < len(cluster) and _belong(data, cluster[found + 1], cluster[found], CHAIN):
        found += 1
    return cluster[found]


def _belong(data: bytes, before: int, after: int, gap: int) -> bool:
    """Whether at most `gap` lines, or nothing but the frames of a traceback, stand between two lines."""
    between = _lines(data, before, after) - 1
    if between <= gap:
        return True
    if between > DEEP or not _is_traceback(data, before):
        return False
    frames = data[_line_end(data, before) : after].splitlines()
    return sum(_FRAME.match(parse_line(raw).text) is None for raw in frames) <= gap


def _is_traceback(data: bytes, start: int) -> bool:
    return data.find(TRACEBACK, start, _line_end(data, start)) >= 0


def _test_report(data: bytes, start: int, end: int) -> int | None:
    """Where the last run of pytest in `data[start:end]` begins to report its failures; None when there is no report."""
    session = _last(data, start, end, "test session starts", lambda text: _SESSION.fullmatch(text) is not None)
    since = start if session is None else session
    report = None
    for heading in ("= FAILURES =", "= ERRORS ="):
        found = _last(data, since, end, heading, lambda text: _PYTEST.fullmatch(text) is not None)
        if found is not None:
            report = found if report is None else min(report, found)
    return report


def _last_command(data: bytes, start: int, end: int) -> int | None:
    """Where the last echoed command in `data[start:end]` begins."""
    echoed = data.rfind(ECHOED, start, end)
    if echoed >= 0:
        return _line_start(data, echoed)
    return _last(data, start, end, COMMAND, lambda text: text.startswith(COMMAND))


def _error_lines(data: bytes, part: _Part) -> Iterator[int]:
    """Where the error lines of `part` begin, the last one first."""
    end = part.end
    left = MOST_READ
    while end > part.start and left > 0:
        begin = part.start
        if end - begin > PIECE:
            begin = max(begin, _line_start(data, end - PIECE))
        starts: set[int] = set()
        for hint in _HINTS:
            at = data.find(hint, begin, end)
            while at >= 0:
                starts.add(max(_line_start(data, at), part.start))
                at = data.find(hint, _line_end(data, at), end)
        for start in sorted(starts, reverse=True)[:left]:
            text = _text(data, start)
            if is_error(text) and not text.startswith(COMMAND):
                yield start
        end = begin
        left -= len(starts)


def _last(data: bytes, start: int, end: int, hint: str, fits: Callable[[str], bool]) -> int | None:
    """Where the last line of `data[start:end]` begins that holds `hint` and whose text `fits`."""
    for _ in range(MOST_READ):
        at = data.rfind(hint.encode(), start, end)
        if at < 0:
            break
        end = _line_start(data, at)
        if fits(_text(data, end)):
            return end
    return None


def _text(data: bytes, start: int) -> str:
    """The text of the line that begins at `start`."""
    return parse_line(data[start : _line_end(data, start)]).text


def _line_start(data: bytes, at: int) -> int:
    """Where the line begins that holds the byte at `at`."""
    newline = data.rfind(b"\n", 0, at)
    while newline >= 0 and CONTINUATION.match(data, newline):
        newline = data.rfind(b"\n", 0, newline)
    return newline + 1


def _line_end(data: bytes, at: int) -> int:
    """Behind the newline that ends the line that holds the byte at `at`."""
    newline = data.find(b"\n", at)
    while newline >= 0 and CONTINUATION.match(data, newline):
        newline = data.find(b"\n", newline + 1)
    return newline + 1 or len(data)


def _lines(data: bytes, start: int, end: int) -> int:
    """Lines that end in `data[start:end]`."""
    part = data[start:end]
    joined = len(CONTINUATION.findall(part)) if has_continuations(part) else 0
    return part.count(b"\n") - joined
