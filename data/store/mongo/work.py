"""Commands: each change of a state is one change of a register, so that every command goes to one engine, once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from data.model import Command, decode, encode
from data.store.mongo import register
from data.store.mongo.client import Server
from data.store.mongo.homes import ID, OWN, Document, home, id_in
from data.store.mongo.predicate import all_of
from data.store.mongo.reading import by_ids
from data.store.mongo.revisions import Revisions
from data.store.mongo.writing import put

_COMMANDS: Final = home(Command)
_TURN: Final = f"{OWN}.turn"
_DOC: Final[Document] = {f"{OWN}.doc": 1, _TURN: 1}


class Outbox:
    """The commands of a store. The document of a command may lag behind its register; whoever meets that mends it."""

    def __init__(self, server: Server, revisions: Revisions) -> None:
        self._server, self._revisions = server, revisions

    async def submit(self, commands: Sequence[Command]) -> None:
        """Put new commands in the outbox."""
        known = await by_ids(self._server, _COMMANDS, [command.id for command in commands], {})
        new = [command for command in commands if command.id not in known]
        if new:
            await put(self._server, self._revisions, new)

    async def claim(
        self, owner: str, project_ids: Sequence[str], limit: int, ids: Sequence[str] | None, now: datetime
    ) -> list[Command]:
        """Take the first queued commands of these projects, or those of `ids` that are."""
        chosen: list[Document] = [] if ids is None else [{ID: {"$in": list(ids)}}]
        taken: list[Command] = []
        for id_ in await self._found(project_ids, [{_COMMANDS.field("state"): "queued"}, *chosen]):
            if len(taken) == limit:
                break
            command, turn = await self._current(id_)
            if command is not None and command.state == "queued":
                mine = replace(command, state="sending", owner=owner, sent=now, attempts=command.attempts + 1)
                if await self._change(mine, turn):
                    taken.append(mine)
        return taken

    async def adopt(self, owner: str, project_ids: Sequence[str]) -> list[Command]:
        """Take over what others left in `sending`."""
        taken: list[Command] = []
        for id_ in await self._found(project_ids, [{_COMMANDS.field("state"): "sending"}]):
            command, turn = await self._current(id_)
            if command is not None and command.state == "sending" and command.owner != owner:
                mine = replace(command, owner=owner)
                if await self._change(mine, turn):
                    taken.append(mine)
        return taken

    async def settle(self, command: Command) -> bool:
        """Record the outcome of a claimed command."""
        while True:
            stored, turn = await self._current(command.id)
            if stored is None or stored.owner != command.owner or stored.state in ("queued", "withdrawn"):
                return False
            if await self._change(command, turn):
                return True

    async def amend(self, command: Command, was: Command) -> bool:
        """Replace a command that is still queued and as it `was`."""
        stored, turn = await self._current(command.id)
        if stored is None or stored != was or was.state != "queued" or command.state != "queued":
            return False
        return await self._change(command, turn)

    async def withdraw(self, id_: str, now: datetime) -> bool:
        """Take back a queued command."""
        while True:
            stored, turn = await self._current(id_)
            if stored is None or stored.state != "queued":
                return False
            if await self._change(replace(stored, state="withdrawn", finished=now), turn):
                return True

    async def _found(self, project_ids: Sequence[str], asked: Sequence[Document]) -> list[str]:
        """Ids of commands of some projects, by place."""
        condition = all_of([{_COMMANDS.field("project_id"): {"$in": list(project_ids)}}, *asked])
        order = [(_COMMANDS.field("place"), 1), (ID, 1)]
        found = self._server.database[_COMMANDS.collection].find(condition, {ID: 1}).sort(order)
        return [id_ for one in await found.to_list() if (id_ := id_in(one)) is not None]

    async def _current(self, id_: str) -> tuple[Command | None, int]:
        """A command as it is now, and the number of its state."""
        documents = await by_ids(self._server, _COMMANDS, [id_], _DOC)
        if id_ not in documents:
            return None, 0
        own = documents[id_][OWN]
        held = await register.read(self._server.database, _name(id_))
        if held.number <= own.get("turn", 0):
            return decode(Command, own["doc"]), own.get("turn", 0)
        command = decode(Command, held.value["doc"])
        await self._show(command, held.number)
        return command, held.number

    async def _change(self, command: Command, turn: int) -> bool:
        value = {"doc": encode(command).decode()}
        if not await register.change(self._server.database, _name(command.id), turn, value):
            return False
        await self._show(command, turn + 1)
        return True

    async def _show(self, command: Command, turn: int) -> None:
        await put(self._server, self._revisions, [command], turn=turn)


def _name(id_: str) -> str:
    return f"command:{id_}"
