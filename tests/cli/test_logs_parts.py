"""Parts of a log: since a time, the end, a section, lines that match, and what failed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.logtext import parse_line
from data.model import JobRun
from data.store.place import LOG_FOLDER
from tests import world
from tests.cli.conftest import Invoke, failed_job, fill
from tests.cli.test_lists import KEYS

BEGIN = datetime(2026, 3, 2, 11, 58, tzinfo=UTC)
"""When the runner began; the world's time is two minutes later."""


def stamp(seconds: float, *, more: bool = False) -> str:
    """The runner's header of a line."""
    return f"{BEGIN + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S.%fZ} 00O{'+' if more else ' '}"


def section(what: str, seconds: int, name: str, text: str = "", options: str = "") -> str:
    """A section marker, with the text behind it."""
    return f"\x1b[0Ksection_{what}:{int(BEGIN.timestamp()) + seconds}:{name}{options}\r\x1b[0K{text}"


LINES = [
    (0, "Running with gitlab-runner 17.9.0"),
    (0, section("start", 0, "get_sources", "\x1b[36;1mGetting source\x1b[0;m")),
    (1, "Fetching changes"),
    (2, section("end", 2, "get_sources") + section("start", 2, "step_script", "\x1b[36;1mExecuting step\x1b[0;m")),
    (3, "\x1b[32;1m$ pytest\x1b[0;m"),
    (4, section("start", 4, "step_install", "", "[collapsed=true]")),
    (5, "Collecting torch"),
    (14, section("end", 14, "step_install")),
    (15, "test_one \x1b[32mPASSED"),
    (16, "test_two FAILED"),
    (17, "\x1b[0mcollected 2 items"),
    (75, "Traceback (most recent call last):"),
    (75, '  File "train.py", line 12, in <module>'),
    (75.5, "RuntimeError: CUDA out of memory"),
    (80, section("end", 80, "step_script") + section("start", 80, "after_script", "Running after_script")),
    (81, "cleaning up"),
    (90, section("end", 90, "after_script")),
    (90, "\x1b[31;1mERROR: Job failed: exit code 1\x1b[0;m"),
]
"""A log, as seconds since its beginning and text."""

STAMPED = "".join(f"{stamp(seconds)}{text}\n" for seconds, text in LINES).encode()


def hold(store_file: Path, log: bytes) -> None:
    """Give the failed job this log, complete."""
    path = store_file.parent / LOG_FOLDER / "gitlab" / "1" / "1033.log"
    path.write_bytes(log)
    [job] = failed_job(complete=True)
    assert isinstance(job, JobRun)
    fill(store_file, [replace(job, log=replace(job.log, size=len(log)))])


@pytest.fixture
def stamped(store_file: Path) -> Path:
    """The failed job's log has timestamps and sections."""
    hold(store_file, STAMPED)
    return store_file


@pytest.fixture
def bare(store_file: Path) -> Path:
    """The failed job's log has no timestamps."""
    hold(store_file, world.LOG)
    return store_file


def lines(invoke: Invoke, *words: str, code: int = 0) -> list[str]:
    """What is printed of the log."""
    shown = invoke("logs", "1033", *words)
    assert shown.code == code, shown.err
    return shown.out.splitlines()


@pytest.mark.usefixtures("stamped")
@pytest.mark.parametrize(
    ("since", "first"),
    [
        ("2026-03-02T11:59:00Z", "Traceback (most recent call last):"),
        ("2026-03-02 11:59:15.4+00:00", "RuntimeError: CUDA out of memory"),
        ("11:58:16", "test_two FAILED"),
        ("11:59", "Traceback (most recent call last):"),
        ("2026-03-02T11:58:16", "test_two FAILED"),
        ("2020-01-01", "Running with gitlab-runner 17.9.0"),
        ("23:00", "Running with gitlab-runner 17.9.0"),
        ("100w", "Running with gitlab-runner 17.9.0"),
    ],
)
def test_since(invoke: Invoke, since: str, first: str) -> None:
    shown = lines(invoke, "--since", since)
    assert shown[0] == first
    assert shown[-1] == "ERROR: Job failed: exit code 1"


@pytest.mark.usefixtures("stamped")
def test_since_the_end_is_nothing(invoke: Invoke) -> None:
    assert lines(invoke, "--since", "2026-03-02T12:00Z") == []


@pytest.mark.usefixtures("bare")
def test_since_needs_timestamps(invoke: Invoke) -> None:
    shown = invoke("logs", "1033", "--since", "12:30")
    assert (shown.code, shown.out) == (2, "")
    assert "this log has no timestamps" in shown.err


@pytest.mark.usefixtures("stamped")
def test_the_colours_that_are_on_before_the_first_line_stay_on(invoke: Invoke) -> None:
    [first, *_] = lines(invoke, "--since", "11:58:16", "--color")
    assert first == "\x1b[38;5;2mtest_two FAILED\x1b[0m"


