"""Reads a job's log from where we stopped.

GitLab before 2026 sends the whole log on every call; newer servers take `byte_offset` and `byte_limit`; and where an
archived log is served by Workhorse or a proxy, `Range` works (GitLab docs, api/jobs; its source, lib/api/ci/jobs.rb).
So the feature is found out: by asking for the very bytes that we hold the end of, and comparing. Each further answer
starts with the same overlap, so that a log that was erased or rewritten is noticed, and an answer that ignored what was
asked is understood as what it is. An answer that repeats the whole log is compared with all that is held.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

import requests

from data.errors import BadAnswer, Forbidden, SourceError, StoreError
from data.sources.gitlab.api import Api, Query
from data.sources.gitlab.errors import TOO_LOW
from data.sources.gitlab.records import How, Trace

OVERLAP: Final = 64
"""Bytes of what we hold that are asked for again, to compare."""
CHUNK: Final = 65_536
"""Bytes that are read, compared and handed on at a time."""
NO_SUCH_PART: Final = frozenset({HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, HTTPStatus.BAD_REQUEST})
"""Statuses with which a server refuses a part that begins behind the log's end."""

Held = Callable[[int, int], bytes]
"""Reads what we hold of a log: first byte, number of bytes."""

_CONTENT_RANGE = re.compile(r"bytes (\d+)-")
_PLAIN: Final = {"Accept-Encoding": "identity"}
"""A range counts the bytes of the answer as it is sent, so that answer must not be compressed. All others may be."""


class Rewritten(Exception):
    """The server's log does not begin with what we hold."""


