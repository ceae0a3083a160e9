"""Reads a backup (`data.store.moving.archive`), and trusts nothing in it: all is checked before anything is used."""

from __future__ import annotations

import re
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, Final, NamedTuple
from urllib.parse import unquote

import msgspec
import zstandard
from msgspec.structs import replace

from data.errors import RecordError, StoreCorrupt, StoreError, StoreVersion, UsageError
from data.model import Command, Record, decode
from data.store.moving.archive import ALGORITHM, CHECKSUM, FORMAT, HEAD, RECORDS, TAIL
from data.store.moving.contents import MOVED, PIECE, Batch, Piece, is_moved, table
from data.store.moving.origin import LOGS, Step, Tell
from data.store.moving.tally import Tally

LONGEST: Final = 512_000_000
"""Bytes of a member that is no log, at most: it is read at once."""
RESTORED: Final = "restore"
"""Who holds back the commands that waited when the backup was made."""
_ENDED: Final = "it was being sent when the backup was made; the server knows what came of it"
_NAME: Final = re.compile(rf"{RECORDS}/(?P<table>\w+)/\d+\.jsonl|{LOGS}/(?P<job>[^/]+)\.log|{HEAD}|{TAIL}")
_BY_TABLE: Final = {table(kind): kind for kind in MOVED}


class _Member(NamedTuple):
    name: str
    table: str
    job_id: str
    size: int
    checksum: str
    file: IO[bytes]


def settled(record: Record) -> Record:
    """A record as it is restored: nothing that waited in the past is sent by itself.

    Commands that waited are held back until somebody lets them go; what came of those on their way nobody knows.
    """
    if isinstance(record, Command) and record.state == "queued" and not record.held:
        return replace(record, held=RESTORED)
    if isinstance(record, Command) and record.state == "sending":
        return replace(record, state="unknown", finished=record.sent or record.created, answer=_ENDED)
    return record


class BackupOrigin:
    """What is in a backup. See `data.store.moving.origin.Origin`.

    Attributes:
        about: what it says of itself, once it is prepared: `format`, `made`, `of`.
        tallies: counts and checksums by table, and of `logs`.
    """

    def __init__(self, path: Path, *, logs: bool = True, arrives: Callable[[Record], Record] = settled) -> None:
        self._path, self._logs, self._arrives = path, logs, arrives
        self.shown = str(path)
        self.sizes: Mapping[str, int] = {}
        self.about: dict[str, Any] = {}
        self.tallies: dict[str, Tally] = {}

    async def prepare(self, tell: Tell) -> None:
        """Read it to its end, and see that all is as it was written.

        Raises:
            UsageError: there is no such file.
            StoreCorrupt: it is no backup, or a damaged one.
            StoreVersion: a newer Lineside made it.
        """
        if not self._path.is_file():
            raise UsageError(f"there is no file {self._path}")
        reading = _Reading(self._path)
        for part in reading.parts():
            name = table(part.kind) if isinstance(part, Batch) else LOGS
            tell(Step("reading", name, reading.tallies[name].count, 0))
        self.about, self.tallies = reading.about, reading.tallies
        self.sizes = {name: tally.count for name, tally in self.tallies.items() if self._logs or name != LOGS}

    async def parts(self) -> AsyncIterator[Batch | Piece]:
        """Records as they arrive, then logs."""
        for part in _Reading(self._path).parts():
            if isinstance(part, Batch):
                yield Batch(part.kind, tuple(self._arrives(one) for one in part.records if is_moved(one)))
            elif self._logs:
                yield part


