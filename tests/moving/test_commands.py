"""`store copy`, `backup` and `restore` as people and scripts use them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from data.config import Settings
from data.model import Lease
from data.store.place import Place, place_of
from tests import world
from tests.cli.conftest import Invoke, fill
from tests.moving.filling import contents
from tests.store.samples import command

SECRET = "hunter2"


def held(path: Path) -> dict[tuple[str, str], bytes]:
    """All that a store holds."""
    return asyncio.run(contents(place_of(Settings(), path)))


@pytest.fixture
def store(store_file: Path) -> Path:
    """The store that the command line works with, in which no engine is at work."""
    lease = next(one for one in world.records() if isinstance(one, Lease))
    fill(store_file, [replace(lease, expires=world.NOW)])
    return store_file


def test_copy(invoke: Invoke, store: Path, tmp_path: Path) -> None:
    """A table on stdout, talk on stderr; then the same as JSON, where nothing is left to do."""
    target = tmp_path / "new" / "lineside.db"
    done = invoke("store", "copy", "--to", str(target))
    assert done.code == 0
    assert "runs                  63       63" in done.out
    assert f"{store} is in {target} now: 105 records, 1 log (106 of these new)" in done.err
    assert held(target) == held(store)
    again = invoke("store", "copy", "--from", str(store.parent), "--to", str(target.parent), "--json")
    assert again.code == 0
    assert list(again.json) == ["from", "to", "records", "logs", "waiting"]
    assert (again.json["from"], again.json["to"]) == (str(store), str(target))
    assert list(again.json["logs"]) == ["count", "bytes", "digest", "written", "kept"]
    assert (again.json["logs"]["bytes"], again.json["logs"]["written"]) == (len(world.LOG), 0)
    assert again.json["records"]["pipeline_run"]["count"] == 63


def test_refusals(invoke: Invoke, store_file: Path, tmp_path: Path) -> None:
    """Exit codes and sentences of what is not done."""
    target = str(tmp_path / "new.db")
    for arguments, code, text in (
        ((), 2, "name a store to copy from"),
        (("--to", target), 1, "an engine on gpu-1 works with"),
        (("--to", str(store_file)), 2, "one and the same store"),
        (("--from", str(tmp_path / "none.db"), "--to", target), 1, "there is no store"),
        (("--to", target, "--add", "--overwrite"), 2, "give one of them"),
        (("--to", "env:NOT_SET"), 2, "NOT_SET is not set"),
        (("--to", "postgres://host/db"), 2, "names no file"),
        (("--to", f"mongodb://ada:{SECRET}@/db"), 2, "--store: the URL"),
    ):
        done = invoke("store", "copy", *arguments)
        assert (done.code, done.out) == (code, ""), (arguments, done)
        assert text in done.err
        assert SECRET not in done.err
    assert not (tmp_path / "new.db").exists()
    assert invoke("store", "copy", "--force", "--to", target).code == 0


def test_team_store(invoke: Invoke, store: Path, mongo: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Into MongoDB and back; a URL may come from a variable, and its user and password are not shown."""
    assert invoke("store", "copy", "--to", mongo.url).code == 0
    monkeypatch.setenv("TEAM_STORE", mongo.url)
    back = tmp_path / "back" / "lineside.db"
    done = invoke("store", "copy", "--from", "env:TEAM_STORE", "--to", str(back))
    assert done.code == 0
    assert f"{mongo.shown} is in {back} now: 105 records" in done.err
    assert held(back) == held(store)
    monkeypatch.setenv("TEAM_STORE", f"mongodb://ada:{SECRET}@127.0.0.1:1/db?serverSelectionTimeoutMS=100")
    away = invoke("store", "copy", "--from", "env:TEAM_STORE", "--to", str(back))
    assert away.code == 1
    assert "127.0.0.1:1/db" in away.err
    assert SECRET not in away.err + away.out


def test_commands_that_wait(invoke: Invoke, store: Path, tmp_path: Path) -> None:
    """They are in both stores, which is said; out of a backup they are held back, and can be let go."""
    fill(store, [command("waiting-1")])
    copied = invoke("store", "copy", "--to", str(tmp_path / "copy.db"))
    assert "1 command waits in both stores now" in copied.err
    assert invoke("backup", str(tmp_path / "backup")).code == 0
    back = str(tmp_path / "back" / "lineside.db")
    restored = invoke("restore", str(tmp_path / "backup"), "--to", back)
    assert "1 command held back: lineside queue lists and releases them" in restored.err
    listed = invoke("--store", back, "queue", "--json")
    assert [(one["id"], one["held"]) for one in listed.json] == [("waiting-1", "restore")]
    assert invoke("--store", back, "queue", "release", "waiting-1").code == 0
    assert invoke("--store", back, "queue", "--json").json[0]["held"] == ""


def test_backup_and_restore(invoke: Invoke, store_file: Path, tmp_path: Path) -> None:
    """A backup of a store in use, a look into it, and back into an empty store and one that is not."""
    path, back = tmp_path / "backup.tar.zst", tmp_path / "back" / "lineside.db"
    done = invoke("backup", str(path))
    assert done.code == 0
    assert "105 records, 1 log; every checksum is right" in done.err
    assert invoke("backup", str(path)).code == 2
    assert invoke("store", "backup", str(path), "--replace", "--json").json["size"] == path.stat().st_size
    look = invoke("restore", str(path), "--check", "--json").json
    assert list(look) == ["file", "size", "what", "format", "made", "of", "records", "logs"]
    assert invoke("store", "restore", str(path), "--to", str(back)).code == 0
    assert held(back) == held(store_file)
    fill(back, [command("other")])
    refused = invoke("restore", str(path), "--to", str(back))
    assert (refused.code, refused.out) == (1, "")
    assert "holds other things than" in refused.err
    assert "commands (1)" in refused.err
    assert "--add keeps them" in refused.err
    assert invoke("restore", str(path), "--to", str(back), "--add").code == 0
    engine = invoke("restore", str(path))
    assert engine.code == 1
    assert "an engine on gpu-1 works with" in engine.err


def test_damaged_backup(invoke: Invoke, config: Path, tmp_path: Path) -> None:
    """It is refused before a store is made."""
    path, back = tmp_path / "backup", tmp_path / "back" / "lineside.db"
    path.write_bytes(b"nothing of the kind")
    done = invoke("restore", str(path), "--to", str(back))
    assert done.code == 1
    assert "is no backup of Lineside, or a damaged one" in done.err
    assert not back.parent.exists()
    assert invoke("restore", str(tmp_path / "none"), "--to", str(back)).code == 2
