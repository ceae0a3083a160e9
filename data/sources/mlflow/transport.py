"""Requests to an MLflow server: JSON in and out, errors in sentences.

Plain HTTP opens a connection for each request: an MLflow server with several workers (its default) delays every answer
on a kept connection by some 40 ms, since it leaves Nagle's algorithm on, and a new connection costs 1 ms. HTTPS ends in
a proxy that has no such fault, and its connections are dear; they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec
import requests
from requests.auth import HTTPBasicAuth

from data.config.secret import Secret
from data.config.urls import login_of, without_login
from data.errors import BadAnswer
from data.sources.faults import Asked, connection_fault
from data.sources.http import Bearer, Observer, Session, Traffic, describe, server_of, timeouts, was_cut
from data.sources.mlflow.errors import not_json, of_status

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

API: Final = "/api/2.0/mlflow"
"""Path of MLflow's REST API below the server's URL (MLflow docs, REST API)."""
CHUNK: Final = 262_144
"""Bytes of an answer that are read at a time where its length is bounded."""

Params = Mapping[str, str | int | list[str]]
"""Parameters of a read; a list is repeated."""


class TooLong(Exception):
    """An answer that is longer than was asked for, and was left unread. `size` is how many bytes it has at least."""

    def __init__(self, size: int) -> None:
        super().__init__(size)
        self.size = size


class Transport:
    """The requests of one connection; `what` is the thing asked for, for the message of an error.

    Raises (every method):
        SourceError: whatever goes wrong.
    """

    def __init__(
        self, name: str, settings: ConnectionSettings, credential: Credential, on_response: Observer | None
    ) -> None:
        self.url = without_login(settings.url).rstrip("/")
        self.server = server_of(self.url)
        self.traffic = Traffic(on_response)
        self.login, self._advice, self._secret = describe(credential), credential.advice, credential.secret
        self._timeouts = timeouts(settings)
        self._session = Session(name, settings, self.traffic)
        self._fresh = self.url.lower().startswith("http://")
        if self._fresh:
            self._session.headers["Connection"] = "close"
        self._authenticate(credential, settings.url)

    def close(self) -> None:
        """Close its connections."""
        self._session.close()

    def get(self, path: str, what: str, params: Params | None = None) -> dict[str, Any]:
        """Read from a path of the API."""
        return self._call("GET", API + path, Asked(what, self.server), params=params)

    def search(self, path: str, what: str, body: Mapping[str, Any], *, most: int = 0) -> dict[str, Any]:
        """Read with a POST, as MLflow's searches are.

        Raises:
            TooLong: the answer has more than `most` bytes (0: it may have any length).
        """
        return self._call("POST", API + path, Asked(what, self.server), body=body, most=most)

    def post(self, path: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a change, exactly once. `Unanswered` when it is not known whether the server carried it out."""
        return self._call("POST", API + path, Asked(what, self.server, writing=True), body=body)

    def text(self, path: str, what: str) -> str:
        """Read a short text that is no JSON, such as `/version`."""
        return self._send("GET", path, Asked(what, self.server), None, None, 0).decode(errors="replace")

    def _call(
        self,
        method: str,
        path: str,
        asked: Asked,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
        most: int = 0,
    ) -> dict[str, Any]:
        content = self._send(method, path, asked, params, body, most)
        if content[:CHUNK].lstrip()[:1] == b"<":
            raise not_json(asked)
        try:
            found = _decoded(content)
        except ValueError:
            raise BadAnswer(f"{asked.server} sent broken JSON when asked for {asked.what}") from None
        if not isinstance(found, dict):
            raise not_json(asked)
        return found

    def _send(
        self,
        method: str,
        path: str,
        asked: Asked,
        params: Params | None,
        body: Mapping[str, Any] | None,
        most: int,
    ) -> bytes:
        try:
            answer = self._ask(method, path, params, body, repeat=method == "POST" and not asked.writing)
            try:
                content = _bounded(answer, most if answer.ok else 0)
            finally:
                self.traffic.took(answer)
                answer.close()
        except requests.RequestException as error:
            raise connection_fault(error, self.server, writing=asked.writing) from None
        finally:
            if self._fresh:
                self._session.close()
        if not answer.ok or answer.is_redirect:
            told = Asked(asked.what, self.server, self.login, asked.writing, self._advice, self._secret)
            raise of_status(answer.status_code, content, told, self.traffic.last.retry_after)
        return content

    def _ask(
        self, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None, *, repeat: bool
    ) -> requests.Response:
        """One request, its body unread; with `repeat`, for searches (POSTs that change nothing), a cut one is sent
        once more."""
        given = None if body is None else dict(body)
        try:
            return self._session.request(
                method, self.url + path, params=params, json=given, timeout=self._timeouts, stream=True
            )
        except requests.ConnectionError as error:
            if not repeat or not was_cut(error):
                raise
        return self._ask(method, path, params, body, repeat=False)

    def _authenticate(self, credential: Credential, url: str) -> None:
        """User name and password come before a token, as in MLflow's client; else those in the URL count."""
        username, password = credential.username, credential.secret.reveal()
        if credential.kind == "none":
            username, password = login_of(url)
            self._secret, self.login = Secret(password), "user name and password in its URL" if password else ""
        if username and password:
            self._session.auth = HTTPBasicAuth(username.encode(), password.encode())
        elif password:
            self._session.auth = Bearer(self._secret)


def _bounded(answer: requests.Response, most: int) -> bytes:
    """The body; one that is longer than `most` bytes is given up as soon as that is known."""
    if not most:
        return answer.content
    told = answer.headers.get("Content-Length", "")
    if told.isdecimal() and int(told) > most:
        raise TooLong(int(told))
    pieces: list[bytes] = []
    size = 0
    for piece in answer.iter_content(CHUNK):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            raise TooLong(size)
    return b"".join(pieces)


def _decoded(content: bytes) -> Any:
    """JSON, by the faster reader; the other one takes a bare NaN, too, which some calls of MLflow write."""
    try:
        return msgspec.json.decode(content)
    except msgspec.DecodeError:
        return json.loads(content)
