"""What the sources that speak HTTP share: the session, its timing and limits, and redaction.

A session never repeats a request by itself, with one exception: a GET whose connection was cut before any answer came
is sent once more, because servers close idle keep-alive connections at the very moment when a client reuses them.
It takes no login from `.netrc`, sends its own login to its own server only, and follows redirects of reads only.
"""

from __future__ import annotations

import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import requests.auth
import urllib3
from requests.adapters import HTTPAdapter
from urllib3.exceptions import ProtocolError

from data.config.secret import MASK, Secret
from data.errors import Unreachable

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

SAFE_METHODS: Final = frozenset({"GET", "HEAD"})
"""Methods that change nothing, so that a request may be repeated or redirected."""
LOGIN_HEADERS: Final = ("Authorization", "PRIVATE-TOKEN", "JOB-TOKEN")
"""Headers that carry a credential; `requests` itself drops only the first when a redirect leaves the server."""
MAX_REDIRECTS: Final = 5
"""Redirects of one read; more are a loop."""
MAX_WAIT: Final = 86_400.0
"""Longest Retry-After in seconds that is believed."""


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What a server says about its limit (GitLab docs, user and IP rate limits); None where it is silent.

    Attributes:
        limit: requests per window.
        remaining: requests left in this window.
        reset: when the window ends.
    """

    limit: int | None = None
    remaining: int | None = None
    reset: datetime | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One request and its outcome, for counters and budgets.

    Attributes:
        method: HTTP method.
        route: path with every id replaced, such as `/projects/:id/pipelines`.
        status: HTTP status, 0 when no answer came.
        seconds: from the start of the request to the answer's headers.
        rate: the server's limits as of this answer.
        retry_after: seconds that the server asked to wait, None when it did not say.
        location: where a redirect points to, else empty.
    """

    method: str
    route: str
    status: int
    seconds: float
    rate: RateLimit = RateLimit()
    retry_after: float | None = None
    location: str = ""


Observer = Callable[[Response], None]
"""Called after each request, in the thread that made it."""


class Traffic:
    """Remembers the newest answer of a connection, passes every one on, and counts.

    Attributes:
        requests: answers and failures so far.
        received: bytes of bodies so far, as they came over the wire.
    """

    def __init__(self, on_response: Observer | None = None) -> None:
        self.last = Response("", "", 0, 0.0)
        self.rate = RateLimit()
        self.requests = self.received = 0
        self._on_response = on_response

    def took(self, answer: requests.Response) -> None:
        """Count the body of an answer, once as much of it was read as is wanted."""
        self.received += answer.raw.tell()

    def __call__(self, response: Response) -> None:
        self.last = response
        self.requests += 1
        if response.rate != RateLimit():
            self.rate = response.rate
        if self._on_response is not None:
            self._on_response(response)


class Session(requests.Session):
    """A session of one connection: see the module's rules."""

    def __init__(self, name: str, settings: ConnectionSettings, observe: Observer) -> None:
        super().__init__()
        self.max_redirects = MAX_REDIRECTS
        self.verify = settings.tls_verify
        self.auth = _no_login
        adapter = _Adapter(observe, _trust(name, settings))
        self.mount("http://", adapter)
        self.mount("https://", adapter)

    def rebuild_auth(self, prepared_request: requests.PreparedRequest, response: requests.Response) -> None:
        """Drop every credential when a redirect leaves the server; never look into `.netrc`."""
        old, new = response.request.url or "", prepared_request.url or ""
        if self.should_strip_auth(old, new):  # type: ignore[no-untyped-call]
            for header in LOGIN_HEADERS:
                prepared_request.headers.pop(header, None)

    def get_redirect_target(self, resp: requests.Response) -> str | None:
        """The redirect's target for reads; a write is never sent on, since it would turn into a read or run twice."""
        return super().get_redirect_target(resp) if resp.request.method in SAFE_METHODS else None


_LOGINS: Final = {
    "private_token": "access token",
    "oauth_token": "token",
    "job_token": "job token",
    "basic": "user name and password",
}


def describe(credential: Credential) -> str:
    """What a credential is and where it comes from, for people; empty for none."""
    return f"{_LOGINS[credential.kind]} from {credential.origin}" if credential.secret else ""


