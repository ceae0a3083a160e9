"""Reads a log through a source as the engine does, for a test that holds some of it as bytes."""

from __future__ import annotations

from typing import NamedTuple

from data.sources.gitlab import GitLabSource, How


class Got(NamedTuple):
    """What came: all pieces as one."""

    data: bytes
    offset: int
    reset: bool
    how: How


def trace(source: GitLabSource, project: int, job: int, log: bytes, *, thorough: bool = False) -> Got:
    """Read on behind `log`; the pieces must follow each other, and only the first may begin the log anew."""

    def held(start: int, length: int) -> bytes:
        return log[start : start + length]

    pieces = list(source.trace(project, job, len(log), held, thorough=thorough))
    position = pieces[0].offset
    for number, piece in enumerate(pieces):
        assert piece.offset == position
        assert piece.data or not number
        assert not (piece.reset and number)
        position += len(piece.data)
    data = b"".join(piece.data for piece in pieces)
    return Got(data, pieces[0].offset, pieces[0].reset, pieces[0].how)
