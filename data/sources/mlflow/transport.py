"""Requests to an MLflow server: JSON in and out, errors in sentences.

Plain HTTP opens a connection for each request: an MLflow server with several workers (its default) delays every answer
on a kept connection by some 40 ms, since it leaves Nagle's algorithm on, and a new connection costs 1 ms. HTTPS ends in
a proxy that has no such fault, and its connections are dear; they are kept.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

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

Params = Mapping[str, str | int | list[str]]
"""Parameters of a read; a list is repeated."""


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

    def search(self, path: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Read with a POST, as MLflow's searches are."""
        return self._call("POST", API + path, Asked(what, self.server), body=body)

    def post(self, path: str, what: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Ask for a change, exactly once. `Unanswered` when it is not known whether the server carried it out."""
        return self._call("POST", API + path, Asked(what, self.server, writing=True), body=body)

    def text(self, path: str, what: str) -> str:
        """Read a short text that is no JSON, such as `/version`."""
        return self._send("GET", path, Asked(what, self.server), None, None).text

    def _call(
        self,
        method: str,
        path: str,
        asked: Asked,
        *,
        params: Params | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        answer = self._send(method, path, asked, params, body)
        if answer.text.lstrip()[:1] == "<":
            raise not_json(asked)
        try:
            found = json.loads(answer.content)  # takes a bare NaN, too, which some calls of MLflow write
        except ValueError:
            raise BadAnswer(f"{asked.server} sent broken JSON when asked for {asked.what}") from None
        if not isinstance(found, dict):
            raise not_json(asked)
        return found

    def _send(
        self, method: str, path: str, asked: Asked, params: Params | None, body: Mapping[str, Any] | None
    ) -> requests.Response:
        try:
            answer = self._ask(method, path, params, body, repeat=method == "POST" and not asked.writing)
        except requests.RequestException as error:
            raise connection_fault(error, self.server, writing=asked.writing) from None
        finally:
            if self._fresh:
                self._session.close()
        if not answer.ok or answer.is_redirect:
            told = Asked(asked.what, self.server, self.login, asked.writing, self._advice, self._secret)
            raise of_status(answer.status_code, answer.content, told, self.traffic.last.retry_after)
        return answer

    def _ask(
        self, method: str, path: str, params: Params | None, body: Mapping[str, Any] | None, *, repeat: bool
    ) -> requests.Response:
        """One request; with `repeat`, for searches (POSTs that change nothing), a cut one is sent once more."""
        given = None if body is None else dict(body)
        try:
            return self._session.request(method, self.url + path, params=params, json=given, timeout=self._timeouts)
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
