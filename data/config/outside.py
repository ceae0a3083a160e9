"""Secrets from outside Lineside's own files: a command's output, the system's keyring."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from data.clean import clean
from data.errors import ConfigError

COMMAND_TIMEOUT: Final = 10.0
"""Seconds that a command for a secret may take."""
NO_PROGRAM: Final = "is it installed, and on PATH?"
"""The way out when a command cannot be started."""


def run(command: str, field: str, env: Mapping[str, str]) -> str:
    """First line of a command's standard output. There is no shell, no input, and its error output is not shown:
    both the command's arguments and what it prints may hold secrets.

    Raises:
        ConfigError: it cannot be started, fails, takes more than ten seconds, or prints nothing.
    """
    try:
        words = [os.path.expanduser(word) for word in shlex.split(command)]
    except ValueError:
        raise ConfigError("the command has a quote without an end", field=field) from None
    if not words:
        raise ConfigError("the command is empty", field=field)
    name = f"`{clean(Path(words[0]).name, limit=40)}`"
    try:
        done = subprocess.run(
            words, stdin=subprocess.DEVNULL, capture_output=True, timeout=COMMAND_TIMEOUT, env=dict(env), check=False
        )
    except subprocess.TimeoutExpired:
        hint = "run it by hand; a program that asks for a passphrase cannot be answered here"
        raise ConfigError(f"{name} took more than {COMMAND_TIMEOUT:g} s", field=field, hint=hint) from None
    except OSError as error:
        raise ConfigError(f"{name} cannot be run: {error.strerror}", field=field, hint=NO_PROGRAM) from None
    if done.returncode != 0:
        raise ConfigError(
            f"{name} failed with exit code {done.returncode}", field=field, hint="run it by hand to see why"
        )
    lines = done.stdout.decode("utf-8", "replace").strip().splitlines()
    if not lines:
        raise ConfigError(f"{name} printed nothing", field=field, hint="run it by hand to see why")
    return lines[0]


def from_keyring(service: str, user: str) -> str | None:
    """A secret of the system's keyring; None when it holds none.

    Raises:
        ConfigError: there is no keyring, or it cannot be opened.
    """
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise ConfigError("the keyring package is not installed", hint="pip install 'lineside[keyring]'") from None
    try:
        found: str | None = keyring.get_password(service, user)
    except KeyringError as error:
        raise ConfigError(f"the keyring cannot be read: {type(error).__name__}", hint="is it unlocked?") from None
    return found
