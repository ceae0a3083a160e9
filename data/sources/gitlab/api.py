"""GitLab's REST API through python-gitlab: its client makes every request, its JSON is read here.

The object managers of python-gitlab are left aside: they drop the headers that tell the next page, encode
`bridges.list(scope=…)` so that only the last value counts, and turn an HTML answer into an object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
import requests
from gitlab import Gitlab
from gitlab.exceptions import GitlabError

from data.clean import clean
from data.errors import BadAnswer, Refused
from data.sources.faults import Asked, understood
from data.sources.gitlab.errors import not_json, source_error
from data.sources.http import Observer, Session, Traffic, describe, server_of, timeouts

if TYPE_CHECKING:
    from data.config.credentials import Credential
    from data.config.settings import ConnectionSettings

PER_PAGE: Final = 100
"""Rows of a page: GitLab's maximum (GitLab docs, api/rest, pagination)."""
CHUNK: Final = 65_536
"""Bytes of a text that are read at a time."""
MAX_PAGES: Final = 100
"""Pages of one list that are read: a list that is longer than 10,000 rows is cut."""

GRAPHQL: Final = "/api/graphql"
"""Path of the GraphQL API below the server's URL (GitLab docs, api/graphql)."""
MAX_MESSAGE: Final = 300
"""Characters of a GraphQL error that a message repeats."""

Row = dict[str, Any]
"""One thing in GitLab's JSON."""
Query = Mapping[str, str | int | bool | Sequence[str] | None]
"""Parameters of a request; None is left out, lists need a name with `[]`."""


class Page(NamedTuple):
    """One page of a list; `next_page` is None on the last."""

    rows: list[Row]
    next_page: int | None


class Api:
    """The requests of one connection. Each method takes `what`, the thing asked for, for the message of an error.

    Raises:
        SourceError: whatever goes wrong.
    """

    def __init__(
        self, name: str, settings: ConnectionSettings, credential: Credential, on_response: Observer | None
    ) -> None:
        self.server = server_of(settings.url)
        self.traffic = Traffic(on_response)
        self._login, self._advice, self._secret = describe(credential), credential.advice, credential.secret
        session = Session(name, settings, self.traffic)
        self._gitlab = Gitlab(
            settings.url,
            **_login(credential),
            ssl_verify=settings.tls_verify,
            timeout=timeouts(settings),  # type: ignore[arg-type]  # handed to requests, which takes a pair
            keep_base_url=True,
            retry_transient_errors=False,
            session=session,
        )

    def close(self) -> None:
        """Close its connections."""
        self._gitlab.session.close()

    def get(self, path: str, what: str, query: Query | None = None) -> Row:
        """One thing."""
        with self.explained(what) as asked:
            return _mapping(self._json(self._request("get", path, query), asked), asked)

    def page(self, path: str, what: str, query: Query | None = None, *, page: int, per_page: int = PER_PAGE) -> Page:
        """One page of a list."""
        with self.explained(what) as asked:
            answer = self._request("get", path, {**(query or {}), "page": page, "per_page": per_page})
            rows = _rows(self._json(answer, asked), asked)
            return Page(rows, _next_page(answer, rows, page, per_page))

    def all(self, path: str, what: str, query: Query | None = None, *, pages: int = MAX_PAGES) -> list[Row]:
        """A whole list, at most `pages` pages of it. A row that moved to the next page meanwhile comes once."""
        found: dict[Any, Row] = {}
        for number in range(1, pages + 1):
            rows, next_page = self.page(path, what, query, page=number)
            found |= {_key(row, at): row for at, row in enumerate(rows, len(found))}
            if next_page is None:
                break
        return list(found.values())

    def post(self, path: str, what: str, body: Mapping[str, Any] | None = None) -> Row:
        """Ask for a change, exactly once. `Unanswered` when it is not known whether the server carried it out."""
        with self.explained(what, writing=True) as asked:
            return _mapping(self._json(self._request("post", path, None, body=body), asked), asked)

    def ask(self, path: str, what: str, body: Mapping[str, Any]) -> Row:
        """A question that is too long for a URL: it goes with POST and changes nothing."""
        with self.explained(what) as asked:
            return _mapping(self._json(self._request("post", path, None, body=body), asked), asked)

    def text(self, path: str, what: str, query: Query | None = None, *, limit: int) -> str:
        """The first `limit` bytes of an answer that is text."""
        with self.stream(path, what, query) as answer:
            parts, size = [], 0
            for part in answer.iter_content(CHUNK):
                parts.append(part)
                size += len(part)
                if size >= limit:
                    break
            return b"".join(parts)[:limit].decode(errors="replace")

    def put(self, path: str, what: str, body: Mapping[str, Any]) -> Row:
        """The same with PUT."""
        with self.explained(what, writing=True) as asked:
            return _mapping(self._json(self._request("put", path, None, body=body), asked), asked)

    def delete(self, path: str, what: str) -> None:
        """Ask for a deletion, exactly once; its answer has no body."""
        with self.explained(what, writing=True):
            self._request("delete", path, None)

    def query(self, text: str, variables: Mapping[str, Any], what: str) -> Row:
        """Ask a GraphQL question; gives its `data`.

        `Refused` where the server understood and found fault with it: an older one does not know every field.
        """
        with self.explained(what) as asked:
            body = {"query": text, "variables": dict(variables)}
            # A whole URL is taken as it is: GraphQL lies beside the REST API, not below it.
            answer = _mapping(
                self._json(self._request("post", f"{self._gitlab.url}{GRAPHQL}", None, body=body), asked), asked
            )
            if errors := answer.get("errors"):
                raise Refused(f"{self.server} refused {what}: {_first_message(errors)}")
            return answer.get("data") or {}

    @contextmanager
    def stream(
        self, path: str, what: str, query: Query | None = None, headers: Mapping[str, str] | None = None
    ) -> Iterator[requests.Response]:
        """An answer whose body is still to be read; leaving the block closes it."""
        with self.explained(what) as asked:
            answer = self._request("get", path, query, streamed=True, extra_headers=dict(headers or {}))
            try:
                if "html" in answer.headers.get("Content-Type", ""):
                    raise not_json(asked, answer.headers["Content-Type"])
                yield answer
            finally:
                self.traffic.took(answer)
                answer.close()

    @contextmanager
    def explained(self, what: str, *, writing: bool = False) -> Iterator[Asked]:
        """Turns every error of the block that comes from the server into a `SourceError`."""
        asked = Asked(what, self.server, self._login, writing, self._advice, self._secret)
        try:
            yield asked
        except (GitlabError, requests.RequestException) as error:
            raise source_error(error, asked, self.traffic.last) from None

    def understood(self, what: str) -> AbstractContextManager[None]:
        """Turns an answer that makes no record into a `BadAnswer`."""
        return understood(self.server, what)

    def _request(
        self, verb: str, path: str, query: Query | None, *, body: Mapping[str, Any] | None = None, **options: Any
    ) -> requests.Response:
        given = {key: value for key, value in (query or {}).items() if value is not None}
        post_data = None if body is None else dict(body)
        answer = self._gitlab.http_request(
            verb,
            path,
            query_data={key: _text(value) for key, value in given.items()},
            post_data=post_data,
            obey_rate_limit=False,  # python-gitlab would sleep; the engine plans its own waiting
            retry_transient_errors=False,
            **options,
        )
        if not options.get("streamed"):
            self.traffic.took(answer)
        return answer

    def _json(self, answer: requests.Response, asked: Asked) -> Any:
        content_type = answer.headers.get("Content-Type", "")
        if "json" not in content_type:
            raise not_json(asked, content_type)
        try:
            return msgspec.json.decode(answer.content)
        except msgspec.DecodeError:
            raise BadAnswer(f"{asked.server} sent broken JSON when asked for {asked.what}") from None


