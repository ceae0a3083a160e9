"""Pagination by offset and by keyset, with GitLab's headers (GitLab docs, api/rest, Pagination)."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from data.simulator.api.call import Call, answer
from data.simulator.api.errors import ApiError, bad_value, invalid

T = TypeVar("T")

DEFAULT_PER_PAGE, MAX_PER_PAGE = 20, 100
"""Rows of a page unless asked otherwise, and at most."""

_FIRST = -1


def per_page(call: Call) -> int:
    """Return the rows per page that the request asks for."""
    return min(_positive(call, "per_page", DEFAULT_PER_PAGE), MAX_PER_PAGE)


def _positive(call: Call, name: str, default: int) -> int:
    text = call.text(name) or str(default)
    if not text.isdecimal():
        raise invalid(name)
    return max(int(text), 1)


def by_offset(call: Call, rows: Sequence[T], show: Callable[[T], Any], *, count: bool = True) -> Response:
    """Return one page of `rows`; totals are left out without `count` and for long lists."""
    if call.text("pagination") == "keyset":
        raise ApiError(405, {"error": "Keyset pagination is not yet available for this type of request"})
    size, page = per_page(call), _positive(call, "page", 1)
    chosen = rows[(page - 1) * size : page * size]
    more = len(rows) > page * size
    headers = {
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Next-Page": str(page + 1) if more else "",
        "X-Prev-Page": str(page - 1) if page > 1 else "",
    }
    pages = max(-(-len(rows) // size), 1)
    links = [("prev", page - 1)] if page > 1 else []
    links += [("next", page + 1)] if more else []
    links.append(("first", 1))
    if count and len(rows) <= call.world.settings.count_limit:
        headers |= {"X-Total": str(len(rows)), "X-Total-Pages": str(pages)}
        links.append(("last", pages))
    headers["Link"] = ", ".join(f'<{_url(call, page=number, per_page=size)}>; rel="{rel}"' for rel, number in links)
    return answer([show(row) for row in chosen], headers=headers)


def by_id(
    call: Call, rows: Sequence[T], identity: Callable[[T], int], show: Callable[[T], Any], *, cursor: bool
) -> Response:
    """Return one page by keyset over ids: only a `next` link. `cursor` hides the last id in an opaque parameter."""
    if call.text("order_by", "id") != "id":
        raise ApiError(405, {"error": "Keyset pagination is not yet available for this type of request"})
    size, descending = per_page(call), call.choice("sort", ("asc", "desc"), "desc") == "desc"
    name = "cursor" if cursor else "id_before" if descending else "id_after"
    last = _last_id(call, name, cursor=cursor)
    ordered = sorted(rows, key=identity, reverse=descending)
    left = [row for row in ordered if last == _FIRST or (identity(row) < last if descending else identity(row) > last)]
    page = left[:size]
    headers = {}
    if len(left) > size:
        mark = identity(page[-1])
        value = (
            base64.urlsafe_b64encode(json.dumps({"id": str(mark), "_kd": "n"}).encode()).decode()
            if cursor
            else str(mark)
        )
        headers["Link"] = f'<{_url(call, **{name: value, "per_page": size})}>; rel="next"'
    return answer([show(row) for row in page], headers=headers)


def _last_id(call: Call, name: str, *, cursor: bool) -> int:
    text = call.text(name)
    if not text:
        return _FIRST
    try:
        return int(json.loads(base64.urlsafe_b64decode(text))["id"] if cursor else text)
    except (ValueError, KeyError, TypeError) as error:
        raise bad_value(name) from error


def _url(call: Call, **changed: object) -> str:
    kept = [(key, value) for key, value in call.query.multi_items() if key not in changed and key != "private_token"]
    return f"{call.url}?{urlencode([*kept, *((key, str(value)) for key, value in changed.items())])}"
