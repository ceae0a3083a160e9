"""The git checkout one stands in, asked of the `git` program (git docs, git-status porcelain format version 2)."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit, urlunsplit

import msgspec

from data.clean import clean

TIMEOUT: Final = 5.0
"""Seconds that one call of git may take; a checkout on a dead network drive must not hold us up."""
MAX_BRANCHES: Final = 5000
"""Branches that are listed, newest first."""
DETACHED: Final = "(detached)"
"""What git calls the branch where there is none."""
INITIAL: Final = "(initial)"
"""What git calls the commit of a checkout without any."""

_OPTIONS: Final = ("--no-pager", "-c", "core.fsmonitor=false", "-c", "color.ui=never", "-c", "core.quotePath=false")
"""A checkout's own settings could name a program as its file system monitor; none is run."""
_ENVIRONMENT: Final = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
"""Never write to the checkout, never ask, answer in English."""
_SCP: Final = re.compile(r"(?:[^@/:]+@)?(\[[0-9a-fA-F:]+\]|[^/:@]+):(?!//)(.+)")
_REMOTE: Final = re.compile(r"([^\t]+)\t(.+) \(fetch\)")
_HTTP_PORTS: Final = {"http": 80, "https": 443}


class Checkout(msgspec.Struct, frozen=True, kw_only=True):
    """A working copy and where it comes from."""

    root: str
    """Absolute path of its top folder."""
    remotes: dict[str, str] = {}
    """URLs by name of the remote, without user names and passwords."""
    remote: str = ""
    """Name of the remote that counts: the branch's upstream, else `origin`, else the first."""
    host: str = ""
    """`host` or `host:port` of that remote's web pages; empty when it is a folder on this machine."""
    project_path: str = ""
    """Path of the project on that host: `group/subgroup/name`."""
    branch: str | None = None
    """None when detached."""
    commit_hash: str | None = None
    """Full hash; None before the first commit."""
    dirty: bool = False
    """Whether tracked files differ from the commit."""

    @property
    def is_remote(self) -> bool:
        """Whether the repository lives on another machine."""
        return bool(self.host)

    @property
    def url(self) -> str:
        """URL of the remote that counts, without user name and password."""
        return self.remotes.get(self.remote, "")


def inspect(cwd: Path | str) -> Checkout | None:
    """The checkout that holds a folder; None where there is none, or no git, or git refuses to look."""
    root = _git(cwd, "rev-parse", "--show-toplevel")
    if not root or not root.strip():
        return None
    status = _headers(_git(cwd, "status", "--porcelain=v2", "--branch", "--untracked-files=no") or "")
    remotes = _remotes(_git(cwd, "remote", "-v") or "")
    upstream = status.get("branch.upstream", "")
    name = next((one for one in remotes if upstream.startswith(f"{one}/")), "")
    name = name or ("origin" if "origin" in remotes else next(iter(remotes), ""))
    host, path = locate(remotes.get(name, ""))
    branch, commit = status.get("branch.head", DETACHED), status.get("branch.oid", INITIAL)
    return Checkout(
        root=root.rstrip("\n"),
        remotes=remotes,
        remote=name,
        host=host,
        project_path=path,
        branch=None if branch == DETACHED else branch,
        commit_hash=None if commit == INITIAL else commit,
        dirty="changed" in status,
    )


def branches(cwd: Path | str) -> list[str]:
    """Local and remote branches without the remote's name, newest commit first, each once."""
    text = _git(
        cwd, "for-each-ref", f"--count={MAX_BRANCHES}", "--sort=-committerdate",
        "--format=%(refname)", "refs/heads", "refs/remotes",
    )  # fmt: skip
    found = []
    for line in (text or "").splitlines():
        _, kind, name = line.split("/", 2)
        short = name.partition("/")[2] if kind == "remotes" else name
        if short and short != "HEAD":
            found.append(clean(short))
    return list(dict.fromkeys(found))


def locate(url: str) -> tuple[str, str]:
    """Web host and project path of a remote's URL: https, ssh, git, or `user@host:path`; empty for a folder.

    The port of an https URL belongs to the host; that of an ssh URL is ssh's own and is left out.
    """
    found = _SCP.fullmatch(url) if "://" not in url else None
    if found:
        return clean(found[1].lower()), _project_path(found[2])
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "", ""
    if not host or parts.scheme == "file":
        return "", ""
    host = f"[{host}]" if ":" in host else host
    if parts.scheme in _HTTP_PORTS and port not in (None, _HTTP_PORTS[parts.scheme]):
        host = f"{host}:{port}"
    return clean(host.lower()), _project_path(unquote(parts.path))


def without_login(url: str) -> str:
    """A remote's URL without what stands before the `@` of an http URL; ssh user names are no secret, passwords are."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if "://" not in url or "@" not in parts.netloc:
        return clean(url)
    login, _, host = parts.netloc.rpartition("@")
    user = login.partition(":")[0]
    netloc = f"{user}@{host}" if parts.scheme == "ssh" else host
    return clean(urlunsplit(parts._replace(netloc=netloc)))


def _project_path(path: str) -> str:
    return clean(path.strip("/").removesuffix(".git").strip("/"))


def _headers(text: str) -> dict[str, str]:
    """`# branch.head main` lines by name; `changed` is there when any entry follows them."""
    found = {}
    for line in text.splitlines():
        if line.startswith("# "):
            name, _, value = line[2:].partition(" ")
            found[name] = clean(value)
        else:
            found["changed"] = "yes"
    return found


def _remotes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for line in text.splitlines():
        if match := _REMOTE.match(line):
            found.setdefault(clean(match[1]), without_login(match[2]))
    return found


def _git(cwd: Path | str, *arguments: str) -> str | None:
    """Standard output of git; None when it fails, is not there, or takes too long."""
    try:
        done = subprocess.run(
            ["git", *_OPTIONS, *arguments],
            cwd=cwd,
            env={**os.environ, **_ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None
