"""Backups: what is in them, that they are whole or not there, and that nothing damaged is restored."""

from __future__ import annotations

import io
import json
import tarfile
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import zstandard
from msgspec.structs import replace

from data.errors import LinesideError, StoreCorrupt, StoreError, StoreVersion, UsageError
from data.model import Command, encode
from data.store.moving import archive
from data.store.moving.archive import pack
from data.store.moving.contents import Side
from data.store.moving.copying import Moved, move
from data.store.moving.origin import StoreOrigin
from data.store.moving.sides import opened
from data.store.moving.tally import Tally
from data.store.moving.unpacking import RESTORED, BackupOrigin, settled
from data.store.place import Place
from tests.moving.conftest import NewPlace
from tests.moving.filling import LONG, contents, everything, fill, logs, many
from tests.store.samples import NOON, command, job, run


async def packed(place: Place, path: Path, *, replace: bool = False, logs: bool = True) -> None:
    """Write a backup."""
    async with opened(place) as side:
        await pack(StoreOrigin(side, logs=logs), path, replace=replace)


async def restored(path: Path, place: Place) -> Moved:
    """Read a backup into a store."""
    origin = BackupOrigin(path)
    await origin.prepare(lambda _: None)
    async with opened(place, new=True) as side:
        return await move(origin, side)


