"""The checkout one stands in."""

from __future__ import annotations

import os
import stat
import subprocess
from pathlib import Path

import pytest

from data.sources import git
from data.sources.git import branches, inspect, locate, without_login


@pytest.fixture(autouse=True)
def _own_git(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    for who in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{who}_NAME", "Ada")
        monkeypatch.setenv(f"GIT_{who}_EMAIL", "ada@example.com")


def _git(cwd: Path, *arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A repository with one commit on `main`, and no remote."""
    root = tmp_path / "work"
    root.mkdir()
    _git(root, "init", "--initial-branch=main")
    (root / "train.py").write_text("print(1)\n")
    _git(root, "add", ".")
    _git(root, "commit", "-m", "first")
    return root


def test_a_checkout(checkout: Path) -> None:
    _git(checkout, "remote", "add", "origin", "https://ada:glpat-x@gitlab.example/ml/team/churn.git")
    inner = checkout / "sub"
    inner.mkdir()
    found = inspect(inner)
    assert found is not None
    assert found.root == str(checkout)
    assert (found.host, found.project_path, found.is_remote) == ("gitlab.example", "ml/team/churn", True)
    assert found.url == "https://gitlab.example/ml/team/churn.git"
    assert (found.branch, found.commit_hash, found.dirty) == ("main", _git(checkout, "rev-parse", "HEAD"), False)
    assert "glpat" not in repr(found)


def test_changes_count_and_new_files_do_not(checkout: Path) -> None:
    (checkout / "new.txt").write_text("new")
    assert (found := inspect(checkout)) and not found.dirty
    (checkout / "train.py").write_text("print(2)\n")
    assert (found := inspect(checkout)) and found.dirty


def test_detached_and_without_a_commit(checkout: Path, tmp_path: Path) -> None:
    _git(checkout, "checkout", "--detach")
    assert (found := inspect(checkout)) and found.branch is None and found.commit_hash
    empty = tmp_path / "empty"
    empty.mkdir()
    _git(empty, "init", "--initial-branch=trunk")
    assert (found := inspect(empty)) and (found.branch, found.commit_hash) == ("trunk", None)
    assert (found.remotes, found.host, found.is_remote, found.url) == ({}, "", False, "")
    assert branches(empty) == []


def test_the_remote_of_the_branch_counts(checkout: Path, tmp_path: Path) -> None:
    _git(checkout, "remote", "add", "backup", str(tmp_path / "backup.git"))
    assert (found := inspect(checkout)) and (found.remote, found.is_remote) == ("backup", False)
    _git(checkout, "remote", "add", "origin", "git@gitlab.example:ml/churn.git")
    assert (found := inspect(checkout)) and (found.remote, found.host) == ("origin", "gitlab.example")
    _git(checkout, "remote", "add", "fork", "ssh://git@other.example:2222/ada/churn")
    _git(checkout, "update-ref", "refs/remotes/fork/main", "HEAD")
    _git(checkout, "branch", "--set-upstream-to=fork/main")
    assert (found := inspect(checkout)) and (found.remote, found.host) == ("fork", "other.example")
    assert set(found.remotes) == {"backup", "origin", "fork"}


def test_branches(checkout: Path) -> None:
    _git(checkout, "branch", "feature/new-loss")
    for ref in ("origin/main", "origin/remote/only", "origin/HEAD"):
        _git(checkout, "update-ref", f"refs/remotes/{ref}", "HEAD")
    assert sorted(branches(checkout)) == ["feature/new-loss", "main", "remote/only"]


@pytest.mark.parametrize(
    ("url", "host", "path"),
    [
        ("https://gitlab.example/group/name.git", "gitlab.example", "group/name"),
        ("https://GitLab.example:8443/group/sub/name/", "gitlab.example:8443", "group/sub/name"),
        ("https://gitlab.example:443/a/b.git", "gitlab.example", "a/b"),
        ("https://u:p%40@gitlab.example/a/b", "gitlab.example", "a/b"),
        ("http://localhost:3000/a/b.git", "localhost:3000", "a/b"),
        ("git@gitlab.example:group/sub/name.git", "gitlab.example", "group/sub/name"),
        ("gitlab.example:a/b", "gitlab.example", "a/b"),
        ("git@gitlab.example:/a/b.git", "gitlab.example", "a/b"),
        ("ssh://git@gitlab.example/a/b.git", "gitlab.example", "a/b"),
        ("ssh://git@gitlab.example:2222/a/b.git", "gitlab.example", "a/b"),
        ("git://gitlab.example:9418/a/b.git", "gitlab.example", "a/b"),
        ("https://[::1]:8080/a/b.git", "[::1]:8080", "a/b"),
        ("git@[::1]:a/b.git", "[::1]", "a/b"),
        ("/srv/git/name.git", "", ""),
        ("../name", "", ""),
        ("file:///srv/git/name.git", "", ""),
        ("https://[broken/a", "", ""),
        ("https://host:port/a/b", "", ""),
        ("", "", ""),
    ],
)
def test_where_a_remote_is(url: str, host: str, path: str) -> None:
    assert locate(url) == (host, path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://ada:secret@gitlab.example/a/b", "https://gitlab.example/a/b"),
        ("https://secret@gitlab.example:8443/a/b", "https://gitlab.example:8443/a/b"),
        ("ssh://git:secret@gitlab.example:22/a/b", "ssh://git@gitlab.example:22/a/b"),
        ("git@gitlab.example:a/b.git", "git@gitlab.example:a/b.git"),
        ("/srv/name@home", "/srv/name@home"),
    ],
)
def test_urls_lose_their_logins(url: str, shown: str) -> None:
    assert without_login(url) == shown


def test_no_checkout_no_folder_no_git(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert inspect(tmp_path) is None
    assert inspect(tmp_path / "nowhere") is None
    assert branches(tmp_path) == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert inspect(checkout) is None
    assert branches(checkout) == []


def test_a_git_that_hangs_is_ended(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(git, "TIMEOUT", 0.2)
    assert inspect(checkout) is None


def test_a_checkout_runs_no_program_of_its_own(tmp_path: Path, checkout: Path) -> None:
    marker, monitor = tmp_path / "ran", tmp_path / "monitor"
    monitor.write_text(f"#!/bin/sh\ntouch {marker}\n")
    monitor.chmod(stat.S_IRWXU)
    _git(checkout, "config", "core.fsmonitor", str(monitor))
    assert inspect(checkout) is not None
    assert not marker.exists()


def test_hostile_names_are_cleaned(checkout: Path) -> None:
    with (checkout / ".git/config").open("a") as file:
        file.write('[remote "origin"]\n\turl = "https://gitlab.example/a/\x1b]52;c;x\x07b.git"\n')
    found = inspect(checkout)
    assert found is not None
    assert "\x1b" not in repr(found.remotes) + found.project_path
