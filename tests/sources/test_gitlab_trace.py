"""Reading a log on from where we stopped, on servers of all kinds."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from data.errors import BadAnswer, Forbidden, NotFound, Unreachable
from data.sources.gitlab import GitLabSource, trace
from tests.sources.scripted import Answer, Scripted, Seen

PATH = "/api/v4/projects/7/jobs/5/trace"
LOG = b"".join(b"2026-01-01T00:00:%02d.000000Z 00O line %d\n" % (n % 60, n) for n in range(400))
TAIL = 64


class Server:
    """A trace endpoint whose log changes; knows what it is told to know."""

    def __init__(self, script: Scripted, *, offsets: bool = False, ranges: bool = False) -> None:
        self.log, self.offsets, self.ranges, self.script = LOG, offsets, ranges, script
        script.on(PATH, self.answer)

    def answer(self, seen: Seen) -> Answer:
        if self.offsets and "byte_offset" in seen.query:
            start = int(seen.query["byte_offset"][0])
            limit = int(seen.query.get("byte_limit", [str(len(self.log))])[0])
            return Answer(self.log[start : start + limit], kind="text/plain")
        asked = re.match(r"bytes=(\d+)-", seen.headers.get("Range", ""))
        if self.ranges and asked:
            start = int(asked[1])
            if start >= len(self.log):
                return Answer(b"", 416, {"Content-Range": f"bytes */{len(self.log)}"}, "text/plain")
            head = {"Content-Range": f"bytes {start}-{len(self.log) - 1}/{len(self.log)}"}
            return Answer(self.log[start:], 206, head, "text/plain")
        return Answer(self.log, kind="text/plain")


Make = Callable[..., Server]
KINDS = [{}, {"offsets": True}, {"ranges": True}, {"offsets": True, "ranges": True}]
NAMES = ["whole", "byte_offset", "range", "both"]


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@pytest.mark.parametrize("offset", [1, 10, 64, 65, 1000, len(LOG) - 1])
def test_the_rest_of_a_log(gitlab: GitLabSource, script: Scripted, kind: dict[str, bool], offset: int) -> None:
    Server(script, **kind)
    found = gitlab.trace(7, 5, offset, LOG[:offset][-TAIL:])
    assert (found.data, found.offset, found.reset) == (LOG[offset:], offset, False)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_log_that_grows_is_read_piece_by_piece(gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]) -> None:
    server, held = Server(script, **kind), b""
    for size in (0, 10, 10, 200, 201, 5000, len(LOG), len(LOG)):
        server.log = LOG[:size]
        found = gitlab.trace(7, 5, len(held), held[-TAIL:])
        assert not found.reset
        assert found.offset == len(held)
        held += found.data
        assert held == LOG[:size]


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_without_a_tail_the_rest_is_read_unchecked(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]
) -> None:
    Server(script, **kind)
    gitlab.trace(7, 5, 3000, LOG[:3000][-TAIL:])
    for offset in (10, len(LOG)):
        found = gitlab.trace(7, 5, offset, b"")
        assert (found.data, found.offset, found.reset) == (LOG[offset:], offset, False)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_nothing_new(gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]) -> None:
    Server(script, **kind)
    found = gitlab.trace(7, 5, len(LOG), LOG[-TAIL:])
    assert (found.data, found.offset, found.reset, found.more) == (b"", len(LOG), False, False)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
@pytest.mark.parametrize("log", [LOG[:1000], b"", b"short"])
def test_a_log_that_shrank_is_read_anew(
    gitlab: GitLabSource, script: Scripted, kind: dict[str, bool], log: bytes
) -> None:
    server = Server(script, **kind)
    gitlab.trace(7, 5, 3000, LOG[:3000][-TAIL:])
    server.log = log
    found = gitlab.trace(7, 5, len(LOG), LOG[-TAIL:])
    assert (found.data, found.offset, found.reset) == (log, 0, True)


@pytest.mark.parametrize("kind", KINDS, ids=NAMES)
def test_a_log_that_was_rewritten_is_read_anew(gitlab: GitLabSource, script: Scripted, kind: dict[str, bool]) -> None:
    server = Server(script, **kind)
    gitlab.trace(7, 5, 3000, LOG[:3000][-TAIL:])
    server.log = LOG.replace(b"line", b"LINE") + b"more"
    found = gitlab.trace(7, 5, 3000, LOG[:3000][-TAIL:])
    assert (found.data, found.offset, found.reset) == (server.log, 0, True)


def test_byte_offset_is_found_out_once_with_a_few_bytes(gitlab: GitLabSource, script: Scripted) -> None:
    Server(script, offsets=True)
    assert gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:]).how == "byte_offset"
    assert gitlab.trace(7, 5, 6000, LOG[:6000][-TAIL:]).how == "byte_offset"
    assert [seen.query for seen in script.seen] == [
        {"byte_offset": ["4936"], "byte_limit": ["64"]},
        {"byte_offset": ["4936"]},
        {"byte_offset": ["5936"]},
    ]


def test_a_server_without_it_is_asked_for_a_range_and_not_again_for_an_offset(
    gitlab: GitLabSource, script: Scripted
) -> None:
    Server(script, ranges=True)
    assert gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:]).how == "range"
    assert gitlab.trace(7, 5, 6000, LOG[:6000][-TAIL:]).how == "range"
    assert [("byte_offset" in seen.query, seen.headers.get("Range")) for seen in script.seen] == [
        (True, None),
        (False, "bytes=4936-"),
        (False, "bytes=5936-"),
    ]


def test_an_old_server_sends_all_and_the_known_part_is_discarded(gitlab: GitLabSource, script: Scripted) -> None:
    Server(script)
    assert gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:]).how == "whole"


def test_a_log_that_repeats_itself_does_not_deceive_the_detection(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b"x" * 10_000
    found = gitlab.trace(7, 5, 9_000, b"x" * TAIL)
    assert (len(found.data), found.how, found.reset) == (1_000, "whole", False)


def test_an_archived_log_may_ignore_the_offset_that_a_live_one_honours(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script, offsets=True)
    assert gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:]).how == "byte_offset"
    server.offsets = False
    found = gitlab.trace(7, 5, 6000, LOG[:6000][-TAIL:])
    assert (found.data, found.how, found.reset) == (LOG[6000:], "whole", False)


def test_a_range_that_begins_elsewhere_is_understood_by_what_it_says(gitlab: GitLabSource, script: Scripted) -> None:
    def answer(seen: Seen) -> Answer:
        if "Range" not in seen.headers:
            return Answer(LOG, kind="text/plain")
        return Answer(LOG[4000:], 206, {"Content-Range": f"bytes 4000-{len(LOG) - 1}/{len(LOG)}"}, "text/plain")

    script.on(PATH, answer)
    assert gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:]).data == LOG[5000:]


def test_the_answer_is_asked_for_uncompressed_since_offsets_count_bytes(gitlab: GitLabSource, script: Scripted) -> None:
    Server(script)
    gitlab.trace(7, 5, 5000, LOG[:5000][-TAIL:])
    assert {seen.headers["Accept-Encoding"] for seen in script.seen} == {"identity"}


def test_reading_a_log_prints_nothing(
    gitlab: GitLabSource, script: Scripted, capfd: pytest.CaptureFixture[str]
) -> None:
    Server(script)
    gitlab.trace(7, 5, 100, LOG[:100])
    assert capfd.readouterr() == ("", "")


def test_no_log_yet_is_an_empty_answer(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b""
    found = gitlab.trace(7, 5, 0, b"")
    assert (found.data, found.reset) == (b"", False)


def test_a_very_long_log_comes_in_pieces_and_the_stream_is_closed_early(
    gitlab: GitLabSource, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trace, "MAX_PIECE", 1000)
    Server(script)
    first = gitlab.trace(7, 5, 0, b"")
    assert (len(first.data), first.more) == (1000, True)
    second = gitlab.trace(7, 5, 1000, first.data[-TAIL:])
    assert (second.data, second.more) == (LOG[1000:2000], True)


def test_bytes_come_as_they_are(gitlab: GitLabSource, script: Scripted) -> None:
    server = Server(script)
    server.log = b"\xff\xfe\x1b[31m\r\n\x00" + "é".encode()[:1]
    assert gitlab.trace(7, 5, 0, b"").data == server.log


def test_a_login_page_never_gets_into_a_log(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer("<html>Sign in</html>", kind="text/html"))
    with pytest.raises(BadAnswer, match="instead"):
        gitlab.trace(7, 5, 0, b"")


def test_a_debug_trace_is_for_developers_only(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer({"message": "403 Forbidden"}, 403))
    with pytest.raises(Forbidden) as caught:
        gitlab.trace(7, 5, 0, b"")
    assert "CI_DEBUG_TRACE" in caught.value.hint


def test_a_missing_job(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(PATH, Answer({"message": "404 Not found"}, 404))
    with pytest.raises(NotFound, match="job 5"):
        gitlab.trace(7, 5, 0, b"")


def test_a_stream_that_breaks_off_is_an_error_and_no_short_log(gitlab: GitLabSource, script: Scripted) -> None:
    script.on(
        PATH, Answer(LOG, headers={"Content-Length": str(len(LOG) + 100), "Connection": "close"}, kind="text/plain")
    )
    with pytest.raises(Unreachable):
        gitlab.trace(7, 5, 0, b"")
