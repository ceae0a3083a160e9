"""Saving a log: where to, and all of it or nothing."""

from __future__ import annotations

import contextlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from data.errors import UsageError
from tui.cli.logwriter import Form
from tui.reading_copy import Copying, copy, whole
from tui.snapshot import state_folder

COPIED_FILE = "copied.txt"
"""File in the state folder that holds the last text that was too long for a terminal's clipboard."""
MAX_COMPLETIONS = 50
"""Names that are offered at most."""

_UNFIT = re.compile(r"[^\w.+-]+")


def short(path: Path) -> str:
    """A path as people write it: with `~` for the home folder."""
    home = os.path.expanduser("~")
    text = str(path)
    return "~" + text[len(home) :] if text.startswith(home + os.sep) else text


def file_name(name: str) -> str:
    """What a log is called as the name of a file, without an ending."""
    return _UNFIT.sub("-", name).strip(".-") or "log"


def suggested(name: str) -> str:
    """The path that is offered: in the current folder."""
    return f"{file_name(name).removesuffix('.log')}.log"


def complete_path(text: str) -> list[str]:
    """Paths that begin with `text`, folders with a slash behind them."""
    folder, _, begin = text.rpartition("/")
    place = Path(os.path.expanduser(folder + "/" if folder or text.startswith("/") else "."))
    found: list[str] = []
    with contextlib.suppress(OSError, ValueError), os.scandir(place) as entries:
        for entry in entries:
            if entry.name.startswith(begin) and entry.name.isprintable() and (begin or not entry.name.startswith(".")):
                path = f"{folder}/{entry.name}" if "/" in text else entry.name
                found.append(path + ("/" if entry.is_dir() else ""))
            if len(found) >= MAX_COMPLETIONS:
                break
    return sorted(found)


@dataclass(frozen=True, slots=True)
class Target:
    """A file to write; `held` is how many bytes would be overwritten, None where there is no such file yet."""

    path: Path
    held: int | None

    @classmethod
    def of(cls, text: str, name: str, source: Path) -> Target:
        """The file that `text` names; in a folder it gets the suggested name.

        Raises:
            UsageError: nothing can be written there.
        """
        path = Path(os.path.realpath(os.path.expanduser(text)))
        try:
            if path.is_dir():
                path = Path(os.path.realpath(path / suggested(name)))
            if not path.parent.is_dir():
                raise UsageError(f"there is no folder {short(path.parent)}")
            if not path.exists():
                return cls(path, None)
            if not path.is_file():
                raise UsageError(f"{short(path)} is no regular file")
            if source.exists() and path.samefile(source):
                raise UsageError("that is the file of this log itself", hint="choose another name")
            return cls(path, path.stat().st_size)
        except (OSError, ValueError) as error:
            raise UsageError(f"cannot save to {short(path)}: {_reason(error)}") from None


def save(source: Path, target: Target, form: Form, job: Copying) -> None:
    """Write the log to `target`: to a file beside it first, which takes its place when it is whole.

    Raises:
        UsageError: it cannot be written.
        Stopped: it was given up.
    """
    path = target.path
    draft = path.with_name(f".{path.name[:200]}.{os.getpid()}")
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _mode(target)), "wb") as out:
            copy(source, out, form, whole(source), job)
        if target.held is not None:
            draft.replace(path)
        else:
            _place(draft, path)
    except OSError as error:
        raise UsageError(f"cannot save to {short(path)}: {_reason(error)}") from None
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)


def _mode(target: Target) -> int:
    """Permissions of the new file: those of the old one, else the usual ones."""
    return target.path.stat().st_mode & 0o777 if target.held is not None else 0o666


def _place(draft: Path, path: Path) -> None:
    """Give `draft` its name, which nobody asked to overwrite, should it have been taken meanwhile.

    Raises:
        FileExistsError: it has been.
    """
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if path.exists():
            raise FileExistsError(None, "it has come to be meanwhile") from None
        draft.replace(path)


def keep_copied(text: str) -> Path:
    """Write a copied text to a file of the user's own; returns its path.

    Raises:
        UsageError: it cannot be written.
    """
    path = state_folder() / COPIED_FILE
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as out:
            out.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise UsageError(f"{short(path)} cannot be written: {_reason(error)}") from None
    return path


def _reason(error: OSError | ValueError) -> str:
    return str(getattr(error, "strerror", "") or error).lower()
