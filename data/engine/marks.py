"""Notes and labels of people. They are ours, written in the store without asking anybody, but for one thing.

The note of an MLflow run is its tag `mlflow.note.content`, which MLflow shows as the description (MLflow docs, system
tags): that one goes to the server.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from data.clean import clean, clean_block
from data.engine.context import ProjectContext, TrackingContext
from data.engine.verdict import Done, Immediate, Rejected
from data.model import Command, Label, Note, PipelineRun, Record, TrackedRun
from data.sources.http import mask_logins
from data.sources.mlflow import TrackingSource
from data.sources.mlflow.mapping import NOTE_TAG

MAX_NOTE: Final = 8000
"""Characters of a tag; MLflow cuts longer ones without a word (MLflow source, utils/validation.py)."""
MAX_LABEL: Final = 80
"""Characters of a label."""


class Labels(Immediate):
    """Labels on runs, or on MLflow runs: `kind` is what the lease of the context is about."""

    def __init__(self, context: ProjectContext | TrackingContext, kind: type[PipelineRun] | type[TrackedRun]) -> None:
        self._context, self._kind = context, kind

    async def perform(self, command: Command) -> Done:
        """Change the record, and keep who gave which label and when."""
        desk, lease, target = self._context.desk, self._context.id, command.target_id
        add, remove = (_labels(command.payload.get(key)) for key in ("add", "remove"))
        if await desk.edit(lease, self._kind, target, lambda run: _labelled(run, add, remove)) is None:
            raise Rejected(f"there is no run `{target}` here any more")
        given: list[Record] = [
            Label(id=f"{target}:{name}", target_id=target, name=name, by=command.by, created=command.created)
            for name in add
        ]
        await desk.put(lease, given)
        await desk.delete(lease, Label, [f"{target}:{name}" for name in remove])
        return Done("labelled", target)

    async def check(self, command: Command) -> Done | None:
        """Writing it once more changes nothing."""
        return await self.perform(command)


class Notes(Immediate):
    """Notes on runs."""

    def __init__(self, context: ProjectContext) -> None:
        self._context = context

    async def perform(self, command: Command) -> Done:
        """Write it, unless somebody else has written another one meanwhile."""
        desk, lease, target = self._context.desk, self._context.id, command.target_id
        text = _text(command)
        run = await desk.store.get(PipelineRun, target)
        if run is None:
            raise Rejected(f"there is no run `{target}` here any more")
        if run.notes != text:
            _check_unchanged(command, run.notes)
            note = Note(id=target, target_id=target, text=text, by=command.by, created=command.created)
            await desk.put(lease, [note])
            await desk.edit(lease, PipelineRun, target, lambda now: replace(now, notes=text))
        return Done("noted", target)

    async def check(self, command: Command) -> Done | None:
        """Writing it once more changes nothing."""
        return await self.perform(command)


class TrackedNotes(Immediate):
    """Notes on MLflow runs."""

    def __init__(self, context: TrackingContext) -> None:
        self._context = context

    async def perform(self, command: Command) -> Done:
        """One request writes it, unless somebody else has written another one meanwhile."""
        text, run_id = _text(command), self._run_id(command)
        if len(text) > MAX_NOTE:
            raise Rejected(f"MLflow keeps {MAX_NOTE} characters of a note; this one has {len(text)}")

        def write(source: TrackingSource) -> None:
            found = source.run(run_id)
            if found.note != mask_logins(text):
                _check_unchanged(command, found.note)
                source.set_tag(run_id, NOTE_TAG, text)

        await self._context.write(write)
        return await self._noted(command)

    async def check(self, command: Command) -> Done | None:
        """It took effect when MLflow has the note."""
        run_id = self._run_id(command)
        run = await self._context.server.call(lambda source: source.run(run_id))
        return await self._noted(command) if run.note == mask_logins(_text(command)) else None

    async def _noted(self, command: Command) -> Done:
        text = mask_logins(_text(command))

        def noted(run: TrackedRun) -> TrackedRun:
            return replace(run, note=text, tags={**run.tags, NOTE_TAG: clean(text)})

        await self._context.desk.edit(self._context.id, TrackedRun, command.target_id, noted)
        return Done("noted", command.target_id)

    def _run_id(self, command: Command) -> str:
        return command.target_id.removeprefix(f"{self._context.id}:")


def _text(command: Command) -> str:
    return clean_block(str(command.payload.get("text", "")))


def _check_unchanged(command: Command, found: str) -> None:
    """Refuse to replace another note than the one that the user saw (`was`)."""
    seen = command.payload.get("was")
    if isinstance(seen, str) and clean_block(seen) != found:
        raise Rejected(f"somebody has changed the note meanwhile: {clean(found)[:MAX_LABEL] or 'it is empty now'}")


def _labels(value: object) -> list[str]:
    words = (clean(str(word)).strip()[:MAX_LABEL] for word in value) if isinstance(value, list) else ()
    return [word for word in words if word]


def _labelled(run: PipelineRun | TrackedRun, add: list[str], remove: list[str]) -> PipelineRun | TrackedRun:
    kept = [label for label in run.labels if label not in remove]
    return replace(run, labels=tuple(dict.fromkeys([*kept, *add])))
