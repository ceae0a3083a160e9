"""Every error that Lineside raises on purpose.

    LinesideError                 a sentence for a person, and where possible the way out (`hint`)
    ├── ConfigError               a configuration file, variable or credential: names file, line, field
    ├── RecordError               a value that does not fit a record: names record, field, value and rule
    ├── QueryError                a filter that cannot be read: names the position
    ├── StoreError                the local or shared store
    │   ├── StoreCorrupt          the file is no database, or a damaged one
    │   ├── StoreReadOnly         the folder or the file cannot be written
    │   └── StoreVersion          made by a newer Lineside than this one
    ├── SourceError               a server did not do what was asked; carries status and retry_after
    │   ├── Unreachable           refused, no such host, TLS, time out, connection cut
    │   ├── Unauthorized          no, unknown, expired or revoked credential (401)
    │   ├── Forbidden             the credential may not do this (403)
    │   ├── NotFound              no such thing, or not visible to this credential (404)
    │   ├── Refused               the server understood and said no (400, 405, 409, 422)
    │   ├── RateLimited           429; `retry_after` says how long to wait
    │   └── BadAnswer             an answer that is not what the API documents (HTML, 5xx, broken JSON)
    └── UsageError                a command that cannot be carried out as it was given

Messages pass `data.clean` before they are built from server text, and never hold a secret.
"""

from __future__ import annotations


class LinesideError(Exception):
    """Base of all errors that are meant to be read by the user.

    Attributes:
        hint: what the user can do about it; empty where nothing sensible can be said.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint

    @property
    def message(self) -> str:
        """The sentence alone."""
        return str(self.args[0])

    def __str__(self) -> str:
        return f"{self.message} ({self.hint})" if self.hint else self.message


class ConfigError(LinesideError):
    """A configuration that cannot be used.

    Attributes:
        file: path of the file, empty when the value came from elsewhere.
        line: 1-based line in the file, 0 when unknown.
        field: dotted path of the setting, empty when the whole file is meant.
    """

    def __init__(self, message: str, *, hint: str = "", file: str = "", line: int = 0, field: str = "") -> None:
        place = f"{file}:{line}: " if file and line else f"{file}: " if file else ""
        super().__init__(f"{place}{field + ': ' if field else ''}{message}", hint=hint)
        self.file, self.line, self.field = file, line, field


class RecordError(LinesideError):
    """A value that breaks a record's rule.

    Attributes:
        record: name of the record type.
        field: path of the field.
        value: repr of what was given, cut.
        rule: what would be right.
    """

    def __init__(self, record: str, field: str, value: str, rule: str) -> None:
        super().__init__(f"{record}.{field}: {value} is not valid: {rule}" if field else f"{record}: {rule}")
        self.record, self.field, self.value, self.rule = record, field, value, rule


class QueryError(LinesideError):
    """A filter that cannot be read; `position` is the 0-based character where it goes wrong."""

    def __init__(self, message: str, *, position: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.position = position


class StoreError(LinesideError):
    """The store cannot be opened, read or written."""


class StoreCorrupt(StoreError):
    """The file is not a database, or a damaged one."""


class StoreReadOnly(StoreError):
    """The folder or the file cannot be written."""


class StoreVersion(StoreError):
    """The store was made by a newer Lineside."""


class SourceError(LinesideError):
    """A server did not do what was asked.

    Attributes:
        status: HTTP status, 0 when there was no answer.
        retry_after: seconds that the server asked to wait, None when it did not say.
    """

    def __init__(self, message: str, *, hint: str = "", status: int = 0, retry_after: float | None = None) -> None:
        super().__init__(message, hint=hint)
        self.status, self.retry_after = status, retry_after


class Unreachable(SourceError):
    """No usable connection: refused, unknown host, TLS failure, time out, cut."""


class Unauthorized(SourceError):
    """The credential is missing, unknown, expired or revoked (HTTP 401)."""


class Forbidden(SourceError):
    """The credential may not do this (HTTP 403)."""


class NotFound(SourceError):
    """No such thing, or none that this credential may see (HTTP 404)."""


class Refused(SourceError):
    """The server understood the request and declined it (HTTP 400, 405, 409, 422)."""


class RateLimited(SourceError):
    """Too many requests (HTTP 429)."""


class BadAnswer(SourceError):
    """An answer that the API does not document: HTML, broken JSON, HTTP 5xx."""


class UsageError(LinesideError):
    """A command that cannot be carried out as it was given."""
