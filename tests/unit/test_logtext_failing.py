"""The line that tells why a job failed, in logs as GitLab's runner and common tools write them."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.logtext import LogIndex
from data.logtext.failing import GAP, PIECE, WINDOW, failing_line

GREEN, RED, YELLOW, RESET = "\x1b[32;1m", "\x1b[31;1m", "\x1b[0;33m", "\x1b[0;m"
EXIT = f"{RED}ERROR: Job failed: exit code 1{RESET}"


def section(name: str, title: str, before: str = "") -> str:
    """The line on which one section ends and another begins."""
    end = f"section_end:1700000001:{before}\r\x1b[0K" if before else "\x1b[0K"
    return f"{end}section_start:1700000001:{name}\r\x1b[0K\x1b[0K\x1b[36;1m{title}{RESET}"


def command(text: str) -> str:
    return f"{GREEN}$ {text}{RESET}"


def job(
    script: list[str],
    verdict: str = EXIT,
    *,
    after: list[str] | None = None,
    behind: str = "upload_artifacts_on_failure",
) -> list[str]:
    """A log as a runner writes it, without timestamps."""
    lines = [
        "\x1b[0KRunning with gitlab-runner 18.5.0 (bda84871)",
        section("prepare_executor", "Preparing the executor"),
        section("restore_cache", "Restoring cache", "prepare_executor"),
        f"{RED}FATAL: file does not exist                        {RESET} ",
        f"{YELLOW}Failed to extract cache{RESET}",
        section("step_script", 'Executing "step_script" stage of the job script', "restore_cache"),
        *script,
    ]
    last = "step_script"
    if after is not None:
        lines += [section("after_script", "Running after_script", last), *after]
        last = "after_script"
    lines += [section(behind, "Uploading artifacts", last)]
    lines += [f"{YELLOW}WARNING: out/: no matching files{RESET} ", f"{RED}ERROR: No files to upload{RESET}"]
    lines += [section("cleanup_file_variables", "Cleaning up project directory and file based variables", behind)]
    return [*lines, f"section_end:1700000009:cleanup_file_variables\r\x1b[0K{verdict}"]


def stamped(lines: list[str]) -> list[str]:
    """The same from a runner with timestamps, which ends a line after each return."""
    head = "2026-11-20T10:00:07.020010Z 00O"
    return [f"{head} " + line.replace("\r", f"\r\n{head}+") for line in lines]


def shown(folder: Path, lines: list[str]) -> str | None:
    """The text of the line that is found; with and without timestamps it is the same."""
    texts = []
    for number, form in enumerate((lines, stamped(lines))):
        path = folder / f"{number}.log"
        path.write_text("\n".join(form) + "\n", "utf-8", newline="")
        index = LogIndex(path)
        index.extend()
        found = failing_line(index)
        texts.append(None if found is None else index.line(found).text)
        index.close()
    assert texts[0] == texts[1]
    return texts[0]


TRACEBACK = [
    "Traceback (most recent call last):",
    '  File "/builds/a/train.py", line 31, in main',
    "    step(batch)",
    "ValueError: Input contains NaN",
]

CHAINED = [
    "Traceback (most recent call last):",
    '  File "/builds/a/load.py", line 3, in read',
    "    return table[name]",
    "KeyError: 'amount'",
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    *TRACEBACK,
]

DEEP = [
    "Traceback (most recent call last):",
    *('  File "/builds/a/tree.py", line 9, in walk', "    walk(child)") * 900,
    "RecursionError: maximum recursion depth exceeded",
]

PYTEST = [
    "=== test session starts ===",
    "collected 84 items",
    "tests/test_model.py ....F...  [100%]",
    "",
    "=================================== FAILURES ===================================",
    "_____________________________ test_keeps_dtype _____________________________",
    "    def test_keeps_dtype():",
    ">       assert impute(frame).dtypes.equals(frame.dtypes)",
    "E       AssertionError: assert False",
    "tests/test_model.py:31: AssertionError",
    *["captured output"] * 100,
    "E       AssertionError: assert 1 == 2",
    "=========================== short test summary info ============================",
    "FAILED tests/test_model.py::test_keeps_dtype - AssertionError: assert False",
    "========================= 1 failed, 83 passed in 21.40s =========================",
]

QUIET = [f"epoch 3 step {step} loss=0.2" for step in range(3 * GAP)]


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        ([command("python train.py"), *QUIET, *TRACEBACK], "Traceback (most recent call last):"),
        ([command("python train.py"), "ERROR: retry 1", *QUIET, "ERROR: no disk"], "ERROR: no disk"),
        ([command("make"), "a.c:1:2: error: x", "a.c:4:2: error: y", "make: *** [a] Error 1"], "a.c:1:2: error: x"),
        ([command("pip install x"), "ERROR: pip's resolver", command("make"), "error: bad"], "error: bad"),
        ([command("./check.sh || code=$?"), "error: bad", command("exit $code")], "error: bad"),
        ([command("cat a.txt"), command("test -f b.txt")], "$ test -f b.txt"),
        (
            [command("poetry run x"), "/bin/bash: line 160: poetry: command not found"],
            "/bin/bash: line 160: poetry: command not found",
        ),
        ([command("echo ERROR: none"), "ERRORS are not shouted", "$ 5 per item"], "$ echo ERROR: none"),
        ([command("echo ERROR: none"), command("test -f b.txt")], "$ test -f b.txt"),
        ([command("train"), "error: one", "\r".join(map(str, range(9 * GAP))), "error: two"], "error: one"),
        (["nothing at all"], "ERROR: Job failed: exit code 1"),
        ([command("train"), "10%\r20%\r\x1b[KERROR lost\r\x1b[K100%", "Error: real"], "Error: real"),
        (
            [command("torchrun"), *(f"[rank1]: {line}" for line in TRACEBACK)],
            "[rank1]: Traceback (most recent call last):",
        ),
    ],
)
def test_why_a_script_failed(tmp_path: Path, script: list[str], expected: str) -> None:
    assert shown(tmp_path, job(script)) == expected
    assert shown(tmp_path, job(script, after=["cleaning", "ERROR: after_script is broken, too"])) == expected


def number_of(tmp_path: Path, lines: list[str]) -> int | None:
    path = tmp_path / "job.log"
    path.write_text("\n".join(lines) + "\n", newline="")
    index = LogIndex(path)
    index.extend()
    index.finish()
    found = failing_line(index)
    index.close()
    return found


@pytest.mark.parametrize("failure", [TRACEBACK, CHAINED, DEEP], ids=["plain", "chained", "deep"])
def test_a_traceback_begins_with_its_first_line(tmp_path: Path, failure: list[str]) -> None:
    script = [command("python train.py"), *QUIET, "2026-11-20 10:00 ERROR last words", *["more"] * 20, *failure]
    lines = job([*script, "make: *** [train] Error 1"])
    assert number_of(tmp_path, lines) == lines.index(failure[0])


def test_a_test_report_begins_with_its_heading(tmp_path: Path) -> None:
    expected = PYTEST[4]
    assert shown(tmp_path, job([command("pytest"), *PYTEST])) == expected
    assert (
        shown(tmp_path, job([command("make check"), "ERROR in a log", *PYTEST, "make: *** [check] Error 1"]))
        == expected
    )
    errors = expected.replace("FAILURES", "ERRORS").replace("=======", "========")
    both = [*PYTEST[:4], errors, "E   fixture 'x' not found", *PYTEST[4:]]
    assert shown(tmp_path, job([command("pytest"), *both])) == errors
    again = [command("make check"), *both, *PYTEST[:4], PYTEST[4].replace("=", "=="), *PYTEST[5:]]
    assert shown(tmp_path, job(again)) == PYTEST[4].replace("=", "==")
    twice = [command("pytest a"), *PYTEST, command("pytest b"), *TRACEBACK]
    assert shown(tmp_path, job(twice)) == "Traceback (most recent call last):"
    brief = [command("pytest --tb=no -q"), *PYTEST[-3:]]
    assert shown(tmp_path, job(brief)) == PYTEST[-2]


def test_errors_behind_a_script_that_succeeded_count(tmp_path: Path) -> None:
    lines = job([command("make"), "ERROR: ignored"], behind="upload_artifacts_on_success")
    assert shown(tmp_path, lines) == "ERROR: No files to upload"


def test_a_job_that_never_came_to_its_script(tmp_path: Path) -> None:
    lines = [
        "\x1b[0KRunning with gitlab-runner 18.5.0 (bda84871)",
        section("prepare_executor", "Preparing the executor"),
        "WARNING: Failed to pull image with policy",
        "ERROR: Preparation failed: manifest unknown",
        "Will be retried in 3s ...",
        f"section_end:1700000009:prepare_executor\r\x1b[0K{RED}ERROR: Job failed (system failure): no image{RESET}",
    ]
    assert shown(tmp_path, lines) == "ERROR: Preparation failed: manifest unknown"
    git = [section("get_sources", "Getting source"), "fatal: unable to access 'https://git.example.com/'", EXIT]
    assert shown(tmp_path, git) == "fatal: unable to access 'https://git.example.com/'"


def test_a_job_that_the_runner_ended(tmp_path: Path) -> None:
    verdict = "ERROR: Job failed: execution took longer than 1h0m0s seconds"
    long_ago = [command("python train.py"), "ERROR: retrying the download", *QUIET]
    assert shown(tmp_path, job(long_ago, verdict)) == verdict
    assert shown(tmp_path, job([*long_ago, *TRACEBACK], verdict)) == "Traceback (most recent call last):"


def test_jobs_that_did_not_fail(tmp_path: Path) -> None:
    assert shown(tmp_path, job([command("make"), *TRACEBACK], f"{GREEN}Job succeeded{RESET}")) is None
    assert shown(tmp_path, job([command("make"), *TRACEBACK])[:-4]) is None, "it still runs"
    assert shown(tmp_path, job([command("make"), EXIT], f"{GREEN}Job succeeded{RESET}")) is None
    assert shown(tmp_path, job([command("make"), "Job succeeded", "error: but not this"])) == "error: but not this"
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"")
    assert failing_line(LogIndex(empty)) is None
    assert failing_line(LogIndex(tmp_path / "none.log")) is None


def test_a_log_that_is_no_runners(tmp_path: Path) -> None:
    assert number_of(tmp_path, ["2026 ERROR early", *QUIET, "2026 ERROR late", "and more"]) == len(QUIET) + 1
    assert number_of(tmp_path, QUIET) is None


@pytest.mark.parametrize("more", range(-3, 14))
def test_an_error_is_found_wherever_it_lies(tmp_path: Path, more: int) -> None:
    assert number_of(tmp_path, ["first", "fatal: bad", "x" * (PIECE - more)]) == 1


def test_a_continuation_is_no_line(tmp_path: Path) -> None:
    head = "2026-11-20T10:00:07.020010Z 00O"
    lines = [f"{head} $ make", f"{head} nothing ", f"{head}+fatal: here", f"{head} {EXIT}"]
    assert number_of(tmp_path, lines) == 0


def test_colourless_logs_have_commands_too(tmp_path: Path) -> None:
    assert number_of(tmp_path, ["$ make", "done", "$ test -f x", "ERROR: Job failed: exit status 1"]) == 2


@pytest.mark.parametrize("finished", [False, True])
def test_only_the_end_of_a_large_log_is_looked_at(tmp_path: Path, finished: bool) -> None:
    path = tmp_path / "job.log"
    lines = [*job(["error: too far away to be looked at", *["x" * 99] * 60_000, command("make"), "nothing"])]
    path.write_text("\n".join(lines) + "\n", newline="")
    assert path.stat().st_size > 5 * WINDOW
    index = LogIndex(path)
    index.extend()
    if finished:
        index.finish()
    found = failing_line(index)
    assert found is not None
    assert index.line(found).text == "$ make"
    assert index.complete == finished
    index.close()


@pytest.mark.parametrize(
    "unit",
    [
        "ERROR x\n",
        "an Error in\n",
        "cost $ 5\n",
        "\n",
        "ERROR E   Error",
        "Traceback (most recent call last)\n",
        "\x1b[",
    ],
)
def test_hostile_logs_are_looked_at_all_the_same(tmp_path: Path, unit: str) -> None:
    found = number_of(tmp_path, ["x", unit * (WINDOW // len(unit)), "ERROR: Job failed: exit code 1"])
    assert found is not None


def test_a_verdict_in_the_middle_of_a_line_is_none(tmp_path: Path) -> None:
    text = "see 'ERROR: Job failed' in the docs"
    assert shown(tmp_path, job([command("make"), text])) == text
    assert number_of(tmp_path, [section("step_script", "Executing"), text]) is None