class _Reading:
    """One pass over a backup."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.about: dict[str, Any] = {}
        self.tallies = {name: Tally() for name in (*_BY_TABLE, LOGS)}
        self._seen = ""
        self._last = ""
        self._is_whole = False

    def parts(self) -> Iterator[Batch | Piece]:
        """Logs and records, as they come.

        Raises:
            StoreCorrupt: it is no backup, or a damaged one; said at the end at the latest.
            StoreVersion: a newer Lineside made it.
        """
        waiting = dict(_BY_TABLE)
        with self._opened() as members:
            for member in members:
                if self._is_whole or (not self.about and member.name != HEAD):
                    raise self._damaged(f"{member.name} is at a wrong place")
                if member.name == HEAD:
                    self._begin(self._content(member))
                elif member.table:
                    yield self._batch(member, waiting)
                elif member.job_id:
                    yield from self._pieces(member)
                else:
                    yield from (Batch(kind, ()) for kind in waiting.values())
                    self._end(self._content(member))
        if not self._is_whole:
            raise self._damaged("it ends too early")

    def _begin(self, data: bytes) -> None:
        about = self._json(data)
        if not isinstance(about.get("format"), int):
            raise self._damaged("it does not say what it is")
        if about["format"] > FORMAT:
            raise self._newer(f"format {about['format']}, this one knows {FORMAT}")
        self.about = about

    def _batch(self, member: _Member, waiting: dict[str, type[Record]]) -> Batch:
        if member.table not in _BY_TABLE:
            raise self._newer(f"it has records that this one does not know: {member.table}")
        if member.table != self._seen:
            if waiting.pop(member.table, None) is None:
                raise self._damaged(f"{member.name} is at a wrong place")
            self._seen, self._last = member.table, ""
        kind = _BY_TABLE[member.table]
        lines = self._content(member).splitlines()
        for line in lines:
            self.tallies[member.table].add(line)
        try:
            records: tuple[Record, ...] = tuple(decode(kind, line) for line in lines)
        except RecordError as error:
            raise self._damaged(f"{member.name}: {error.message}") from None
        ids = [self._last, *(record.id for record in records)]
        if any(before >= after for before, after in pairwise(ids)):
            raise self._damaged(f"{member.name} is not in the order of ids")
        self._last = ids[-1]
        return Batch(kind, records)

    def _pieces(self, member: _Member) -> Iterator[Piece]:
        start, digest = 0, sha256()
        while start < member.size:
            data = member.file.read(min(PIECE, member.size - start))
            if not data:
                raise self._damaged(f"{member.name} ends too early")
            digest.update(data)
            end = start + len(data)
            if end == member.size:
                self._see(member, digest.hexdigest())
                self.tallies[LOGS].add_named(member.job_id, digest.digest(), end)
            yield Piece(member.job_id, start, data, last=end == member.size)
            start = end

    def _end(self, data: bytes) -> None:
        said = self._json(data)
        # Tables that came later are not in a backup that was made before.
        if said != {name: tally.facts() for name, tally in self.tallies.items() if name in said or tally.count}:
            raise self._damaged("its checksums are those of something else")
        self._is_whole = True

    def _content(self, member: _Member) -> bytes:
        if member.size > LONGEST:
            raise self._damaged(f"{member.name} is too large")
        data = member.file.read(member.size)
        self._see(member, sha256(data).hexdigest())
        return data

    def _see(self, member: _Member, checksum: str) -> None:
        if checksum != member.checksum:
            raise self._damaged(f"{member.name} has another checksum than it had")

    def _json(self, data: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(data, type=dict[str, Any])
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            raise self._damaged(str(error)) from None

    @contextmanager
    def _opened(self) -> Iterator[Iterator[_Member]]:
        try:
            with self._path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as plain:
                with tarfile.open(fileobj=plain, mode="r|") as tar:
                    yield self._members(tar)
                while plain.read(PIECE):  # zstd's own checksum stands at its end
                    continue
        except (tarfile.TarError, zstandard.ZstdError, EOFError, UnicodeError) as error:
            raise self._damaged(str(error)) from None
        except OSError as error:
            raise StoreError(f"the backup {self._path} cannot be read: {error.strerror}") from None

    def _members(self, tar: tarfile.TarFile) -> Iterator[_Member]:
        while (info := tar.next()) is not None:
            tar.members.clear()  # type: ignore[attr-defined]  # it would keep them all
            found = _NAME.fullmatch(info.name)
            file = tar.extractfile(info) if info.isreg() else None
            if found is None or file is None:
                raise self._damaged("it holds what no backup holds")
            checksum = info.pax_headers.get(CHECKSUM, "").removeprefix(ALGORITHM)
            yield _Member(info.name, found["table"] or "", unquote(found["job"] or ""), info.size, checksum, file)

    def _damaged(self, why: str) -> StoreCorrupt:
        return StoreCorrupt(f"{self._path} is no backup of Lineside, or a damaged one: {why}")

    def _newer(self, why: str) -> StoreVersion:
        return StoreVersion(f"the backup {self._path} was made by a newer Lineside: {why}", hint="update Lineside")