class TraceReader:
    """Reads logs of one server; remembers whether it knows `byte_offset`, and whether it knows `Range`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._offsets: bool | None = None
        self._ranges: bool | None = None

    def read(
        self, git_project_id: int, git_job_id: int, offset: int, held: Held, *, thorough: bool = False
    ) -> Generator[Trace, None, None]:
        """The log from `offset` on, piece by piece as it comes; the first piece always comes, and may be empty.

        `held` reads the `offset` bytes that are held. The last of them are always compared with the server's,
        `thorough` compares the first ones, too. Where the log is another one by now, it comes anew from its beginning.

        Raises:
            Forbidden: a job with CI_DEBUG_TRACE shows its log to developers only (GitLab docs, ci/variables).
            NotFound: no such job, or not visible. A job without a log answers with empty data instead.
            Unreachable: the answer broke off. The pieces before it are good; the next call goes on behind them.
        """
        path, what = f"/projects/{git_project_id}/jobs/{git_job_id}/trace", f"the log of job {git_job_id}"
        try:
            if offset <= 0:
                yield from self._anew(path, what, reset=False)
                return
            log = _HeldLog(path, what, offset, held)
            try:
                yield from self._continued(log, thorough=thorough)
            except Rewritten:
                yield from self._anew(path, what, reset=True)
        except Forbidden as error:
            if error.hint != TOO_LOW:
                raise
            hint = "a log with CI_DEBUG_TRACE or CI_DEBUG_SERVICES is shown to developers of the project only"
            raise Forbidden(error.message, hint=hint, status=error.status) from None

    def _anew(self, path: str, what: str, *, reset: bool) -> Iterator[Trace]:
        with self._api.stream(path, what) as answer:
            body = _Body(answer)
            if reset and not body.peek(1):
                body.check_end()
            yield from body.pieces(0, "whole", reset=reset)

    def _continued(self, log: _HeldLog, *, thorough: bool) -> Iterator[Trace]:
        """What follows what is held; the whole log is asked for where a part of it is refused.

        Raises:
            Rewritten: before the first piece.
        """
        how = self._way(log)
        try:
            yield from self._part(log, how, thorough=thorough)
        except SourceError as error:
            if how == "whole" or error.status not in NO_SUCH_PART:
                raise
            yield from self._part(log, "whole", thorough=thorough)

    def _part(self, log: _HeldLog, how: How, *, thorough: bool) -> Iterator[Trace]:
        if thorough and how != "whole":
            self._compare_head(log, how)
        with self._ask(log, how, log.start) as body:
            came = log.reach_end(body, how)
            if how == "range":
                self._ranges = came == "range"
            yield from body.pieces(log.size, came)

    def _way(self, log: _HeldLog) -> How:
        """How to ask for what follows."""
        if log.start <= 0:
            return "whole"
        if self._offsets is None:
            self._offsets = self._probe(log)
        # a log that begins as it ends right now looks the same whether the server honours the offset or not
        if self._offsets and (log.tail != log.head or self._probe(log)):
            return "byte_offset"
        return "whole" if self._ranges is False else "range"

    def _probe(self, log: _HeldLog) -> bool | None:
        """Whether `byte_offset` works: it does when exactly the tail comes back; None when the answer does not tell.

        The request asks for as many bytes by `Range`, too, so that it is cheap also where only that is honoured.
        """
        size = len(log.tail)
        query: Query = {"byte_offset": log.start, "byte_limit": size}
        headers = {**_PLAIN, "Range": f"bytes=0-{size - 1}"}
        try:
            with self._api.stream(log.path, log.what, query, headers) as answer:
                body = _Body(answer)
                head = body.peek(size + 1)
        except SourceError as error:
            if error.status not in NO_SUCH_PART:
                raise
            return None if error.status == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE else False
        if head == log.tail and (body.begin is None or log.tail != log.head):
            return True
        if len(head) < size or head == log.tail:
            return None
        self._ranges = body.begin is not None
        return False

    def _compare_head(self, log: _HeldLog, how: How) -> None:
        with self._ask(log, how, 0, len(log.head)) as body:
            if body.peek(len(log.head)) != log.head:
                raise Rewritten

    @contextmanager
    def _ask(self, log: _HeldLog, how: How, start: int, limit: int = 0) -> Iterator[_Body]:
        query: Query = {}
        headers: dict[str, str] = {}
        if how == "byte_offset":
            query = {"byte_offset": start, "byte_limit": limit or None}
        elif how == "range":
            headers = {**_PLAIN, "Range": f"bytes={start}-{start + limit - 1 if limit else ''}"}
        with self._api.stream(log.path, log.what, query, headers) as answer:
            yield _Body(answer, start)


class _HeldLog:
    """What is held of one log: its first and its last bytes, and where the last ones begin."""

    def __init__(self, path: str, what: str, size: int, held: Held) -> None:
        self.path, self.what, self.size, self._held = path, what, size, held
        self.start = max(size - OVERLAP, 0)
        self.tail = held(self.start, size - self.start)
        self.head = held(0, len(self.tail))
        if len(self.tail) < size - self.start:
            raise StoreError(f"{what} was dropped here while it was asked for", hint="it is fetched again")

    def reach_end(self, body: _Body, how: How) -> How:
        """Read up to where what is held ends, comparing all that comes; returns how the answer turned out to come.

        Raises:
            Rewritten: it is another log.
        """
        begin = body.begin
        if begin is None:
            begin = self.start if how == "byte_offset" and body.peek(len(self.tail)) == self.tail else 0
        if begin > self.start:
            raise Rewritten
        position = begin
        while position < self.size:
            data = body.read(min(CHUNK, self.size - position))
            if not data:
                body.check_end()
            if not data or data != self._held(position, len(data)):
                raise Rewritten
            position += len(data)
        return how if begin or body.begin is not None else "whole"


class _Body:
    """The body of an answer, read in pieces.

    Attributes:
        begin: at which byte of the log it begins, where it is a part (status 206) of which `asked` was the first; else
            None.
    """

    def __init__(self, answer: requests.Response, asked: int = 0) -> None:
        self._answer = answer
        self._chunks: Iterator[bytes] = answer.iter_content(CHUNK)
        self._held = b""
        self.begin: int | None = None
        if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
            told = _CONTENT_RANGE.match(answer.headers.get("Content-Range", ""))
            self.begin = int(told[1]) if told else asked

    def peek(self, size: int) -> bytes:
        """The next `size` bytes, fewer at the end, without using them up."""
        while len(self._held) < size and (chunk := next(self._chunks, b"")):
            self._held += chunk
        return self._held[:size]

    def read(self, size: int) -> bytes:
        """Up to `size` of the next bytes, as many as are there; none at the end."""
        data = self._held or next(self._chunks, b"")
        self._held = data[size:]
        return data[:size]

    def pieces(self, offset: int, how: How, *, reset: bool = False) -> Iterator[Trace]:
        """The rest as pieces, which begin at `offset`; the first one comes even where nothing is left."""
        data = self.read(CHUNK)
        yield Trace(data, offset, reset=reset, how=how)
        while data:
            offset += len(data)
            data = self.read(CHUNK)
            if data:
                yield Trace(data, offset, reset=False, how=how)

    def check_end(self) -> None:
        """Make sure that an answer that was shorter than expected is one that ended, and none that was cut.

        Raises:
            BadAnswer: it does not say how long it is.
        """
        headers = self._answer.headers
        if "Content-Length" not in headers and "chunked" not in headers.get("Transfer-Encoding", ""):
            raise BadAnswer("an answer with a log ended early, and did not tell its length")