class Bearer(requests.auth.AuthBase):
    """Authenticates with `Authorization: Bearer`."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    def __call__(self, r: requests.PreparedRequest) -> requests.PreparedRequest:
        r.headers["Authorization"] = f"Bearer {self._secret.reveal()}"
        return r


class _Adapter(HTTPAdapter):
    """Times each request, and sends a GET once more when its connection was cut before an answer."""

    def __init__(self, observe: Observer, trust: ssl.SSLContext | None) -> None:
        self._observe, self._trust = observe, trust
        super().__init__(max_retries=0)

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        super().init_poolmanager(connections, maxsize, block, **kwargs, **self._tls())

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        return super().proxy_manager_for(proxy, **kwargs, **self._tls())

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        method, where = request.method or "", route(request.url or "")
        start = time.perf_counter()
        try:
            answer = self._send(request, *args, **kwargs)
        except requests.RequestException:
            self._observe(Response(method, where, 0, time.perf_counter() - start))
            raise
        seconds = time.perf_counter() - start
        headers, status = answer.headers, answer.status_code
        location = headers.get("Location", "")
        self._observe(Response(method, where, status, seconds, rate_limit(headers), retry_after(headers), location))
        return answer

    def _send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        try:
            return super().send(request, *args, **kwargs)
        except requests.ConnectionError as error:
            if not was_cut(error) or request.method not in SAFE_METHODS:
                raise
        return super().send(request, *args, **kwargs)

    def _tls(self) -> dict[str, Any]:
        return {} if self._trust is None else {"ssl_context": self._trust}


def was_cut(error: requests.ConnectionError) -> bool:
    """Whether a connection ended before any answer, as an idle one does that its server has just closed."""
    return bool(error.args) and isinstance(error.args[0], ProtocolError)


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leaves a request as it is: `requests` reads `.netrc` only where no authentication is set."""
    return request


def _trust(name: str, settings: ConnectionSettings) -> ssl.SSLContext | None:
    if not settings.tls_verify:
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        return None
    if not settings.ca_file:
        return None
    context = ssl.create_default_context()
    try:
        context.load_verify_locations(settings.ca_file)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it holds no PEM certificate"
        raise Unreachable(
            f"the certificate file {settings.ca_file} cannot be used: {reason}", hint=f"see connections.{name}.ca_file"
        ) from None
    return context


def timeouts(settings: ConnectionSettings) -> tuple[float, float]:
    """Seconds to connect and to wait for (further) bytes, as `requests` takes them."""
    return settings.timeout_connect, settings.timeout_read


def rate_limit(headers: Mapping[str, str]) -> RateLimit:
    """The limits that an answer's headers tell."""
    limit, remaining, reset = (_whole(headers.get(f"RateLimit-{name}")) for name in ("Limit", "Remaining", "Reset"))
    return RateLimit(limit, remaining, None if reset is None else _moment(reset))


def retry_after(headers: Mapping[str, str], now: float | None = None) -> float | None:
    """Seconds to wait: from Retry-After (seconds or HTTP date), else from RateLimit-Reset when nothing is left."""
    now = time.time() if now is None else now
    given = headers.get("Retry-After", "").strip()
    if given:
        if (seconds := _whole(given)) is not None:
            return float(min(max(seconds, 0), MAX_WAIT))
        try:
            moment = parsedate_to_datetime(given)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return min(max(moment.timestamp() - now, 0.0), MAX_WAIT)
    if (
        _whole(headers.get("RateLimit-Remaining")) == 0
        and (reset := _whole(headers.get("RateLimit-Reset"))) is not None
    ):
        return min(max(reset - now, 0.0), MAX_WAIT)
    return None


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.strip().lstrip("-").isdecimal() else None


def _moment(seconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None


def utc_text(moment: datetime | None) -> str | None:
    """A time as a parameter of a request: in UTC with Z, since a `+` would need encoding; None for None."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


_API = re.compile(r"^.*?/(?:api/v4|api/2\.0/mlflow|ajax-api/2\.0/mlflow)(?=/)")
_ID = re.compile(r"\d+|[0-9a-f]{7,64}|.*%[0-9a-fA-F]{2}.*")


def route(url: str) -> str:
    """The path of `url` without base and query, ids replaced: `/projects/:id/jobs/:id/trace`."""
    parts = _API.sub("", urlsplit(url).path).split("/")
    named = {"projects", "groups"}
    return "/".join(
        ":id" if _ID.fullmatch(part) or (at and parts[at - 1] in named) else part for at, part in enumerate(parts)
    )


def server_of(url: str) -> str:
    """Host and port of `url` for messages: never with user name, password or path."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] or parts.path or url


_USERINFO = re.compile(r"(?P<scheme>\b[a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s@]+@")


def mask_logins(text: str) -> str:
    """`text` with the user name and password of every URL in it masked."""
    return _USERINFO.sub(rf"\g<scheme>{MASK}@", text) if "@" in text else text