def members(path: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    """What other programs find in it."""
    with path.open("rb") as file:
        plain = zstandard.ZstdDecompressor().stream_reader(file).read()
    with tarfile.open(fileobj=io.BytesIO(plain)) as tar:
        return [(one, found.read()) for one in tar if (found := tar.extractfile(one))]


def rewritten(path: Path, parts: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    """A file with these members."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for info, data in parts:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    path.write_bytes(zstandard.ZstdCompressor().compress(plain.getvalue()))
    return path


async def test_there_and_back(file: NewPlace, mongo: Place, tmp_path: Path) -> None:
    """Every kind and every log, out of SQLite and into both stores; what waited is held back."""
    first, last = file("first"), file("last")
    await fill(first, everything(), logs())
    path = tmp_path / "backup.tar.zst"
    await packed(first, path)
    await restored(path, last)
    await restored(path, mongo)
    assert await contents(first) == await contents(last) == await contents(mongo)
    again = tmp_path / "again.tar.zst"
    await packed(mongo, again)
    texts = [{one.name: data for one, data in members(each) if one.name != archive.HEAD} for each in (path, again)]
    assert texts[0] == texts[1]


async def test_other_programs_can_read_it(file: NewPlace, tmp_path: Path) -> None:
    """It is a tar in zstd: records as lines of JSON, logs as they are, and for its owner only."""
    first, path = file("first"), tmp_path / "backup.tar.zst"
    odd = job(1, 1, connection="git lab", git_project_id=7)
    await fill(
        first, [*many(3), replace(odd, id="git lab:7:job:1")], {"gitlab:1:job:1": LONG, "git lab:7:job:1": b"x\n"}
    )
    await packed(first, path)
    found = {one.name: data for one, data in members(path)}
    lines = found["records/pipeline_run/000001.jsonl"].splitlines()
    assert [json.loads(line)["id"] for line in lines] == [run(number).id for number in (1, 2, 3)]
    assert found["logs/gitlab:1:job:1.log"] == LONG
    assert found["logs/git%20lab:7:job:1.log"] == b"x\n"
    about = json.loads(found["lineside.json"])
    assert (about["format"], about["of"]) == (1, str(first.file))
    assert json.loads(found["checksums.json"])["pipeline_run"]["count"] == 3
    assert path.stat().st_mode & 0o777 == 0o600


async def test_what_waited_is_held_back(file: NewPlace, tmp_path: Path) -> None:
    """An old backup starts nothing by itself."""
    first, last, path = file("first"), file("last"), tmp_path / "backup"
    done = replace(command("c3"), state="done")
    held = replace(command("c4"), held="ada")
    sending = replace(command("c2"), state="sending", owner="engine", sent=NOON)
    await fill(first, [command("c1"), sending, done, held])
    await packed(first, path)
    moved = await restored(path, last)
    async with opened(last) as side:
        found = await side.store.get_many(Command, ["c1", "c2", "c3", "c4"])
    assert found["c1"] == replace(command("c1"), held=RESTORED)
    assert (found["c2"].state, found["c2"].finished) == ("unknown", NOON)
    assert (found["c3"], found["c4"]) == (done, held)
    assert moved.waiting == 2
    assert settled(found["c2"]) == found["c2"]
    assert not any((await restored(path, last)).written.values())


async def test_small_members(file: NewPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Records of a kind may be in any number of members, and a log in a temporary file."""
    monkeypatch.setattr(archive, "MEMBER_BYTES", 1_000)
    monkeypatch.setattr(archive, "IN_MEMORY", 1_000)
    first, last, path = file("first"), file("last"), tmp_path / "backup"
    await fill(first, many(50), {"gitlab:1:job:1": LONG})
    await packed(first, path)
    assert len(members(path)) > 20
    await restored(path, last)
    assert await contents(first) == await contents(last)


async def test_without_logs(file: NewPlace, tmp_path: Path) -> None:
    """Only records, where logs are not wanted when it is written, or when it is read."""
    first, path = file("first"), tmp_path / "backup"
    await fill(first, many(1), {"gitlab:1:job:1": b"x"})
    await packed(first, path, logs=False)
    assert not [one for one, _ in members(path) if one.name.startswith("logs/")]
    await packed(first, path, replace=True)
    origin = BackupOrigin(path, logs=False)
    await origin.prepare(lambda _: None)
    async with opened(file("last"), new=True) as side:
        await move(origin, side)
        assert not side.logs.usage()


async def test_a_backup_is_whole_or_not_there(file: NewPlace, tmp_path: Path) -> None:
    """Where writing fails, nothing is left of it, and a file that was there stays as it was."""
    first, folder = file("first"), tmp_path / "backups"
    folder.mkdir()
    await fill(first, many(5), {"gitlab:1:job:1": LONG})
    path = folder / "backup"
    await packed(first, path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match="already"):
        await packed(first, path)

    class Failing:
        def __getattr__(self, name: str) -> Any:
            raise StoreError("the disk is broken")

    async with opened(first) as side:
        origin = StoreOrigin(side)
        await origin.prepare(lambda _: None)
        broken: Any = Failing()
        origin._side = Side(side.store, broken, side.shown)
        with pytest.raises(StoreError, match="the disk is broken"):
            await pack(origin, path, replace=True)
    assert path.read_bytes() == before
    assert [one.name for one in folder.iterdir()] == ["backup"]
    with pytest.raises(StoreError, match="cannot be written"):
        await packed(first, tmp_path / "nowhere" / "backup")
    with pytest.raises(UsageError, match="is a folder"):
        await packed(first, folder)


@pytest.mark.parametrize("damage", ["cut", "changed"])
async def test_damage_is_noticed(damage: str, file: NewPlace, tmp_path: Path) -> None:
    """Wherever a byte is wrong or the file ends too early: one sentence, and nothing is restored."""
    first, path = file("first"), tmp_path / "backup"
    await fill(first, many(20), {"gitlab:1:job:1": LONG[:1000]})
    await packed(first, path)
    data = path.read_bytes()
    for at in range(0, len(data), max(len(data) // 60, 1)):
        wrong = data[:at] if damage == "cut" else data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :]
        if content(wrong) == content(data):  # a bit of a header, or of the end, that says nothing
            continue
        path.write_bytes(wrong)
        with pytest.raises(StoreCorrupt, match="is no backup of Lineside, or a damaged one"):
            await BackupOrigin(path).prepare(lambda _: None)


def content(data: bytes) -> bytes | None:
    """What a file holds once unpacked, but for the zeros that fill it up; None where that cannot be told."""
    try:
        return zstandard.ZstdDecompressor().decompressobj().decompress(data).rstrip(b"\0")
    except zstandard.ZstdError:
        return None


async def test_members_that_do_not_belong_there(file: NewPlace, tmp_path: Path) -> None:
    """Nothing outside is written, nothing is taken twice, and nothing is left out, though zstd has no complaint."""
    first, path = file("first"), tmp_path / "backup"
    await fill(first, many(3), {"gitlab:1:job:1": b"x"})
    await packed(first, path)
    good = members(path)

    def changed(name: str, data: bytes) -> list[tuple[tarfile.TarInfo, bytes]]:
        return [(one, data if one.name == name else old) for one, old in good]

    outside, link = tarfile.TarInfo("../outside"), tarfile.TarInfo("logs/link.log")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    for parts in (
        [*good[:-1], (outside, b"x"), good[-1]],
        [*good[:-1], (link, b""), good[-1]],
        [*good[:1], *good[2:]],
        [*good[:2], good[1], *good[2:]],
        [*good, good[1]],
        good[1:],
        good[:-1],
        [],
        changed("logs/gitlab:1:job:1.log", b"y"),
        changed("records/project/000001.jsonl", b"{}\n"),
        changed("checksums.json", b"{}"),
    ):
        with pytest.raises(StoreCorrupt):
            await BackupOrigin(rewritten(tmp_path / "bad", parts)).prepare(lambda _: None)
    await BackupOrigin(rewritten(tmp_path / "good", good)).prepare(lambda _: None)
    assert not (tmp_path.parent / "outside").exists()


async def test_newer_backups(file: NewPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What this program does not know is not left out silently."""
    first, path = file("first"), tmp_path / "backup"
    await fill(first, [run(1)])
    monkeypatch.setattr(archive, "FORMAT", 2)
    await packed(first, path)
    with pytest.raises(StoreVersion, match="made by a newer Lineside: format 2"):
        await BackupOrigin(path).prepare(lambda _: None)
    monkeypatch.setattr(archive, "FORMAT", 1)
    await packed(first, path, replace=True)
    parts = members(path)
    parts[1][0].name = "records/dream/000001.jsonl"
    with pytest.raises(StoreVersion, match="dream"):
        await BackupOrigin(rewritten(path, parts)).prepare(lambda _: None)


@pytest.mark.parametrize("data", [b"", b"SQLite format 3\0", zstandard.ZstdCompressor().compress(b"text" * 999)])
async def test_other_files(data: bytes, tmp_path: Path) -> None:
    """Files of other programs, and none at all."""
    path = tmp_path / "file"
    path.write_bytes(data)
    with pytest.raises(StoreCorrupt):
        await BackupOrigin(path).prepare(lambda _: None)
    path.unlink()
    with pytest.raises(UsageError, match="there is no file"):
        await BackupOrigin(path).prepare(lambda _: None)
    assert issubclass(StoreCorrupt, LinesideError)


async def test_unknown_fields_are_passed_over(file: NewPlace, tmp_path: Path) -> None:
    """A record with a field of a newer version is restored without it, and its checksum is that of the file."""
    first, last, path = file("first"), file("last"), tmp_path / "backup"
    await fill(first, [run(1)])
    await packed(first, path)
    line = encode(run(1))[:-1] + b',"dream":1}'
    tally = Tally()
    tally.add(line)
    parts = []
    for one, data in members(path):
        new = data
        if one.name.startswith("records/"):
            new = line + b"\n"
        elif one.name == archive.TAIL:
            new = json.dumps({**json.loads(data), "pipeline_run": tally.facts()}).encode()
        one.pax_headers = {archive.CHECKSUM: archive.ALGORITHM + sha256(new).hexdigest()}
        parts.append((one, new))
    await restored(rewritten(path, parts), last)
    assert await contents(last) == await contents(first)
