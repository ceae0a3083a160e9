"""Reading a log on from where we stopped, on servers of all kinds."""

from __future__ import annotations

import gzip
import re

import pytest

from data.errors import BadAnswer, Forbidden, NotFound, StoreError, Unreachable
from data.sources.gitlab import GitLabSource
from data.sources.gitlab.trace import CHUNK
from tests.sources.scripted import Answer, Scripted, Seen
from tests.sources.tracing import Got, trace

PATH = "/api/v4/projects/7/jobs/5/trace"
LOG = b"".join(b"2026-01-01T00:00:%02d.000000Z 00O line %d\n" % (n % 60, n) for n in range(400))
LONG = LOG * 40
"""A log of more than ten pieces."""


class Server:
    """A trace endpoint whose log changes; knows what it is told to know."""

    def __init__(self, script: Scripted, *, offsets: bool = False, ranges: bool = False, zips: bool = False) -> None:
        self.log, self.offsets, self.ranges, self.zips = LOG, offsets, ranges, zips
        self.script = script
        script.on(PATH, self.answer)

    def answer(self, seen: Seen) -> Answer:
        if self.offsets and "byte_offset" in seen.query:
            start = int(seen.query["byte_offset"][0])
            limit = int(seen.query.get("byte_limit", [str(len(self.log))])[0])
            return self.text(seen, self.log[start : start + limit])
        asked = re.match(r"bytes=(\d+)-(\d*)", seen.headers.get("Range", ""))
        if self.ranges and asked:
            start, end = int(asked[1]), int(asked[2] or len(self.log))
            if start >= len(self.log):
                return Answer(b"", 416, {"Content-Range": f"bytes */{len(self.log)}"}, "text/plain")
            head = {"Content-Range": f"bytes {start}-{min(end, len(self.log) - 1)}/{len(self.log)}"}
            return Answer(self.log[start : end + 1], 206, head, "text/plain")
        return self.text(seen, self.log)

    def text(self, seen: Seen, body: bytes) -> Answer:
        if self.zips and "gzip" in seen.headers.get("Accept-Encoding", ""):
            return Answer(gzip.compress(body), headers={"Content-Encoding": "gzip"}, kind="text/plain")
        return Answer(body, kind="text/plain")


KINDS = [{}, {"offsets": True}, {"ranges": True}, {"offsets": True, "ranges": True}, {"offsets": True, "zips": True}]
NAMES = ["whole", "byte_offset", "range", "both", "zipped"]
every_kind = pytest.mark.parametrize("kind", KINDS, ids=NAMES)


@every_kind
@pytest.mark.parametrize("offset", [1, 10, 64, 65, 127, 128, 1000, len(LOG) - 1, len(LOG)])
@pytest.mark.parametrize("thorough", [False, True])
def test_the_rest_of_a_log(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool], offset: int, thorough: bool
) -> None:
    Server(script, **kind)
    found = trace(gitlab, 7, 5, LOG[:offset], thorough=thorough)
    assert (found.data, found.offset, found.reset) == (LOG[offset:], offset, False)


@every_kind
def test_a_log_that_grows_is_read_piece_by_piece(gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]) -> None:
    server, held = Server(script, **kind), b""
    for size in (0, 10, 10, 200, 201, 5000, len(LOG), len(LOG), len(LONG)):
        server.log = LONG[:size]
        found = trace(gitlab, 7, 5, held)
        assert (found.offset, found.reset) == (len(held), False)
        held += found.data
        assert held == LONG[:size]


@every_kind
def test_a_cut_in_the_middle_of_a_character_or_a_sequence_is_no_cut_in_the_bytes(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]
) -> None:
    server, held = Server(script, **kind), b""
    log = "größe 日本語 \x1b[38;2;255;0;1mrot\x1b[0;m section_start:1772452800:step\r\x1b[0K\n".encode() * 3
    for size in range(1, len(log) + 1):
        server.log = log[:size]
        held += trace(gitlab, 7, 5, held).data
        assert held == log[:size]


@every_kind
@pytest.mark.parametrize("log", [LOG[:1000], b"", b"short"])
def test_a_log_that_shrank_is_read_anew(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool], log: bytes
) -> None:
    server = Server(script, **kind)
    trace(gitlab, 7, 5, LOG[:3000])
    server.log = log
    assert trace(gitlab, 7, 5, LOG) == Got(log, 0, True, "whole")


REWRITTEN = {
    "another end": LOG[:-1] + b"!",
    "another text": LOG.replace(b"line", b"LINE"),
    "longer": LOG.replace(b"line", b"LINE") + b"more",
    "another beginning": b"!" + LOG[1:],
    "longer with another beginning": b"!" + LOG[1:] + b"more",
    "shifted": b"one more line\n" + LOG,
}


