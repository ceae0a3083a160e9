"""A request in the user's editor, again and again until it can be sent or is given up."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable

import click

from data.clean import clean
from data.errors import UsageError
from data.launch.asked import Problem, Request, Target
from data.launch.document import api_in, from_yaml, located, to_yaml, with_problems, with_secrets
from data.launch.request import problems
from tui.cli.failures import say

Retarget = Callable[[str], Awaitable[Target]]
"""Gives what a request of another API is about, by the API's name; empty for the pipeline as it is."""


async def edited(request: Request, target: Target, retarget: Retarget) -> tuple[Request, Target]:
    """The request as the user left it, and what it is about.

    Raises:
        UsageError: it was given up, or cannot be sent and nobody is there to be asked.
    """
    earlier, text = request, to_yaml(request, target)
    while True:
        changed = click.edit(text, extension=".yaml", require_save=False)
        if changed is None or not changed.strip():
            raise UsageError("nothing was launched: the document was emptied")
        read, target = await read_document(changed, target, retarget)
        if isinstance(read, Request):
            read = with_secrets(read, earlier, target)
            found = [one for one in problems(read, target) if not _asked_later(one, target)]
            if not found:
                return read, target
            read = located(found, changed)
        tell(read)
        if not (sys.stdin is not None and sys.stdin.isatty()):
            raise UsageError("this request cannot be sent as it is", hint="mend it, and launch it again")
        if not click.confirm("Edit it again?", default=True, err=True):
            raise UsageError("nothing was launched")
        text = with_problems(changed, read)


async def read_document(text: str, target: Target, retarget: Retarget) -> tuple[Request | list[Problem], Target]:
    """What a document says, and what it is about: it may name another API."""
    api = api_in(text)
    current = target.api.name if target.api else ""
    if api is not None and api.lower() != current.lower():
        target = await retarget(api)
    return from_yaml(text, target), target


def tell(found: list[Problem]) -> None:
    """Say what is wrong, with lines where they are known."""
    for one in found:
        say(f"  {f'line {one.line}: ' if one.line else ''}{clean(one.message)}")


def _asked_later(problem: Problem, target: Target) -> bool:
    """A secret that was not given yet is asked for when the request is sent."""
    secret = {f"variables.{one.key}" for one in (target.api.user_variables if target.api else ()) if one.secret}
    return problem.field in secret
