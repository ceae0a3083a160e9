"""Turns what goes wrong below HTTP into a sentence with a way out."""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

import requests
from requests import exceptions as http
from urllib3.exceptions import LocationParseError, NameResolutionError, ProtocolError, ReadTimeoutError

from data.clean import clean
from data.config.secret import Secret
from data.errors import BadAnswer, RecordError, SourceError, Unreachable

MAX_REASON: Final = 300
"""Characters of a foreign reason that a message repeats."""
NO_ROUTE: Final = frozenset({errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN})
"""Codes of the operating system for a network that cannot be reached."""
_CUT: Final = (ProtocolError, http.ChunkedEncodingError, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Unanswered(Unreachable):
    """A write was sent and no answer came: the server may have carried it out. Never send it again blindly."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, for the message of its error.

    Attributes:
        what: what was asked for: `the jobs of pipeline 4312`.
        server: host and port.
        login: what the credential is and where it comes from, empty without one.
        writing: whether it was to change something.
        advice: what to do when the server does not accept the credential.
        secret: the credential, so that no message repeats it.
    """

    what: str
    server: str
    login: str = ""
    writing: bool = False
    advice: str = ""
    secret: Secret | None = None


@contextmanager
def understood(server: str, what: str) -> Iterator[None]:
    """Around the reading of an answer: one that lacks a documented field or breaks a record's rule is `BadAnswer`."""
    try:
        yield
    except RecordError as error:
        raise BadAnswer(f"{server} described {what} in a way that is not understood: {error.message}") from None
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        field = f" ({clean(str(error), limit=MAX_REASON)})" if isinstance(error, KeyError) else ""
        raise BadAnswer(f"{server} described {what} in a way that is not documented{field}") from None


def connection_fault(error: Exception, server: str, *, writing: bool = False) -> SourceError:
    """The error that `error` (of requests, or of a client on top of it) means.

    Args:
        error: what was raised.
        server: host and port, for the message.
        writing: whether the request was to change something; then a lost answer gives `Unanswered`.
    """
    causes = list(_causes(error))
    never_sent = _never_sent(causes, server)
    if never_sent is not None:
        return never_sent
    kind = Unanswered if writing else Unreachable
    tail = "; whether it carried out the request is not known" if writing else ""
    if any(isinstance(cause, http.Timeout | ReadTimeoutError | TimeoutError) for cause in causes):
        return kind(f"{server} did not answer in time{tail}", hint="it may be busy; see timeout_read")
    if any(isinstance(cause, http.TooManyRedirects) for cause in causes):
        return BadAnswer(f"{server} redirects in circles", hint="check the URL of this connection")
    if any(isinstance(cause, http.ContentDecodingError) for cause in causes):
        return BadAnswer(f"{server} sent an answer that cannot be unpacked")
    if any(isinstance(cause, _CUT) for cause in causes):
        return kind(f"{server} cut the connection{tail}")
    return kind(f"{server} cannot be reached: {_reason(error)}{tail}")


def _never_sent(causes: list[BaseException], server: str) -> Unreachable | None:
    """The fault of a request that never reached the server, None for any other."""
    cut = any(isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError) for cause in causes)
    for cause in causes:
        if isinstance(cause, ssl.SSLError | http.SSLError) and not cut:
            return _tls(causes, server)
        if isinstance(cause, http.ProxyError):
            return Unreachable(
                f"the proxy before {server} cannot be used", hint="see HTTPS_PROXY, HTTP_PROXY and NO_PROXY"
            )
        if isinstance(cause, NameResolutionError | socket.gaierror):
            hint = "check the URL of this connection, the network and the VPN"
            return Unreachable(f"there is no host named {server.partition(':')[0]}", hint=hint)
        if isinstance(cause, ConnectionRefusedError):
            return Unreachable(f"{server} refuses connections", hint="is the server running, and is the port right?")
        if isinstance(cause, http.ConnectTimeout):
            return Unreachable(
                f"{server} cannot be reached in time", hint="check the network and the VPN; see timeout_connect"
            )
        if isinstance(cause, http.InvalidURL | http.MissingSchema | http.InvalidSchema | LocationParseError):
            return Unreachable(f"{server} is not a URL that can be asked", hint="it starts with https:// or http://")
        if isinstance(cause, OSError) and cause.errno in NO_ROUTE:
            return Unreachable(f"there is no route to {server}", hint="check the network and the VPN")
    return None


def _tls(causes: list[BaseException], server: str) -> Unreachable:
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            reason = cause.verify_message.rstrip(".")
            hint = "name your certificate authority as ca_file of this connection"
            if "expired" in reason or "not valid for" in reason or "mismatch" in reason:
                hint = "the server needs another certificate, or the URL another name"
            return Unreachable(f"the certificate of {server} is not trusted: {reason}", hint=hint)
    text = " ".join(str(cause) for cause in causes)
    if "WRONG_VERSION_NUMBER" in text or "RECORD_LAYER_FAILURE" in text or "UNKNOWN_PROTOCOL" in text:
        return Unreachable(
            f"{server} does not speak TLS", hint="should the URL start with http:// instead of https://?"
        )
    return Unreachable(f"no secure connection to {server}: {_reason(causes[0])}", hint="see ca_file and tls_verify")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error`, and every exception that it wraps: as argument, reason, cause or context."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*one.args, getattr(one, "reason", None), one.__cause__, one.__context__]


def _reason(error: BaseException) -> str:
    kind = type(error).__name__ if not isinstance(error, requests.ConnectionError) else "connection failed"
    return clean(kind, limit=MAX_REASON)