@every_kind
@pytest.mark.parametrize("name", REWRITTEN)
def test_a_log_that_was_rewritten_is_read_anew(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool], name: str
) -> None:
    server = Server(script, **kind)
    trace(gitlab, 7, 5, LOG[:3000])
    server.log = REWRITTEN[name]
    found = trace(gitlab, 7, 5, LOG, thorough=True)
    assert (found.data, found.offset, found.reset) == (server.log, 0, True)


def test_where_the_whole_log_comes_all_of_it_is_compared(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = LONG[:100_000] + b"!" + LONG[100_001:]
    assert trace(gitlab, 7, 5, LONG).reset
    assert not trace(gitlab, 7, 5, LONG[:100_000]).reset


def test_byte_offset_is_found_out_once_with_a_few_bytes(gitlab: GitLabSource, script: Scripted) -> None:
    Server(script, offsets=True)
    assert trace(gitlab, 7, 5, LOG[:5000]).how == "byte_offset"
    assert trace(gitlab, 7, 5, LOG[:6000]).how == "byte_offset"
    assert [seen.query for seen in script.seen] == [
        {"byte_offset": ["4936"], "byte_limit": ["64"]},
        {"byte_offset": ["4936"]},
        {"byte_offset": ["5936"]},
    ]


def test_a_server_without_it_is_asked_for_a_range_and_not_again_for_an_offset(
    gitlab: GitLabSource, script: Scripted
) -> None:
    Server(script, ranges=True)
    assert trace(gitlab, 7, 5, LOG[:5000]).how == "range"
    assert trace(gitlab, 7, 5, LOG[:6000]).how == "range"
    assert [("byte_offset" in seen.query, seen.headers.get("Range")) for seen in script.seen] == [
        (True, "bytes=0-63"),
        (False, "bytes=4936-"),
        (False, "bytes=5936-"),
    ]


def test_an_old_server_sends_all_and_the_known_part_is_discarded(gitlab: GitLabSource, script: Scripted) -> None:
    Server(script)
    assert trace(gitlab, 7, 5, LOG[:5000]).how == "whole"
    assert trace(gitlab, 7, 5, LOG[:6000]).how == "whole"
    assert [(bool(seen.query), "Range" in seen.headers) for seen in script.seen] == [
        (True, True),
        (False, False),
        (False, False),
    ]


def test_a_log_that_repeats_itself_does_not_deceive_the_detection(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b"x" * 10_000
    found = trace(gitlab, 7, 5, b"x" * 9_000)
    assert (len(found.data), found.how, found.reset) == (1_000, "whole", False)


def test_a_log_that_repeats_itself_is_not_doubled_where_an_offset_is_ignored_later(
    gitlab: GitLabSource, script: Scripted
) -> None:
    server = Server(script, offsets=True)
    assert trace(gitlab, 7, 5, LOG[:5000]).how == "byte_offset"
    server.offsets, server.log = False, b"x" * 10_000
    found = trace(gitlab, 7, 5, b"x" * 9_000)
    assert (len(found.data), found.how, found.reset) == (1_000, "whole", False)


def test_an_archived_log_may_ignore_the_offset_that_a_live_one_honours(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script, offsets=True)
    assert trace(gitlab, 7, 5, LOG[:5000]).how == "byte_offset"
    server.offsets = False
    assert trace(gitlab, 7, 5, LOG[:6000]) == Got(LOG[6000:], 6000, False, "whole")


@pytest.mark.parametrize("told", [{"Content-Range": f"bytes 4000-{len(LOG) - 1}/{len(LOG)}"}, {}])
def test_a_range_that_begins_elsewhere_is_understood_by_what_it_says(
    gitlab: GitLabSource, script: Scripted, told: dict[str, str]
) -> None:
    def answer(seen: Seen) -> Answer:
        if "Range" not in seen.headers:
            return Answer(LOG, kind="text/plain")
        start = 4000 if told else int(seen.headers["Range"].removeprefix("bytes=").partition("-")[0])
        return Answer(LOG[start:], 206, told, "text/plain")

    script.on(PATH, answer)
    assert trace(gitlab, 7, 5, LOG[:5000]).data == LOG[5000:]


@pytest.mark.parametrize("status", [400, 416])
def test_a_server_that_refuses_parts_is_asked_for_all(gitlab: GitLabSource, script: Scripted, status: int) -> None:
    def answer(seen: Seen) -> Answer:
        if seen.query or "Range" in seen.headers:
            return Answer({"message": "no"}, status)
        return Answer(LOG, kind="text/plain")

    script.on(PATH, answer)
    for _ in range(2):
        assert trace(gitlab, 7, 5, LOG[:5000], thorough=True) == Got(LOG[5000:], 5000, False, "whole")


def test_only_ranges_are_asked_for_uncompressed(gitlab: GitLabSource, script: Scripted) -> None:
    """A range counts the bytes of the answer as sent; an offset those of the log, and all that comes is unpacked."""
    Server(script, zips=True)
    for size in (5000, 6000):
        assert trace(gitlab, 7, 5, LOG[:size]).data == LOG[size:]
    asked = [("Range" in seen.headers, "gzip" in seen.headers["Accept-Encoding"]) for seen in script.seen]
    assert asked == [(True, False), (False, True), (False, True)]


def test_reading_a_log_prints_nothing(
    gitlab: GitLabSource, script: Scripted, capfd: pytest.CaptureFixture[str]
) -> None:
    Server(script)
    trace(gitlab, 7, 5, LOG[:100])
    assert capfd.readouterr() == ("", "")


def test_no_log_yet_is_an_empty_answer(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b""
    assert trace(gitlab, 7, 5, b"") == Got(b"", 0, False, "whole")


def test_a_long_log_comes_in_pieces_and_the_rest_may_be_left(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = LONG
    pieces = gitlab.trace(7, 5, 0, lambda start, length: b"")
    first, second = next(pieces), next(pieces)
    pieces.close()
    assert (first.offset, second.offset) == (0, len(first.data))
    assert 0 < len(first.data) <= CHUNK and first.data + second.data == LONG[: 2 * CHUNK]
    assert trace(gitlab, 7, 5, first.data + second.data).data == LONG[2 * CHUNK :]


def test_bytes_come_as_they_are(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b"\xff\xfe\x1b[31m\r\n\x00" + "é".encode()[:1]
    assert trace(gitlab, 7, 5, b"").data == server.log


def test_a_login_page_never_gets_into_a_log(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer("<html>Sign in</html>", kind="text/html"))
    with pytest.raises(BadAnswer, match="instead"):
        trace(gitlab, 7, 5, b"")


def test_a_debug_trace_is_for_developers_only(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer({"message": "403 Forbidden"}, 403))
    with pytest.raises(Forbidden) as caught:
        trace(gitlab, 7, 5, b"")
    assert "CI_DEBUG_TRACE" in caught.value.hint


def test_a_missing_job(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer({"message": "404 Not found"}, 404))
    with pytest.raises(NotFound, match="job 5"):
        trace(gitlab, 7, 5, b"")


@pytest.mark.parametrize("offset", [0, 1000, 70_000])
@pytest.mark.parametrize("cut", [1, 100, CHUNK, 3 * CHUNK + 17])
def test_what_came_before_a_connection_was_cut_is_good_and_the_next_call_goes_on_behind_it(
    gitlab: GitLabSource, script: Scripted, offset: int, cut: int
) -> None:
    def answer(seen: Seen) -> Answer:
        start = max(offset - 64, 0) if "Range" in seen.headers else 0
        head = {"Content-Range": f"bytes {start}-{len(LONG) - 1}/{len(LONG)}"} if "Range" in seen.headers else {}
        body = LONG[start : offset + cut]
        more = {"Content-Length": str(len(LONG) - start), "Connection": "close", **head}
        return Answer(body, 206 if head else 200, more, "text/plain")

    script.on(PATH, answer)
    held = LONG[:offset]
    with pytest.raises(Unreachable):
        for piece in gitlab.trace(7, 5, offset, lambda start, length: LONG[:offset][start : start + length]):
            assert piece.offset == len(held) and not piece.reset
            held += piece.data
    assert held == LONG[: len(held)] and offset + cut - len(held) < CHUNK
    Server(script, ranges=True).log = LONG
    assert held + trace(gitlab, 7, 5, held).data == LONG


@pytest.mark.parametrize("body", [LOG[:3000], b""])
def test_an_answer_that_is_too_short_and_does_not_tell_its_length_is_no_shorter_log(
    gitlab: GitLabSource, script: Scripted, body: bytes
) -> None:
    script.on(PATH, Answer(body, kind="text/plain", endless=True))
    with pytest.raises(BadAnswer, match="did not tell its length"):
        trace(gitlab, 7, 5, LOG[:5000])


def test_a_log_that_is_dropped_here_meanwhile_is_not_taken_for_a_rewritten_one(
    gitlab: GitLabSource, script: Scripted
) -> None:
    Server(script)
    with pytest.raises(StoreError, match="dropped here"):
        list(gitlab.trace(7, 5, 5000, lambda start, length: b""))