@pytest.mark.usefixtures("bare")
def test_tail(invoke: Invoke) -> None:
    everything = lines(invoke)
    for count in (0, 1, 3, len(everything), 10_000):
        assert lines(invoke, "--tail", str(count)) == everything[len(everything) - min(count, len(everything)) :]


@pytest.mark.usefixtures("stamped")
def test_tail_counts_what_is_printed(invoke: Invoke) -> None:
    assert lines(invoke, "--tail", "3") == ["Running after_script", "cleaning up", "ERROR: Job failed: exit code 1"]
    assert lines(invoke, "--tail", "1", "--grep", "test_") == ["test_two FAILED"]
    assert lines(invoke, "--tail", "2", "--section", "get_sources") == ["Fetching changes", "get_sources took 0:02"]


def test_tail_of_a_large_log(invoke: Invoke, store_file: Path) -> None:
    hold(store_file, b"".join(b"line %d of a log that is large\n" % number for number in range(200_000)))
    assert lines(invoke, "--tail", "1") == ["line 199999 of a log that is large"]
    assert len(lines(invoke, "--tail", "60000")) == 60_000
    assert lines(invoke, "--tail", "199990")[0] == "line 10 of a log that is large"


@pytest.mark.usefixtures("stamped")
def test_a_section_with_its_heading_and_its_time(invoke: Invoke) -> None:
    assert lines(invoke, "--section", "get_sources") == ["Getting source", "Fetching changes", "get_sources took 0:02"]
    assert lines(invoke, "--section", "step_script") == [
        "Executing step",
        "$ pytest",
        "step_install",
        "Collecting torch",
        "step_install took 0:10",
        "test_one PASSED",
        "test_two FAILED",
        "collected 2 items",
        "Traceback (most recent call last):",
        '  File "train.py", line 12, in <module>',
        "RuntimeError: CUDA out of memory",
        "step_script took 1:18",
    ]


@pytest.mark.usefixtures("stamped")
def test_sections_by_glob(invoke: Invoke) -> None:
    shown = lines(invoke, "--section", "*_s[oc]*")
    assert {"get_sources took 0:02", "step_script took 1:18", "after_script took 0:10"} <= set(shown)
    assert "Running with gitlab-runner 17.9.0" not in shown
    assert lines(invoke, "--section", "step_i*") == ["step_install", "Collecting torch", "step_install took 0:10"]


@pytest.mark.usefixtures("stamped")
def test_an_unknown_section_names_the_ones_there_are(invoke: Invoke) -> None:
    shown = invoke("logs", "1033", "--section", "step_scrpt")
    assert (shown.code, shown.out) == (3, "")
    assert "there is no section step_scrpt in this log" in shown.err
    assert "get_sources, step_script, step_install, after_script" in shown.err


def test_a_log_without_sections_says_so(invoke: Invoke, store_file: Path) -> None:
    hold(store_file, b"just text\n")
    shown = invoke("logs", "1033", "--section", "step_script")
    assert shown.code == 3
    assert "this log has none" in shown.err
    summary = invoke("logs", "1033", "--sections")
    assert (summary.code, summary.out) == (0, "")
    assert "this log has no sections" in summary.err


@pytest.mark.usefixtures("stamped")
@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["--grep", "failed"], [9, 17]),
        (["--grep", "FAILED"], [9]),
        (["--grep", "FAILED", "-i"], [9, 17]),
        (["--grep", r"^test_\w+ (PASS|FAIL)ED$"], [8, 9]),
        (["--grep", "collect", "--section", "step_install"], [6]),
        (["--grep", "e", "--since", "11:59:20"], [14, 15, 17]),
        (["--grep", "cuda", "--context", "1"], [12, 13, 14]),
        (["--grep", "Fetching|cleaning", "-C", "1"], [1, 2, 3, None, 14, 15, 17]),
    ],
)
def test_grep(invoke: Invoke, words: list[str], found: list[int | None]) -> None:
    texts = [parse_line(text.encode()).text for _, text in LINES]
    assert lines(invoke, *words) == ["--" if number is None else texts[number] for number in found]


@pytest.mark.usefixtures("stamped")
def test_grep_marks_what_matched(invoke: Invoke) -> None:
    assert lines(invoke, "--grep", "PASS", "--color") == [
        "test_one \x1b[7;38;5;2mPASS\x1b[0m\x1b[38;5;2mED\x1b[0m",
    ]


@pytest.mark.usefixtures("stamped")
def test_nothing_that_matches_is_exit_code_1(invoke: Invoke) -> None:
    assert lines(invoke, "--grep", "no such text", code=1) == []
    assert lines(invoke, "--grep", "Fetching", "--since", "11:59", code=1) == []


