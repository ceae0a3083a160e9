"""Errors as a person and a script see them: a sentence on stderr and an exit code. Never a traceback on the screen."""

from __future__ import annotations

import errno
import os
import re
import sys
import traceback
from datetime import UTC, datetime
from pathlib import Path

from data.clean import clean, clean_block
from data.errors import ConfigError, LinesideError, NotFound, QueryError, UsageError

FAILED = 1
USAGE = 2
NOT_FOUND = 3
INTERRUPTED = 130
"""128 + SIGINT, as shells count."""
READER_GONE = 141
"""128 + SIGPIPE: what the shell reports for a program whose reader went away."""
NO_BUGS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO})
"""What the machine refuses, be it the output or a file: no room, no permission, a broken disk."""

CRASH_FILE = "crashes.log"
"""File in the state folder that holds the tracebacks of unexpected errors."""
KEPT_BYTES = 256_000
"""A crash file that is larger begins anew."""

_SECRETS = re.compile(
    r"(?P<keep>://[^/\s:@]+:)[^@/\s]+(?=@)"  # user:password@ in an address
    r"|(?P<name>(?i:(?:private-|job-)?token|authorization|password|secret)[\"']?\s*[:=]\s*[\"']?)(?:Bearer\s+)?[^\s\"',}]+"
    r"|\b(?:gl[a-z]{2,5}-|eyJ)[\w.=-]{8,}"
)
"""Credentials in text: those in addresses, after words that announce one, and GitLab's and JWT prefixes."""


class NoSuchThing(UsageError):
    """What was named is not known here."""


class PipeClosed(Exception):
    """The reader of our output went away; kept apart from `OSError`, which click would turn into exit code 1."""


def report(error: BaseException, *, about: str = "lineside") -> int:
    """Say what went wrong on stderr, and return the exit code. `about` is what it happened to."""
    if isinstance(error, (PipeClosed, BrokenPipeError)):
        _silence_stdout()
        return READER_GONE
    if isinstance(error, KeyboardInterrupt):
        return INTERRUPTED
    if isinstance(error, LinesideError):
        say(f"{about}: {clean_block(error.message)}")
        if error.hint:
            say(f"  {clean_block(error.hint)}")
        return exit_code(error)
    if isinstance(error, OSError) and error.errno in NO_BUGS:
        if not error.filename:
            _silence_stdout()
        say(f"{about}: {clean(str(error.filename or 'the output'))}: {error.strerror}")
        return FAILED
    return _report_click(error)


def exit_code(error: LinesideError) -> int:
    """The exit code of an error that is meant for people."""
    if isinstance(error, (NoSuchThing, NotFound)):
        return NOT_FOUND
    return USAGE if isinstance(error, (UsageError, ConfigError, QueryError)) else FAILED


def say(text: str) -> None:
    """A line for people, on stderr; nothing happens where nobody can read it."""
    try:
        print(text, file=sys.stderr, flush=True)
    except (OSError, ValueError):
        return


def redact(text: str) -> str:
    """`text` without what looks like a credential."""
    return _SECRETS.sub(lambda found: f"{found['keep'] or found['name'] or ''}•••", text)


def record_crash(error: BaseException) -> Path | None:
    """Append the traceback to the crash file, readable by its owner alone; None where it cannot be written.

    A traceback holds the code's lines and the errors' messages but no values of variables; credentials are masked.
    """
    from data.config.paths import ensure, state_dir

    text = redact("".join(traceback.format_exception(error)))
    try:
        path = ensure(state_dir()) / CRASH_FILE
        large = path.exists() and path.stat().st_size > KEPT_BYTES
        flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if large else os.O_APPEND)
        with os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8", errors="replace") as file:
            file.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}Z {' '.join(map(clean, sys.argv[1:2]))}\n{text}\n")
    except (OSError, LinesideError):
        return None
    return path


def _report_click(error: BaseException) -> int:
    import click

    if isinstance(error, click.exceptions.Abort):
        return INTERRUPTED
    if isinstance(error, click.ClickException):
        say(f"lineside: {clean_block(error.format_message())}")
        context = getattr(error, "ctx", None)
        if context is not None:
            say(f"  {context.command_path} --help tells more")
        return USAGE
    path = record_crash(error)
    kind = type(error).__name__
    say(f"lineside: something went wrong that should not have ({kind}); this is a bug in Lineside")
    if path:
        say(f"  what happened is in {path}")
    return FAILED


def _silence_stdout() -> None:
    """Let the flush at exit go nowhere, so that Python does not complain about the closed pipe."""
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except (OSError, ValueError, AttributeError):
        sys.stdout = None  # what Python itself sets for programs without a standard output