def _login(credential: Credential) -> dict[str, Any]:
    """A job token has a header of its own; every other token goes as Bearer, which GitLab takes (docs, api/rest)."""
    secret = credential.secret.reveal()
    if not secret:
        return {}
    if credential.kind == "basic":
        return {"http_username": credential.username, "http_password": secret}
    return {"job_token" if credential.kind == "job_token" else "oauth_token": secret}


def _text(value: str | int | bool | Sequence[str] | None) -> Any:
    return ("true" if value else "false") if isinstance(value, bool) else value


def _next_page(answer: requests.Response, rows: list[Row], page: int, per_page: int) -> int | None:
    """From X-Next-Page, else from Link, else (a proxy dropped both) from a full page."""
    given = answer.headers.get("X-Next-Page")
    if given is not None:
        return int(given) if given.strip().isdecimal() else None
    if answer.headers.get("Link") is not None:
        return page + 1 if "next" in answer.links else None
    return page + 1 if len(rows) >= per_page else None


def _key(row: Row, position: int) -> Any:
    """What a row is known by: branches and tags have a name only, files in an archive a path."""
    return next((row[name] for name in ("id", "path", "name") if name in row), position)


def _first_message(errors: Any) -> str:
    first = errors[0] if isinstance(errors, list) and errors else errors
    return clean(str(first.get("message") if isinstance(first, dict) else first), limit=MAX_MESSAGE)


def _mapping(value: Any, asked: Asked) -> Row:
    if isinstance(value, dict):
        return value
    raise BadAnswer(f"{asked.server} did not answer with one thing when asked for {asked.what}")


def _rows(value: Any, asked: Asked) -> list[Row]:
    if isinstance(value, list) and all(isinstance(row, dict) for row in value):
        return value
    raise BadAnswer(f"{asked.server} did not answer with a list when asked for {asked.what}")
