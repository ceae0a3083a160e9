"""Backups: one file with all records and logs, written whole or not at all.

It is a tar in zstd, so that other tools can look into it, too (`tar --zstd -tf FILE`):

    lineside.json                        what it is, its `format`, when and from what it was made
    logs/<id of the job>.log             a log, byte by byte; the id as in URLs (percent-encoded)
    records/<table>/<number>.jsonl       records as JSON, one in a line, in the order of their ids
    checksums.json                       count, bytes and checksum of the records of each table and of the logs

Each member has the SHA-256 of its bytes in its header, as a comment; zstd has a checksum of all.
"""

from __future__ import annotations

import contextlib
import io
import os
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

import msgspec
import zstandard

from data.errors import StoreError, StoreReadOnly, UsageError
from data.model import encode
from data.store.moving.contents import MOVED, Batch, Piece, table
from data.store.moving.origin import LOGS, Origin, Step, Tell
from data.store.moving.tally import Tally

FORMAT: Final = 1
"""Version of what is described above; a program refuses a greater one."""
HEAD: Final = "lineside.json"
RECORDS: Final = "records"
TAIL: Final = "checksums.json"
CHECKSUM: Final = "comment"
"""Extended header with a member's checksum: the one that POSIX (pax) leaves to whoever writes."""
ALGORITHM: Final = "sha256:"
"""Beginning of the checksum."""
PART: Final = ".partial"
"""End of a backup's name until it is whole."""
PLAIN: Final = ":@"
"""Characters of ids that names of members have as they are, besides those that URLs have."""
MEMBER_BYTES: Final = 4_000_000
"""Bytes of records in a member, about."""
IN_MEMORY: Final = 8_000_000
"""Bytes of a log that is held in memory until its size is known; a longer one goes to a temporary file."""
COPIED: Final = 1 << 20
"""Bytes that are copied at a time."""
LEVEL: Final = 6
"""Of zstd: logs become about a tenth, at 100 MB a second and more."""
_MODE: Final = 0o600


async def pack(origin: Origin, path: Path, *, replace: bool = False, tell: Tell = lambda _: None) -> dict[str, Tally]:
    """Write a backup of all that is in `origin`; returns counts and checksums by table, and of `logs`.

    With `replace` it takes the place of a file that is there, once it is whole.

    Raises:
        UsageError: there is a file already, or `origin` holds nothing.
        StoreError: the file cannot be written; StoreReadOnly where nobody may.
    """
    _see_free(path, replace=replace)
    await origin.prepare(tell)
    with _whole(path, replace=replace) as file, _Packer(file, origin.shown) as packer:
        async for part in origin.parts():
            if isinstance(part, Batch):
                packer.add_records(part)
            else:
                packer.add_piece(part)
            name = table(part.kind) if isinstance(part, Batch) else LOGS
            tell(Step("packing", name, packer.tallies[name].count, origin.sizes.get(name, 0)))
        packer.finish()
    return packer.tallies


def log_member(job_id: str) -> str:
    """Name of the member with a job's log."""
    return f"{LOGS}/{quote(job_id, safe=PLAIN)}.log"


def _see_free(path: Path, *, replace: bool) -> None:
    if path.is_dir():
        raise UsageError(f"{path} is a folder", hint="name a file, such as lineside.tar.zst")
    if path.exists() and not replace:
        raise UsageError(f"there is a file {path} already", hint="--replace writes over it")


@contextmanager
def _whole(path: Path, *, replace: bool) -> Iterator[IO[bytes]]:
    """A file beside `path` that takes its place in the end, and that is gone when anything goes wrong."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART, dir=path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(handle, _MODE)
            yield file
            file.flush()
            os.fsync(handle)
        _see_free(path, replace=replace)
        os.replace(fresh, path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        fresh.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Have the new name on the disk, too, where the system knows that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(path: Path, error: OSError) -> StoreError:
    if isinstance(error, PermissionError):
        return StoreReadOnly(f"the backup {path} cannot be written", hint="name another folder")
    return StoreError(f"the backup {path} cannot be written: {error.strerror}", hint="nothing of it was kept")


class _Packer:
    """Writes members one behind the other."""

    def __init__(self, file: IO[bytes], shown: str) -> None:
        self.tallies = {name: Tally() for name in (*map(table, MOVED), LOGS)}
        self._shown = shown
        self._made = int(time.time())
        self._name, self._lines, self._bytes, self._number = "", list[bytes](), 0, 0
        self._log = _spool()
        compressor = zstandard.ZstdCompressor(level=LEVEL, write_checksum=True)
        self._compressed: Any = compressor.stream_writer(file, closefd=False)
        self._tar = tarfile.TarFile.open(fileobj=self._compressed, mode="w|", format=tarfile.PAX_FORMAT)

    def __enter__(self) -> _Packer:
        made = datetime.fromtimestamp(self._made, UTC).isoformat()
        self._add(HEAD, _json({"what": "a backup of Lineside", "format": FORMAT, "made": made, "of": self._shown}))
        return self

    def __exit__(self, failed: object, *_: object) -> None:
        self._log.close()
        if failed is None:
            self._tar.close()
            self._compressed.close()

    def add_records(self, batch: Batch) -> None:
        """Add records; a member holds those of one kind."""
        name = table(batch.kind)
        if name != self._name:
            self._flush()
            self._name, self._number = name, 0
        for record in batch.records:
            line = encode(record)
            self.tallies[name].add(line)
            self._lines.append(line)
            self._bytes += len(line)
            if self._bytes >= MEMBER_BYTES:
                self._flush()

    def add_piece(self, piece: Piece) -> None:
        """Add bytes of a log: its member is written when it is complete, since its size stands before it."""
        if not piece.start:
            self._log.close()
            self._log = _spool()
        self._log.write(piece.data)
        if piece.last:
            size = piece.start + len(piece.data)
            self._log.seek(0)
            digest = sha256()
            while data := self._log.read(COPIED):
                digest.update(data)
            self._log.seek(0)
            self._member(log_member(piece.job_id), size, digest.hexdigest(), self._log)
            self.tallies[LOGS].add_named(piece.job_id, digest.digest(), size)

    def finish(self) -> None:
        """Say what there is in all."""
        self._flush()
        self._add(TAIL, _json({name: tally.facts() for name, tally in self.tallies.items()}))

    def _flush(self) -> None:
        if self._lines:
            self._number += 1
            self._add(f"{RECORDS}/{self._name}/{self._number:06d}.jsonl", b"\n".join(self._lines) + b"\n")
            self._lines, self._bytes = [], 0

    def _add(self, name: str, data: bytes) -> None:
        self._member(name, len(data), sha256(data).hexdigest(), io.BytesIO(data))

    def _member(self, name: str, size: int, checksum: str, data: IO[bytes]) -> None:
        member = tarfile.TarInfo(name)
        member.size, member.mtime, member.mode = size, self._made, _MODE
        member.pax_headers = {CHECKSUM: ALGORITHM + checksum}
        self._tar.addfile(member, data)
        self._tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all


def _spool() -> IO[bytes]:
    return tempfile.SpooledTemporaryFile(IN_MEMORY)


def _json(value: Any) -> bytes:
    return msgspec.json.format(msgspec.json.encode(value)) + b"\n"
