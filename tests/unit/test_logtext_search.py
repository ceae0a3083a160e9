"""Finding lines: what is found is what is shown, in files of any kind that grow, and the quick way to the first one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.logtext import LogIndex, compile_pattern, error_pattern, findwindow, plain, search
from data.logtext.kinds import is_error
from data.logtext.search import find_first, find_lines
from tests.unit.noise import noise

STAMP = b"2026-11-20T10:%02d:%02d.020010Z 00O"
HEADER = STAMP % (10, 11)

PIECES = [
    *(b"loss", b"Error", b"ERROR: no", b"lo", b"ss", b"s", b"K", b"i", b"a b", b"  ", b" ", b"\t", b"=0.25", b"x-1"),
    *("é".encode(), "É".encode(), "日本語".encode(), "ſ".encode(), "İı".encode(), "\u212a".encode(), "…".encode()),
    *("\u00a0".encode(), "\u200b".encode(), "\u202e".encode(), "\u0085".encode(), "\u2028".encode(), "\ufffd".encode()),
    *(
        b"\xff",
        b"\xe6",
        b"\x97\xa5",
        b"\xc4",
        b"\xc2\x9b31m",
        b"\x00",
        b"\x07",
        b"\x0b",
        b"\x7f",
        b"\b",
        b"\r",
        b"\r\r",
    ),
    *(
        b"\x1b[31m",
        b"\x1b[0m",
        b"\x1b[m",
        b"\x1b[38;5;1m",
        b"\x1b[0K",
        b"\x1b[2K",
        b"\x1b[5G",
        b"\x1b[1;",
        b"\x1b",
        b"[",
    ),
    *(b"\x1b[J", b"\x1b[2J", b"\r\x1b[K", b"\x1b[2K\r", b"\r\x1b\x1b[0m[K", b"\x1b[D", b"\x1b[2C"),
    *(b"\x1b]8;;http://loss\x07", b"\x1b]0;loss\x1b\\", b"\x1b(B", b"\x1bM", b"0m", b"31m"),
    *(
        HEADER + b" ",
        HEADER + b"+",
        b"2026-11-20",
        b"\x1b[0m" + HEADER + b" ",
        b"\n" + HEADER + b" ",
        b"\n" + HEADER + b"+",
    ),
    *(b"section_start:1700000000:loss\r\x1b[0K", b"section_end:1700000001:loss\r", b"section_start:17:loss[a=b]\r"),
    *(b"section_", b"\n", b"\n", b"\n", b"\r\n", b"\r\n", b"\n\n"),
]
"""What logs are made of, and what they are attacked with."""

RUNS = [(b"y", 600), (b"z\t", 300), (b"\t", 513), (b"w", 4090), (b"v", 4096), (b"q", 33_000), (b"c\x1b[1m", 9000)]
RUNS += [(b"c" + b"\x1b[1m" * 20, 500), (b"v" * 4097 + b"\x1b[K", 1)]
"""What makes long lines: bytes, and how often they are repeated."""

LOGS = st.lists(st.sampled_from([*((piece, 1) for piece in PIECES), *RUNS]), max_size=60)
LITERALS = [
    *("loss", "Loss", "ss", "s", "k", "K", "i", "a b", "  ", " ", "o", "=0.25", "x-1", "error", "é", "É", "日本", "ſ"),
    *("\u212a", "\ufffd", "…", "z…", "qqq", "0m", "[", "31m", "2026", "00O ", "O lo", "section_", "\t", "\r", "losslo"),
]
REGEXES = [
    *("^", "$", "^$", "^loss", "loss$", "lo+s", "l.*s", r"\s", r"\bs\b", "(?!a)b", "loss|Error", "(lo|x)ss", "[^x]ss"),
    *(r"loss(?=\s)", r"s\Z", r"\Alo", "a?b", "ab{0}", "x-1|é", r"\x6coss", "(?i)LOSS", "(?#()loss", "(?#[)((])loss)?"),
    *("ss\nlo", "loss(?!\n)", r"\.25", "…$", "(?:lo)+", "lo{1,2}ss", "[]s]s", "l(?-i:o)ss", "é+ss", "s{2}", "a{", "."),
]


def written(path: Path, log: list[tuple[bytes, int]]) -> Path:
    path.write_bytes(b"".join(piece * count for piece, count in log))
    return path


def texts_of(path: Path) -> list[str]:
    """The clean text of every line of `path`."""
    index = LogIndex(path)
    assert index.extend().done
    texts = [plain(index.raw(number)) for number in range(index.lines)]
    index.close()
    return texts


def offsets_of(path: Path) -> list[int]:
    """Where every line of `path` begins."""
    index = LogIndex(path)
    assert index.extend().done
    offsets = [index.offset_of(number) for number in range(index.lines)]
    index.close()
    return offsets


def found_lines(path: Path, pattern: re.Pattern[str]) -> list[int]:
    numbers = [line for found in find_lines(path, pattern) for line in found.lines]
    assert numbers == sorted(set(numbers))
    return numbers


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "job.log"


@pytest.fixture(scope="module")
def any_log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("search") / "job.log"


def patterns() -> st.SearchStrategy[re.Pattern[str]]:
    case = st.sampled_from([None, True, False])
    literal = st.builds(compile_pattern, st.sampled_from(LITERALS), case=case)
    regex = st.builds(compile_pattern, st.sampled_from(REGEXES), regex=st.just(True), case=case)
    return literal | regex


CASES = [None, True, False]
ALL_PATTERNS = [
    *(compile_pattern(text, case=case) for text in LITERALS for case in CASES),
    *(compile_pattern(text, regex=True, case=case) for text in REGEXES for case in CASES[1:]),
]


FEW_PATTERNS = [compile_pattern(text, regex=True) for text in ("loss", "s", "…", " ", "qqq", "^$", "loss$", ".")]


def assert_found_around(part: bytes, log: Path, patterns: list[re.Pattern[str]]) -> None:
    """Search lines with `part` at their beginning, in the middle of a word, at their end, and where it overwrites."""
    lines = [part, b"lo" + part + b"ss", part + b"loss", b"loss" + part, b"a" + part + b"b"]
    lines += [b"loss" + part + b"lo\rx", b"loss\rl" + part]
    for header in (b"", HEADER + b" "):
        log.write_bytes(b"".join(header + line + b"\n" for line in [b"before", *lines, b"behind"]))
        texts = texts_of(log)
        for pattern in patterns:
            expected = [number for number, text in enumerate(texts) if pattern.search(text)]
            assert (pattern, found_lines(log, pattern)) == (pattern, expected)


@pytest.mark.parametrize("piece", PIECES)
def test_whatever_stands_in_a_line(log: Path, piece: bytes) -> None:
    assert_found_around(piece, log, ALL_PATTERNS)


@pytest.mark.parametrize("run", range(len(RUNS)))
def test_whatever_makes_a_line_long(log: Path, run: int) -> None:
    piece, count = RUNS[run]
    assert_found_around(piece * count, log, FEW_PATTERNS)


@settings(deadline=None)
@given(pieces=LOGS, pattern=patterns(), window=st.sampled_from([80, 400, 5000, findwindow.WINDOW]))
def test_what_is_found_is_what_is_shown(
    any_log: Path, pieces: list[tuple[bytes, int]], pattern: re.Pattern[str], window: int
) -> None:
    texts = texts_of(written(any_log, pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findwindow, "WINDOW", window)
        assert found_lines(any_log, pattern) == [n for n, text in enumerate(texts) if pattern.search(text)]


@settings(deadline=None)
@given(pieces=LOGS, window=st.sampled_from([80, 400, findwindow.WINDOW]))
def test_any_line_that_tells_of_an_error_is_found(any_log: Path, pieces: list[tuple[bytes, int]], window: int) -> None:
    texts = texts_of(written(any_log, pieces))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(findwindow, "WINDOW", window)
        assert found_lines(any_log, error_pattern()) == [n for n, text in enumerate(texts) if is_error(text)]


@settings(deadline=None)
@given(
    pieces=LOGS,
    pattern=patterns(),
    window=st.sampled_from([16, 400, search.QUICK_WINDOW]),
    near=st.integers(0, 300),
    far=st.none() | st.integers(0, 3000),
)
def test_the_first_match_is_one(
    any_log: Path, pieces: list[tuple[bytes, int]], pattern: re.Pattern[str], window: int, near: int, far: int | None
) -> None:
    written(any_log, pieces)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(search, "QUICK_WINDOW", window)
        first = find_first(any_log, pattern, offset=near, size=far)
    if first is not None:
        texts = texts_of(any_log)
        assert near <= first < any_log.stat().st_size
        assert far is None or first < far
        assert pattern.search(texts[offsets_of(any_log).index(first)])


@pytest.mark.parametrize(
    "text", ["number", "ERROR number 1", "100%|##########", "日本語 日本", "^no header", "Head$", "step .*5$", "s"]
)
def test_searching_a_large_log(log: Path, text: str) -> None:
    log.write_bytes(noise(6000, 9))
    assert log.stat().st_size > 3 * findwindow.WINDOW
    pattern = compile_pattern(text, regex=True, case=False)
    expected = [number for number, shown in enumerate(texts_of(log)) if pattern.search(shown)]
    assert expected
    assert found_lines(log, pattern) == expected


@pytest.mark.parametrize("text", ["number", "100%|##########", "日本語 日本", "^no header", "Head$", "step .*5$", "s"])
def test_the_first_match_in_a_large_log(log: Path, text: str) -> None:
    log.write_bytes(noise(6000, 9))
    pattern = compile_pattern(text, regex=True, case=False)
    expected = [number for number, shown in enumerate(texts_of(log)) if pattern.search(shown)]
    offsets = offsets_of(log)
    assert find_first(log, pattern) == offsets[expected[0]]
    middle = expected[len(expected) // 2]
    assert find_first(log, pattern, offset=offsets[middle]) == offsets[middle]
    assert find_first(log, pattern, offset=offsets[middle] + 1) == offsets[expected[len(expected) // 2 + 1]]
    assert find_first(log, pattern, offset=offsets[expected[-1]] + 1) is None
    assert find_first(log, pattern, size=offsets[expected[0]]) is None
    assert find_first(log, pattern, stop=lambda: True) is None


def test_searching_goes_on_where_it_stopped(log: Path) -> None:
    data = noise(2000, 4)
    log.write_bytes(data)
    expected = [number for number, text in enumerate(texts_of(log)) if "step" in text]
    log.write_bytes(b"")
    pattern = compile_pattern("step")
    offset = line = position = 0
    hits: list[int] = []
    for size in (10, 31, 5000, 1, 1, 70_000, 33, 400_000, len(data)):
        with log.open("ab") as file:
            file.write(data[position : position + size])
        position += size
        for found in find_lines(log, pattern, offset=offset, line=line):
            hits += [number for number in found.lines if not hits or number > hits[-1]]
            offset, line = found.offset, found.line
    assert hits == expected


def test_a_line_that_is_longer_than_a_window_is_one_line(log: Path) -> None:
    long = b"a" + b"x" * (3 * findwindow.WINDOW) + b"b"
    progress = (b"\n" + HEADER + b"+").join([HEADER + b" begin", *[b"step\r"] * 20_000, b"end"])
    log.write_bytes(b"first a\n" + long + b"\n" + b"a b\n" + progress + b"\nlast")
    assert len(progress) > 2 * findwindow.WINDOW
    assert found_lines(log, compile_pattern("a")) == [0, 1, 2, 4]
    assert found_lines(log, compile_pattern("b")) == [2]
    assert found_lines(log, compile_pattern("end")) == [3]
    assert found_lines(log, compile_pattern("^last$", regex=True)) == [4]
    assert find_first(log, compile_pattern("a b")) == len(b"first a\n") + len(long) + 1


def test_the_end_of_a_growing_line_longer_than_a_window_is_searched_again(log: Path) -> None:
    log.write_bytes(b"first\n" + b"x" * (2 * findwindow.WINDOW))
    *_, found = find_lines(log, compile_pattern("end"))
    assert (list(found.lines), found.offset, found.line) == ([], len(b"first\n"), 1)
    with log.open("ab") as file:
        file.write(b"\rend\nnext")
    *_, found = find_lines(log, compile_pattern("end|next", regex=True), offset=found.offset, line=found.line)
    assert (found.line, found.offset) == (2, log.stat().st_size - len(b"next"))
    assert found_lines(log, compile_pattern("end")) == [1]


def test_a_match_that_colours_cut_in_two_is_found_by_the_thorough_search(log: Path) -> None:
    log.write_bytes(b"x" * 100 + b"\nlo\x1b[31mss\x1b[0m\nloss\n")
    assert find_first(log, compile_pattern("loss")) == 101 + len(b"lo\x1b[31mss\x1b[0m\n")
    assert found_lines(log, compile_pattern("loss")) == [1, 2]


def test_headers_are_not_searched(log: Path) -> None:
    log.write_bytes(b"".join(HEADER + b" text %d\n" % number for number in range(2000)))
    assert found_lines(log, compile_pattern("2026")) == []
    assert find_first(log, compile_pattern("2026")) is None
    assert found_lines(log, compile_pattern("2026-11-20T", regex=True)) == []
    assert len(found_lines(log, compile_pattern("^text", regex=True))) == 2000
    with log.open("ab") as file:
        file.write(HEADER + b" in 2026\n")
    assert found_lines(log, compile_pattern("2026")) == [2000]


@pytest.mark.parametrize("line", ["\u017f", "a\u017f\rb", "a\u017f\x1b[1Gb"])
def test_a_character_that_counts_as_an_ascii_letter_when_case_is_ignored(log: Path, line: str) -> None:
    log.write_bytes(f"none\n{line}\n".encode())
    assert found_lines(log, compile_pattern("s")) == [1]
    assert found_lines(log, compile_pattern("s", case=True)) == []


def test_smart_case() -> None:
    assert compile_pattern("loss").search("LOSS")
    assert not compile_pattern("Loss").search("loss")
    assert not compile_pattern("loss", case=True).search("LOSS")
    assert compile_pattern("a.b").search("xa.b")
    assert not compile_pattern("a.b").search("axb")
    with pytest.raises(re.error):
        compile_pattern("(", regex=True)


def test_error_lines(log: Path) -> None:
    log.write_bytes(noise(3000, 6) + b"Traceback (most recent call last):\n  File x\nValueError: bad\n0 errors\n")
    texts = texts_of(log)
    expected = [number for number, text in enumerate(texts) if is_error(text)]
    assert found_lines(log, error_pattern()) == expected
    assert len(expected) > 100
    assert texts[expected[-1]] == "ValueError: bad"


def test_searching_nothing_and_no_file(log: Path) -> None:
    log.write_bytes(b"")
    assert found_lines(log, compile_pattern("x")) == []
    assert find_first(log, compile_pattern("x")) is None
    missing = log.with_name("no.log")
    with pytest.raises(FileNotFoundError):
        found_lines(missing, compile_pattern("x"))
    with pytest.raises(FileNotFoundError):
        find_first(missing, compile_pattern("x"))
