"""Measures a program in a pty from outside: when a text is painted, and how long a key takes to be answered."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.servers import readable
from tests.terminal.pty import Terminal

SETTLED = 0.008
"""Seconds without output after which an answer counts as whole."""
PAUSE = 0.05
"""Seconds between two keys."""
GIVE_UP = 30.0
"""Seconds after which something counts as not answered."""


def environment(folder: Path) -> dict[str, str]:
    """Variables with folders of the bench's own."""
    return {
        "LINESIDE_STATE_DIR": str(folder / "state"),
        "LINESIDE_DATA_DIR": str(folder / "data"),
        "HOME": str(folder),
        "COLORTERM": "truecolor",
        "PYTHONDONTWRITEBYTECODE": "",  # as installed: compiled once, not at every start
    }


def until(terminal: Terminal, wanted: Callable[[bytes], bool], since: float) -> float:
    """Milliseconds from `since` until the raw output fulfils `wanted`."""
    while time.monotonic() - since < GIVE_UP:
        _read(terminal, 0.5)
        if wanted(bytes(terminal.raw)):
            return (time.monotonic() - since) * 1000
    raise TimeoutError(bytes(terminal.raw[-400:]))


def _read(terminal: Terminal, seconds: float) -> bytes:
    """What the program writes, without showing it: the emulator's time would be measured, too."""
    if not readable(terminal.fd, seconds):
        return b""
    try:
        chunk = os.read(terminal.fd, 262_144)
    except OSError:
        return b""
    terminal.raw += chunk
    terminal.answer(chunk)
    return chunk


def silence(terminal: Terminal, seconds: float) -> None:
    """Wait until nothing has been written for so long; it is shown."""
    while terminal.read(seconds):
        pass


def start(
    command: Sequence[str], marks: Mapping[str, Callable[[bytes], bool]], env: Mapping[str, str]
) -> dict[str, float]:
    """Milliseconds from exec until each of `marks` is seen in the output."""
    since = time.monotonic()
    with Terminal(command, columns=120, rows=40, env=env) as terminal:
        return {name: until(terminal, wanted, since) for name, wanted in marks.items()}


def key(terminal: Terminal, typed: bytes) -> tuple[float, int]:
    """(milliseconds until the last byte of the answer, its bytes); silence of `SETTLED` ends an answer."""
    end = time.monotonic() + PAUSE
    while (left := end - time.monotonic()) > 0:
        _read(terminal, left)
    began = time.monotonic()
    os.write(terminal.fd, typed)
    last, size = began, 0
    while time.monotonic() - began < 1.0:
        chunk = _read(terminal, SETTLED)
        if not chunk:
            if size:
                break
            continue
        last, size = time.monotonic(), size + len(chunk)
    return (last - began) * 1000, size


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
