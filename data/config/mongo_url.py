"""The URL of a MongoDB, taken apart without its driver, so that configurations are checked before that is loaded.

MongoDB's manual, "Connection Strings": `mongodb://[user:password@]host[:port][,…][/[database][?options]]`.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

SCHEMES: Final = ("mongodb://", "mongodb+srv://")
"""What the URL of a MongoDB begins with; the second asks DNS for the hosts."""
PORT: Final = 27017
"""The port where a URL has none."""
DATABASE: Final = "lineside"
"""Name of the database where a URL has none."""
LONGEST: Final = 63
"""Bytes that a database's name may have (MongoDB's manual, "Limits and Thresholds")."""

_USER: Final = re.compile(r"(?:[^@/?#:\[\]%]|%[0-9A-Fa-f]{2})*(?::(?:[^@/?#:\[\]%]|%[0-9A-Fa-f]{2})*)?")
_HOST: Final = re.compile(r"(?P<name>[\w.-]+|\[[0-9A-Fa-f:.]+\])(?::(?P<port>\d{1,5}))?", re.ASCII)
_SOCKET: Final = re.compile(r"[\w.%-]+\.sock", re.ASCII)
_NAME: Final = re.compile(r"[^/\\. \"$*<>:|?\0]+")
_OPTION: Final = re.compile(r"[A-Za-z]+=[^&;?]*")


class MongoUrl(NamedTuple):
    """Where a URL leads. It holds neither user nor password.

    Attributes:
        hosts: the servers in the URL's order, without the usual port.
        database: name of the database.
        options: names of the options, in small letters.
    """

    hosts: tuple[str, ...]
    database: str
    options: frozenset[str]


def is_mongo_url(text: str) -> bool:
    """Whether it begins as the URL of a MongoDB does."""
    return text.startswith(SCHEMES)


def parse_mongo_url(url: str) -> MongoUrl:
    """Take a URL apart.

    Raises:
        ValueError: it is none; the sentence says what is wrong and repeats nothing of the URL, which may hold secrets.
    """
    scheme, _, rest = url.partition("://")
    if not is_mongo_url(url):
        raise ValueError("does not begin with mongodb:// or mongodb+srv://")
    before, found, after = rest.rpartition("@")
    if found and not _USER.fullmatch(before):
        raise ValueError("has a user or password with characters that must be written as %XX: : / ? # [ ] @ %")
    place, _, query = after.partition("?")
    hosts, _, name = place.partition("/")
    if name and (not _NAME.fullmatch(name) or len(name.encode()) > LONGEST):
        raise ValueError("has a database name that MongoDB does not take")
    options = query.split("&") if query else []
    if not all(map(_OPTION.fullmatch, options)):
        raise ValueError("has an option that is not written as name=value")
    names = tuple(_host(one) for one in hosts.split(","))
    if scheme.endswith("+srv") and (len(names) > 1 or ":" in names[0]):
        raise ValueError("names more than one host without port, which is all that mongodb+srv:// takes")
    return MongoUrl(names, name or DATABASE, frozenset(one.partition("=")[0].lower() for one in options))


def _host(text: str) -> str:
    """A host as it is told: in small letters, without the usual port."""
    if _SOCKET.fullmatch(text):
        return text
    found = _HOST.fullmatch(text)
    if found is None:
        raise ValueError("names no host, or one with characters that no host has")
    port = int(found["port"]) if found["port"] else PORT
    if not 0 < port < 2**16:
        raise ValueError("has a port that is not between 1 and 65535")
    return found["name"].lower() + ("" if port == PORT else f":{port}")
