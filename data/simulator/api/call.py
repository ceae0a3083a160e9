"""One request as the endpoints see it: who asks, in which world, with which parameters; and how they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.datastructures import QueryParams
from starlette.responses import Response

from data.simulator.api.errors import bad_value, forbidden, invalid, missing, not_found
from data.simulator.clock import parse_iso
from data.simulator.entities import Access, Job, Pipeline, Project, Token, User
from data.simulator.serializers import Serializer
from data.simulator.world import World

_TRUE, _FALSE = frozenset({"true", "1", "t"}), frozenset({"false", "0", "f", ""})


@dataclass(slots=True, kw_only=True)
class Call:
    """A request.

    Attributes:
        path: parameters of the route, still percent-encoded; `part` decodes one.
        query: the query string; body: the JSON or form body, an empty mapping without one.
        token: None for an anonymous request.
        url: the request's URL without its query string.
        range: the Range header, empty without one.
    """

    world: World
    json: Serializer
    path: Mapping[str, str]
    query: QueryParams
    body: Mapping[str, Any]
    token: Token | None
    url: str
    range: str = ""

    @property
    def user(self) -> User:
        """The user; endpoints that allow anonymous requests do not ask."""
        if self.token is None:
            raise not_found("Project")
        return self.token.user

    def part(self, name: str) -> str:
        """Return a parameter of the route, decoded."""
        return unquote(self.path[name])

    def number(self, name: str) -> int:
        """Return a numeric parameter of the route."""
        text = self.part(name)
        if not text.isdecimal():
            raise invalid(name)
        return int(text)

    def text(self, name: str, default: str = "") -> str:
        """Return a text parameter from body or query string."""
        value = self.body.get(name, self.query.get(name))
        return default if value is None else str(value)

    def required(self, name: str) -> str:
        """Return a text parameter that must be there."""
        if name not in self.body and name not in self.query:
            raise missing(name)
        return self.text(name)

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean parameter."""
        value = self.text(name, str(default)).lower()
        if value not in _TRUE | _FALSE:
            raise invalid(name)
        return value in _TRUE

    def choice(self, name: str, allowed: frozenset[str] | tuple[str, ...], default: str = "") -> str:
        """Return a parameter that has a list of values; GitLab validates these."""
        value = self.text(name, default)
        if value != default and value not in allowed:
            raise bad_value(name)
        return value

    def instant(self, name: str) -> float | None:
        """Return a time parameter in seconds since the epoch, None without one."""
        text = self.text(name)
        if not text:
            return None
        try:
            return parse_iso(text.replace(" ", "+"))
        except ValueError as error:
            raise invalid(name) from error

    def many(self, name: str, allowed: frozenset[str]) -> frozenset[str]:
        """Return an array parameter (`name[]=a&name[]=b`); of `name=a&name=b` only the last counts, as in Rack."""
        values = self.query.getlist(f"{name}[]") or ([self.query[name]] if name in self.query else [])
        given = self.body.get(name)
        values = [*values, *(given if isinstance(given, list) else [])]
        if any(value not in allowed for value in values):
            raise bad_value(name)
        return frozenset(values)

    def project(self, needed: Access = Access.REPORTER) -> Project:
        """Return the route's project; 404 where the user cannot see it, 403 where the role is too low."""
        project = self.world.project(self.part("id"))
        if project is None or self.world.access(self.user, project) < Access.GUEST:
            raise not_found("Project")
        if self.world.access(self.user, project) < needed:
            raise forbidden()
        return project

    def pipeline(self, needed: Access = Access.REPORTER) -> Pipeline:
        """Return the route's pipeline."""
        project, number = self.project(), self.number("pid")
        pipeline = project.pipelines.get(number)
        if pipeline is None:
            raise not_found()
        if self.world.access(self.user, project) < needed:
            raise forbidden()
        return pipeline

    def job(self, needed: Access = Access.REPORTER, *, bridges: bool = False) -> Job:
        """Return the route's job; trigger jobs only where the endpoint knows them."""
        project, number = self.project(), self.number("jid")
        job = project.jobs.get(number)
        if job is None or (job.is_bridge and not bridges):
            raise not_found()
        if self.world.access(self.user, project) < needed:
            raise forbidden()
        return job


def answer(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as JSON."""
    return Response(msgspec.json.encode(value), status, dict(headers or {}), "application/json")


def no_content() -> Response:
    """Return 204 without a body."""
    return Response(status_code=204)
