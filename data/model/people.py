"""Who may do what."""

from __future__ import annotations

from data.model.base import Id, Name, Record, Utc


class User(Record, frozen=True, kw_only=True):
    """A GitLab user. `id` is `git_id(connection, user id)`."""

    connection: Name
    username: Name
    name: str = ""
    state: str = ""
    web_url: str = ""
    email: str = ""


class UserGroup(Record, frozen=True, kw_only=True):
    """A GitLab group: users with common permissions."""

    connection: Name
    name: Name
    path: str = ""
    organization_id: str = ""
    web_url: str = ""


class Organization(Record, frozen=True, kw_only=True):
    """A top-level GitLab group."""

    connection: Name
    name: Name
    path: str = ""
    web_url: str = ""


class Membership(Record, frozen=True, kw_only=True):
    """A user's role in a project or group. `id` is `<project or group id>:<user id>`."""

    user_id: Id
    username: str = ""
    name: str = ""
    project_id: str = ""
    group_id: str = ""
    access_level: int = 0
    """10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner."""
    state: str = ""
    expires: Utc | None = None