@pytest.mark.usefixtures("stamped")
def test_the_times_before_the_lines(invoke: Invoke) -> None:
    assert lines(invoke, "--grep", "test_two", "--timestamps", "absolute") == ["11:58:16 test_two FAILED"]
    assert lines(invoke, "--grep", "Trace", "--timestamps", "relative") == [
        "+1:15    Traceback (most recent call last):"
    ]
    assert lines(invoke, "--grep", "Trace", "--timestamps", "delta") == ["+58.0s   Traceback (most recent call last):"]
    # the line before is the one that was printed, not the empty one with the section's end, 9 s later
    assert lines(invoke, "--tail", "1", "--timestamps", "delta") == ["         ERROR: Job failed: exit code 1"]
    assert lines(invoke, "--failing", "--timestamps", "delta")[-1] == "+9.0s    ERROR: Job failed: exit code 1"
    assert lines(invoke, "--since", "11:59:20", "--timestamps", "relative")[0] == "+1:20    Running after_script"
    assert lines(invoke, "--tail", "1", "--timestamps", "off") == ["ERROR: Job failed: exit code 1"]


@pytest.mark.usefixtures("stamped")
def test_the_summary_of_the_sections(invoke: Invoke) -> None:
    heading, *rows = lines(invoke, "--sections")
    assert heading.split() == ["line", "section", "took", "share"]
    assert [row.split() for row in rows] == [
        ["2", "get_sources", "0:02", "2%"],
        ["4", "step_script", "1:18", "87%", "failed"],
        ["6", "step_install", "0:10", "11%"],
        ["15", "after_script", "0:10", "11%"],
    ]
    assert "  step_install" in rows[2]


@pytest.mark.usefixtures("stamped")
def test_the_summary_as_json_has_stable_keys(invoke: Invoke) -> None:
    objects = invoke("logs", "1033", "--sections", "--json").json
    assert all(list(one) == KEYS["sections"] for one in objects)
    assert objects[1] == {
        "name": "step_script",
        "depth": 0,
        "seconds": 78,
        "share": 0.8667,
        "line": 4,
        "failing": True,
    }


@pytest.mark.usefixtures("stamped")
def test_from_what_failed_on(invoke: Invoke) -> None:
    shown = lines(invoke, "--failing")
    at = shown.index("Traceback (most recent call last):")
    assert at == 5
    assert shown[-1] == "ERROR: Job failed: exit code 1"
    assert lines(invoke, "--failing", "--context", "0")[0] == "Traceback (most recent call last):"


def test_nothing_failed(invoke: Invoke, store_file: Path) -> None:
    hold(store_file, b"all is well\nJob succeeded\n")
    shown = invoke("logs", "1033", "--failing")
    assert (shown.code, shown.out) == (1, "")
    assert "tells of a failure" in shown.err


def test_a_log_that_is_empty_has_no_file(invoke: Invoke, store_file: Path) -> None:
    hold(store_file, b"")
    (store_file.parent / LOG_FOLDER / "gitlab" / "1" / "1033.log").unlink()
    for words in ([], ["--tail", "3"], ["--raw"], ["--timestamps", "delta"], ["--since", "12:30"]):
        assert lines(invoke, *words) == []


@pytest.mark.usefixtures("stamped")
@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--grep", "("], "`(` is no regular expression"),
        (["--since", "yesterday"], "`yesterday` is no time"),
        (["--since", "25:00"], "`25:00` is no time"),
        (["--context", "3"], "--context goes with --grep or --failing alone"),
        (["-i"], "--ignore-case goes with --grep alone"),
        (["--json"], "--json goes with --sections alone"),
        (["--raw", "--grep", "x"], "--raw does not go with --grep"),
        (["--sections", "--tail", "3"], "--sections does not go with --tail"),
        (["--failing", "--since", "10m"], "--failing does not go with --since"),
        (["--tail", "-1"], "--tail"),
        (["--tail", "9" * 30], "--tail"),
        (["--grep", "x", "--context", "9" * 30], "--context"),
        (["--grep", "a{99999999999}"], "a number of repetitions is too large"),
        (["--timestamps", "never"], "never"),
    ],
)
def test_what_does_not_go(invoke: Invoke, words: list[str], sentence: str) -> None:
    shown = invoke("logs", "1033", *words)
    assert (shown.code, shown.out) == (2, "")
    assert sentence in shown.err


@pytest.mark.usefixtures("stamped")
def test_help_names_everything(invoke: Invoke) -> None:
    text = " ".join(invoke("logs", "--help").out.split())
    assert "lineside logs [OPTIONS] JOB | COMMAND" in text
    assert "Exit codes" in text
    for option in ("--follow", "--since", "--section", "--grep", "--sections", "--failing", "--raw", "--plain"):
        assert option in text
    assert "prune" in text.partition("Commands:")[2]
