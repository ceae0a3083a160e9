"""Reads a job's log from where we stopped.

GitLab before 2026 sends the whole log on every call; newer servers take `byte_offset` and `byte_limit`; and where an
archived log is served by Workhorse or a proxy, `Range` works (GitLab docs, api/jobs; its source, lib/api/ci/jobs.rb).
So the feature is found out: by asking for the very bytes that we hold the end of, and comparing. Each further answer
starts with the same overlap, so that a log that was erased or rewritten is noticed, and an answer that ignored what was
asked is understood as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from http import HTTPStatus
from typing import Final

import requests

from data.errors import Forbidden, SourceError
from data.sources.gitlab.api import Api, Query
from data.sources.gitlab.errors import TOO_LOW
from data.sources.gitlab.records import How, Trace

OVERLAP: Final = 64
"""Bytes of what we hold that are asked for again, to compare."""
CHUNK: Final = 65_536
"""Bytes that are read at a time."""
MAX_PIECE: Final = 16 * 1024 * 1024
"""Bytes of one answer that are kept; what comes after is read by the next call."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-")
_PLAIN: Final = {"Accept-Encoding": "identity"}
"""Offsets count bytes of the log, so the answer must not be compressed."""


class TraceReader:
    """Reads logs of one server; remembers whether it knows `byte_offset`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._offsets: bool | None = None

    def read(self, git_project_id: int, git_job_id: int, offset: int, tail: bytes) -> Trace:
        """The log from `offset` on; `tail` is the end of what is held before it, at most 64 bytes count.

        Raises:
            Forbidden: a job with CI_DEBUG_TRACE shows its log to developers only (GitLab docs, ci/variables).
            NotFound: no such job, or not visible. A job without a log answers with empty data instead.
        """
        path, what = f"/projects/{git_project_id}/jobs/{git_job_id}/trace", f"the log of job {git_job_id}"
        tail = tail[-OVERLAP:][-offset:] if offset > 0 else b""
        try:
            if offset <= 0:
                return self._anew(path, what, reset=False)
            if self._offsets is None and tail and offset > len(tail):
                self._offsets = self._probe(path, what, offset, tail)
            found = self._continued(path, what, offset, tail)
            return found if found is not None else self._anew(path, what, reset=True)
        except Forbidden as error:
            if error.hint != TOO_LOW:
                raise
            hint = "a log with CI_DEBUG_TRACE or CI_DEBUG_SERVICES is shown to developers of the project only"
            raise Forbidden(error.message, hint=hint, status=error.status) from None

    def _probe(self, path: str, what: str, offset: int, tail: bytes) -> bool | None:
        """Whether `byte_offset` works: it does when exactly the tail comes back; None when the answer does not tell."""
        query: Query = {"byte_offset": offset - len(tail), "byte_limit": len(tail)}
        with self._api.stream(path, what, query, _PLAIN) as answer:
            head = _Body(answer).peek(len(tail) + 1)
        return True if head == tail else False if len(head) > len(tail) else None

    def _continued(self, path: str, what: str, offset: int, tail: bytes) -> Trace | None:
        """What follows `tail` at `offset`; None when the log is no longer the one that `tail` was the end of."""
        start = offset - len(tail)
        by_offset = bool(self._offsets and tail) and start > 0
        query: Query = {"byte_offset": start} if by_offset else {}
        # without a tail the range could begin right at the log's end, which a server refuses as it does a shorter log
        in_range = not by_offset and tail and start > 0
        headers = {**_PLAIN, "Range": f"bytes={start}-"} if in_range else _PLAIN
        try:
            with self._api.stream(path, what, query, headers) as answer:
                body = _Body(answer)
                begin, how = _begin(answer, body, start, tail, by_offset)
                if begin > start or not body.skip(start - begin) or body.read(len(tail)) != tail:
                    return None
                data = body.read(MAX_PIECE)
                return Trace(data, offset, reset=False, how=how, more=len(data) == MAX_PIECE)
        except SourceError as error:
            if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
                return None
            raise

    def _anew(self, path: str, what: str, *, reset: bool) -> Trace:
        with self._api.stream(path, what) as answer:
            data = _Body(answer).read(MAX_PIECE)
        return Trace(data, 0, reset=reset, how="whole", more=len(data) == MAX_PIECE)


def _begin(answer: requests.Response, body: _Body, start: int, tail: bytes, by_offset: bool) -> tuple[int, How]:
    """At which byte of the log an answer begins, and so how it was got."""
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
        told = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
        return int(told[1]) if told else start, "byte_offset" if by_offset else "range"
    if by_offset and body.peek(len(tail)) == tail:
        return start, "byte_offset"
    return 0, "whole"


class _Body:
    """The body of an answer, read in pieces."""

    def __init__(self, answer: requests.Response) -> None:
        self._chunks: Iterator[bytes] = answer.iter_content(CHUNK)
        self._held = b""

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end, without using them up."""
        while len(self._held) < size and (chunk := next(self._chunks, b"")):
            self._held += chunk
        return self._held[:size]

    def read(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end."""
        parts, missing = [self._held[:size]], size - len(self._held[:size])
        self._held = self._held[size:]
        while missing and (chunk := next(self._chunks, b"")):
            parts.append(chunk[:missing])
            self._held = chunk[missing:]
            missing -= len(parts[-1])
        return b"".join(parts)

    def skip(self, size: int) -> bool:
        """Use up `size` bytes; false when there are fewer."""
        while size > 0 and (piece := self.read(min(size, CHUNK))):
            size -= len(piece)
        return size <= 0
