"""What became of commands that were sent together, in one honest sentence: `2 of 3 cancelled, #4310 had already ended`.

The sentence is said again as outcomes come in, on whatever screen is on top by then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from data.engine.verdict import had_no_effect
from data.model.vocabulary import COMMAND_OPEN

if TYPE_CHECKING:
    from textual.timer import Timer

    from data.model.work import Command
    from tui.dashboard import Dashboard

DONE: Final[Mapping[str, str]] = {
    "cancel": "cancelled", "retry": "retried", "play": "started", "label": "labelled", "note": "noted",
    "settle": "settled",
}  # fmt: skip
"""What a kind of commands has done when it is done."""
NO_EFFECT: Final[Mapping[str, str]] = {"retry": "had nothing to retry"}
"""Why a kind of commands had nothing to do; all others find that something had ended already."""
ENDED: Final = "had already ended"
"""What is said of those others."""
FEW: Final = 2
"""Things that are called by their names; of more, the number is told."""
MAX_REASON: Final = 100
"""Characters of a server's reason in a sentence about several commands."""
LOOK: Final = 0.3
"""Seconds between two looks at the commands that are under way."""
PATIENCE: Final = 600.0
"""Seconds after which commands that are still under way are left to the screen Activity."""

Sentence = tuple[str, str]
"""A sentence, and its tone."""


def summary(commands: Sequence[Command], names: Mapping[str, str]) -> Sentence:
    """What became of commands of one kind so far. `names` are those of their targets, by id; "" for no news."""
    if len(commands) == 1:
        return _single(commands[0])
    going = [one for one in commands if one.state in COMMAND_OPEN]
    if len(going) == len(commands) and not any(one.answer for one in going):
        return "", ""
    kind = commands[0].kind
    idle = [one for one in commands if had_no_effect(one)]
    done = [one for one in commands if one.state == "done" and one not in idle]
    parts = [f"{len(done)} of {len(commands)} {DONE.get(kind, 'done')}"]
    if idle:
        parts.append(f"{_called(idle, names)} {NO_EFFECT.get(kind, ENDED)}")
    if taken := [one for one in commands if one.state == "withdrawn"]:
        parts.append(f"{_called(taken, names)} taken back")
    failed = [one for one in commands if one.state in {"refused", "unknown"}]
    parts += [f"{_called(some, names)}: {reason}" for reason, some in _by_answer(failed).items()]
    parts += [
        f"{_called(some, names)} waiting: {reason}" if reason else f"{len(some)} under way"
        for reason, some in _by_answer(going).items()
    ]
    return ", ".join(parts), "failed" if failed else "pending" if going else ""


def _single(command: Command) -> Sentence:
    if command.state in COMMAND_OPEN:
        return (f"{command.title}: waits: {command.answer}", "pending") if command.answer else ("", "")
    said = command.answer or command.state
    if command.state in {"refused", "unknown"}:
        return f"{command.title}: {command.state}: {said}", "failed"
    return f"{command.title}: {said}", ""


def _called(commands: Sequence[Command], names: Mapping[str, str]) -> str:
    """Names of the targets of a few commands, or their number."""
    if len(commands) > FEW:
        return f"{len(commands)} others"
    return " and ".join(names.get(one.target_id, one.title) for one in commands)


def _by_answer(commands: Sequence[Command]) -> dict[str, list[Command]]:
    found: dict[str, list[Command]] = {}
    for command in commands:
        found.setdefault(command.answer[:MAX_REASON], []).append(command)
    return found


class Following:
    """Follows commands until the last one has its outcome."""

    def __init__(self, dashboard: Dashboard, commands: Sequence[Command], names: Mapping[str, str]) -> None:
        self._dashboard, self._names = dashboard, names
        self._ids = [command.id for command in commands]
        self._seen: object = None
        self._said = ""
        self._left = PATIENCE
        self._timer: Timer = dashboard.set_interval(LOOK, self._look)

    def _look(self) -> None:
        """Read the commands when what the feed knows of them has changed; that costs nothing while nothing happens."""
        self._left -= LOOK
        feed = self._dashboard.feed
        if feed is None or self._left <= 0:
            self._timer.stop()
            return
        wanted = set(self._ids)
        pending = tuple((one.id, one.state, one.answer) for one in feed.overview.pending if one.id in wanted)
        if pending != self._seen or len(pending) < len(wanted):
            self._seen = pending
            self._dashboard.later(self._read, group=f"outcome-{self._ids[0]}")

    async def _read(self) -> None:
        from data.model.work import Command

        feed = self._dashboard.feed
        if feed is None:
            return
        found = await feed.context.store.get_many(Command, self._ids)
        commands = [found[id] for id in self._ids if id in found]
        sentence, tone = summary(commands, self._names) if commands else ("", "")
        if sentence and sentence != self._said:
            self._said = sentence
            self._dashboard.say(sentence, tone)
        if len(commands) == len(self._ids) and not any(one.state in COMMAND_OPEN for one in commands):
            self._timer.stop()
