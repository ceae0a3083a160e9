"""What goes wrong with MongoDB, said as a `StoreError` that never shows a password."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bson.errors import BSONError
from pymongo.errors import (
    ConfigurationError,
    ConnectionFailure,
    DocumentTooLarge,
    InvalidName,
    InvalidOperation,
    InvalidURI,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
)

from data.clean import clean
from data.errors import StoreError, StoreReadOnly

DUPLICATE: Final = 11000
"""E11000: a document with this key is there (MongoDB manual, "Error Codes")."""
_BAD_LOGIN: Final = frozenset({18, 8000})
_FORBIDDEN: Final = frozenset({13})
_NOT_PRIMARY: Final = frozenset({10107, 13435})
_TOO_LONG: Final = frozenset({50, 262})
"""MaxTimeMSExpired, ExceededTimeLimit (MongoDB manual, "Error Codes")."""
_OF_TLS: Final = ("SSL", "TLS", "certificate")
_OF_NAMES: Final = ("Name or service not known", "nodename nor servname", "No address associated", "getaddrinfo")
_SSL: Final = re.compile(r"\[SSL[^\]]*\]\s*([^(,]+)")
_SHOWN: Final = 200


@contextmanager
def as_store_errors(place: str) -> Iterator[None]:
    """Raise what pymongo raises inside as `StoreError`s that name `place`, which holds no password."""
    try:
        yield
    except (PyMongoError, BSONError, OverflowError, UnicodeEncodeError) as error:
        raise store_error(error, place) from None


def store_error(error: Exception, place: str) -> StoreError:
    """The `StoreError` for a failure at `place`."""
    if isinstance(error, OperationFailure):
        return _refused(error, place)
    if isinstance(error, ConfigurationError | InvalidURI | InvalidName):
        return StoreError("the URL of the store is not one that MongoDB knows", hint="mongodb://host:port/database")
    if isinstance(error, ConnectionFailure):
        return _unreachable(error, place)
    if isinstance(error, DocumentTooLarge):
        return StoreError(f"a record is too large for the store {place}", hint="MongoDB takes 16 MB at most")
    if isinstance(error, InvalidOperation):
        return StoreError(f"the store {place} is closed")
    if isinstance(error, UnicodeEncodeError):
        return StoreError(f"the store {place} takes texts in utf-8 only: {error.reason}")
    return StoreError(f"the store {place} refused an operation: {_said(error)}")


def _unreachable(error: ConnectionFailure, place: str) -> StoreError:
    text = str(error)
    if any(word in text for word in _OF_TLS):
        hint = "see tls, tlsCAFile and tlsCertificateKeyFile in the store's URL"
        return StoreError(f"the store {place} and we do not agree on TLS: {_reason(text)}", hint=hint)
    if any(word in text for word in _OF_NAMES):
        return StoreError(f"the host of the store {place} is not known", hint="see the store's URL, and the network")
    late = error.timeout and not isinstance(error, ServerSelectionTimeoutError)
    why = "did not answer in time" if late else "does not answer"
    hint = "is it running, and does the URL in MONGO_DB_URL or the configuration name it?"
    return StoreError(f"the store {place} {why}", hint=hint)


def _reason(text: str) -> str:
    """What OpenSSL said, out of all that pymongo says."""
    found = _SSL.search(text)
    return clean(found[1])[:_SHOWN] if found else "the handshake failed"


def _refused(error: OperationFailure, place: str) -> StoreError:
    if error.code in _BAD_LOGIN:
        return StoreError(f"the store {place} does not accept the user name or password", hint="see the store's URL")
    if error.code in _FORBIDDEN:
        hint = "give the user the role readWrite on the database"
        return StoreReadOnly(f"the user may not write to the store {place}", hint=hint)
    if error.code in _TOO_LONG:
        return StoreError(f"the store {place} took too long", hint="timeoutMS in its URL says how long it may take")
    if error.code in _NOT_PRIMARY:
        return StoreReadOnly(f"the store {place} takes no writes now", hint="its replica set is choosing a primary")
    return StoreError(f"the store {place} refused an operation: {_said(error)}")


def _said(error: Exception) -> str:
    text = error.details.get("errmsg") if isinstance(error, OperationFailure) and error.details else str(error)
    return clean(str(text))[:_SHOWN]
