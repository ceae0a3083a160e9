"""What became of commands that were sent together, in one honest sentence: `2 of 3 cancelled, #4310 had already ended`.

The sentence is said again as outcomes come in, on whatever screen is on top by then. A cancel that the server carries
out after its answer counts as under way until the server says that it is done.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from data.engine.actions_words import CANCELED, was_idle
from data.model.vocabulary import COMMAND_OPEN, FINISHED

if TYPE_CHECKING:
    from textual.timer import Timer

    from data.model.work import Command
    from data.store.port import Store
    from tui.dashboard import Dashboard

DONE: Final[Mapping[str, str]] = {
    "launch": "launched", "cancel": "cancelled", "retry": "retried", "play": "started", "erase": "erased",
    "keep": "kept", "delete": "deleted", "rename": "renamed", "schedule": "run", "label": "labelled", "note": "noted",
    "settle": "settled",
}  # fmt: skip
"""What a kind of commands has done when it is done."""
NO_EFFECT: Final[Mapping[str, str]] = {"retry": "had nothing to retry", "delete": "was gone already"}
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


def summary(
    commands: Sequence[Command],
    names: Mapping[str, str],
    statuses: Mapping[str, str] | None = None,
    left_out: Sequence[str] = (),
) -> Sentence:
    """What became of commands of one kind so far; "" for no news.

    `names` are those of their targets, by id; `statuses` what the server says of the targets now, as far as that
    counts (see `under_way`); `left_out` why further ones were not sent at all.
    """
    statuses = statuses or {}
    if len(commands) == 1 and not left_out:
        return _single(commands[0], statuses)
    going = [one for one in commands if one.state in COMMAND_OPEN]
    if len(going) == len(commands) and not any(one.answer for one in going):
        return "", ""
    kind = commands[0].kind
    slow = [one for one in commands if under_way(one, statuses)]
    idle = [one for one in commands if was_idle(one) or _came_late(one, statuses)]
    done = [one for one in commands if one.state == "done" and one not in idle and one not in slow]
    parts = [f"{len(done)} of {len(commands) + len(left_out)} {DONE.get(kind, 'done')}"]
    if slow:
        parts.append(f"{_called(slow, names)} being cancelled")
    if idle:
        parts.append(f"{_called(idle, names)} {NO_EFFECT.get(kind, ENDED)}")
    if taken := [one for one in commands if one.state == "withdrawn"]:
        parts.append(f"{_called(taken, names)} taken back")
    parts += left_out[:FEW] if len(left_out) <= FEW else [f"{len(left_out)} were not possible"]
    failed = [one for one in commands if one.state in {"refused", "unknown"}]
    parts += [f"{_called(some, names)}: {reason}" for reason, some in _by_answer(failed).items()]
    parts += [
        f"{_called(some, names)} waiting: {reason}" if reason else f"{len(some)} under way"
        for reason, some in _by_answer(going).items()
    ]
    return ", ".join(parts), "failed" if failed else "pending" if going or slow else ""


def under_way(command: Command, statuses: Mapping[str, str]) -> bool:
    """Whether a server has taken a cancel and not carried it out yet: GitLab does so after its answer."""
    status = statuses.get(command.target_id, "")
    return _taken(command) and bool(status) and status not in FINISHED


def _came_late(command: Command, statuses: Mapping[str, str]) -> bool:
    """Whether a target ended otherwise after its cancel was taken."""
    return _taken(command) and statuses.get(command.target_id, "") in FINISHED - {CANCELED}


def _taken(command: Command) -> bool:
    """Whether it is a cancel of which the answer says no end."""
    done = command.kind == "cancel" and command.state == "done"
    return done and command.answer != CANCELED and not was_idle(command)


def _single(command: Command, statuses: Mapping[str, str]) -> Sentence:
    if command.state in COMMAND_OPEN:
        return (f"{command.title}: waits: {command.answer}", "pending") if command.answer else ("", "")
    said = command.answer or command.state
    status = statuses.get(command.target_id, "")
    if under_way(command, statuses):
        return f"{command.title}: {said}", "pending"
    if _came_late(command, statuses):
        return f"{command.title}: it ended before that ({status})", ""
    if command.kind == "cancel" and command.state == "done" and status == CANCELED:
        return f"{command.title}: {CANCELED}", ""
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
    """Follows commands until the last one has its outcome, and what they cancelled has ended."""

    def __init__(
        self,
        dashboard: Dashboard,
        commands: Sequence[Command],
        names: Mapping[str, str],
        left_out: Sequence[str] = (),
    ) -> None:
        self._dashboard, self._names, self._left_out = dashboard, names, left_out
        self._ids = [command.id for command in commands]
        self._seen: object = None
        self._said = ""
        self._left = PATIENCE
        self._slow = False
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
        if pending != self._seen or len(pending) < len(wanted) or self._slow:
            self._seen = pending
            self._dashboard.later(self._read, group=f"outcome-{self._ids[0]}")

    async def _read(self) -> None:
        from data.model.work import Command

        feed = self._dashboard.feed
        if feed is None:
            return
        found = await feed.context.store.get_many(Command, self._ids)
        commands = [found[id] for id in self._ids if id in found]
        statuses = await read_statuses(feed.context.store, commands)
        self._slow = any(under_way(one, statuses) for one in commands)
        sentence, tone = summary(commands, self._names, statuses, self._left_out) if commands else ("", "")
        if sentence and sentence != self._said:
            self._said = sentence
            self._dashboard.say(sentence, tone)
        over = len(commands) == len(self._ids) and not any(one.state in COMMAND_OPEN for one in commands)
        if over and not self._slow:
            self._timer.stop()


async def read_statuses(store: Store, commands: Sequence[Command]) -> dict[str, str]:
    """What the server says of the runs and jobs that were cancelled, by id."""
    from data.model.run import JobRun, PipelineRun

    ids = [one.target_id for one in commands if one.kind == "cancel" and one.state == "done"]
    if not ids:
        return {}
    runs = await store.get_many(PipelineRun, [id for id in ids if ":job:" not in id])
    jobs = await store.get_many(JobRun, [id for id in ids if ":job:" in id])
    return {**{id: run.status for id, run in runs.items()}, **{id: job.status for id, job in jobs.items()}}
