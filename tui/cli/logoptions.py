"""The options of `logs`, and which of them go together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import click

from data.errors import UsageError
from data.logtext.stamps import Stamps
from tui.cli.logwriter import Form
from tui.cli.output import to_terminal

EPILOG = """JOB: a number, an id, RUN/NAME (4312/train), or an address of GitLab.

Exit codes: 0 done, 1 nothing matched --grep, nothing failed for --failing, or it could not be fetched, 2 wrong usage
(--since without timestamps, too), 3 no such job or section, 130 interrupted, 141 the reader has gone away.

For less: lineside logs 4312/train --color | less -R"""

COUNT = click.IntRange(min=0, max=2**31 - 1)
"""A number of lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What of a log is wanted, and how; each field is an option."""

    follow: bool
    since: str | None
    tail: int | None
    section: str | None
    grep: str | None
    context: int | None
    ignore_case: bool
    timestamps: Stamps
    sections: bool
    failing: bool
    form: Form | None
    as_json: bool
    timeout: float | None


OPTIONS = (
    click.option("--follow", "-f", is_flag=True, help="Go on until the job has ended."),
    click.option("--since", metavar="TIME", help="From a time on: 10m or 2h ago, 12:30, 2026-03-01T12:30."),
    click.option("--tail", type=COUNT, metavar="N", help="The last N lines."),
    click.option("--section", metavar="NAME", help="One section with those in it; step_* for several."),
    click.option("--grep", metavar="RE", help="Lines that match; case matters if RE has upper case. Exit 1: none did."),
    click.option("--context", "-C", type=COUNT, metavar="N", help="Lines around a match or a failure."),
    click.option("--ignore-case", "-i", is_flag=True, help="Case never matters to --grep."),
    click.option(
        "--timestamps",
        type=click.Choice(("off", "absolute", "relative", "delta")),
        default="off",
        show_default=True,
        help="Before each line: the time, or that since the start, or since the line before.",
    ),
    click.option("--sections", is_flag=True, help="The sections with their times, instead of the log."),
    click.option("--failing", is_flag=True, help="From the line on that tells why the job failed."),
    click.option(
        "--plain",
        "form",
        flag_value=Form.PLAIN,
        type=Form,
        help="Without colours and control sequences (the default in pipes).",
    ),
    click.option(
        "--color", "form", flag_value=Form.COLOR, type=Form, help="With colours, and no other control sequence."
    ),
    click.option(
        "--raw", "form", flag_value=Form.RAW, type=Form, help="Every byte as the server has it; not to a terminal."
    ),
    click.option("--json", "as_json", is_flag=True, help="--sections as a JSON array."),
    click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait; the default suits the wait."),
)
"""Options of `logs`."""


def with_options(command: Any) -> Any:
    """`command` with `OPTIONS`, in their order."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


GOES_WITH = {
    "sections": frozenset({"follow", "timeout", "as_json"}),
    "failing": frozenset({"follow", "timeout", "form", "grep", "ignore_case", "context", "timestamps"}),
}
"""Option that says what is printed -> those that go with it."""
RAW_GOES_WITH = frozenset({"follow", "timeout", "form"})
"""Options that go with --raw."""


def check(request: Request, given: set[str]) -> None:
    """Refuse options that do not go together; `given` are the names of those that the user wrote.

    Raises:
        UsageError: two do not.
    """
    if request.form is Form.RAW:
        if to_terminal():
            raise UsageError(
                "your terminal would obey the control sequences of a raw log", hint="send it to a file or a pipe"
            )
        _only("--raw", given, RAW_GOES_WITH)
    for name, allowed in GOES_WITH.items():
        if name in given:
            _only(f"--{name}", given - {name}, allowed)
    for name, needed in (("as_json", {"sections"}), ("ignore_case", {"grep"}), ("context", {"grep", "failing"})):
        if name in given and not needed & given:
            words = " or ".join(f"--{word}" for word in sorted(needed, reverse=True))
            raise UsageError(f"{_option(name)} goes with {words} alone")


def _only(option: str, given: set[str], allowed: frozenset[str]) -> None:
    if other := sorted(given - allowed):
        raise UsageError(f"{option} does not go with {' and '.join(_option(name) for name in other)}")


def _option(name: str) -> str:
    """An option as one writes it."""
    return {"as_json": "--json", "form": "--raw, --plain and --color"}.get(name, f"--{name.replace('_', '-')}")
