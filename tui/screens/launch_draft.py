"""A launch that is being filled in, without a screen: what it is about, what it began with, what it says now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from msgspec.structs import replace

from data.launch.asked import Problem, Request, Target, declared_inputs, files_of, ref_of
from data.launch.components import switch
from data.launch.filling import differences, from_defaults, from_run, from_submission
from data.launch.payload import Payload
from data.launch.request import notes, payload, problems
from data.launch.when import When
from data.model.ci import CiPreview
from data.model.pipeline import Pipeline, PipelineAPI, Submission
from data.model.run import PipelineRun
from tui.launching import when_of, with_files
from tui.present.launch_fields import Section, Value, arrived, carried, sections, with_value
from tui.present.launch_marks import Marks
from tui.screens.launch_source import Source


class Like(NamedTuple):
    """What a form is filled from.

    Attributes:
        run: an earlier run.
        submission: the request that it came of, or another one.
        wholly: with its ref, kind, labels and note, too; else only with its variables and components.
    """

    run: PipelineRun | None = None
    submission: Submission | None = None
    wholly: bool = False

    @property
    def origin(self) -> str:
        """What it is called."""
        if self.run is not None:
            return f"from #{self.run.git_pipeline_id}"
        return f"from the submission of {self.submission.timestamp:%Y-%m-%d %H:%M}" if self.submission else ""

    def request(self, target: Target) -> Request:
        """The request that it makes."""
        base = from_defaults(target)
        if self.submission is not None:
            found = from_submission(target, self.submission)
            found = replace(found, like=self.run.id) if self.run is not None else found
        elif self.run is not None:
            found = from_run(target, self.run)
        else:
            return base
        if self.wholly:
            return found
        return replace(base, variables=found.variables, inputs=found.inputs, flow_control=found.flow_control,
                       image=found.image, environment=found.environment)  # fmt: skip


class FileRead(NamedTuple):
    """A file that was read, or why it could not be."""

    path: str
    text: str = ""
    wrong: str = ""


class Draft:
    """The state of the form.

    Args:
        source: what was read.
        like: what it is filled from.
        run_id: the RUN_ID of a request that names none.
        pipeline_id, api_id: what is to be started; empty for what `like` started, or the first one.
    """

    def __init__(self, source: Source, like: Like, run_id: str, pipeline_id: str = "", api_id: str = "") -> None:
        self.source, self.like, self.run_id = source, like, run_id
        run, submission = like.run, like.submission
        pipeline_of = run.pipeline_id if run else submission.pipeline_id if submission else ""
        apis = (run.pipeline_api_id, run.api) if run else (submission.pipeline_api_id,) if submission else ()
        self.pipeline = source.pipeline(pipeline_id or pipeline_of)
        self.api = source.api(self.pipeline, api_id, *apis)
        self.preview: CiPreview | None = None
        self.files: dict[str, FileRead] = {}
        self._fill()

    def _fill(self) -> None:
        """Begin anew."""
        self.target = self.source.target(self.pipeline, self.api, self.preview)
        self.request = self.like.request(self.target)
        self._hold_against()
        self.request = self.filled

    def _hold_against(self) -> None:
        """Work out what the request is held against: the inputs are those of its own ref."""
        base = from_defaults(self.target)
        self.defaults = self._at_ref(base, base)
        self.filled = self._at_ref(self.like.request(self.target), base)

    def _at_ref(self, request: Request, base: Request) -> Request:
        """A request with the inputs that are declared at the ref in the form, in place of those of the default one."""
        declared = {one.key: one.value for one in declared_inputs(self.request, self.target)}
        own = self.api.inputs if self.api else {}
        given = {key: one for key, one in request.inputs.items() if key in own or base.inputs.get(key) != one}
        return replace(request, inputs={**declared, **given})

    def take(self, source: Source, preview: CiPreview | None) -> None:
        """Look at what is in the store now; nothing that is in the form changes, what is new is added."""
        self.source, self.preview = source, preview
        self.pipeline = source.pipeline(self.pipeline.id if self.pipeline else "")
        self.api = source.api(self.pipeline, self.api.id if self.api else "")
        self.target = source.target(self.pipeline, self.api, preview)
        self._follow()

    def _follow(self) -> None:
        """Add what is new since the form was filled, and leave out what is gone."""
        before = self.filled
        self._hold_against()
        self.request = arrived(self.request, before, self.filled)

    def choose(self, pipeline: Pipeline | None, api: PipelineAPI | None) -> None:
        """Start another API; what the user changed goes with it as far as it fits."""
        before, request = self.filled, self.request
        self.pipeline, self.api = pipeline, api
        self.like = Like()
        self._fill()
        self.request = carried(request, before, self.filled, self.target)

    def reset(self) -> None:
        """Fill it anew from the API's own values."""
        self.like = Like()
        self._fill()

    def adopt(self, request: Request, api: PipelineAPI | None) -> None:
        """Take a whole request, of an API of this pipeline, from elsewhere."""
        if (api.id if api else "") != (self.api.id if self.api else ""):
            self.choose(self.pipeline, api)
        self.request = request

    def target_of(self, api_name: str | None) -> Target:
        """What a request of another API of this pipeline is about; None for the same one."""
        api = self.api if api_name is None else self.source.api(self.pipeline, api_name)
        return self.source.target(self.pipeline, api, self.preview)

    def change(self, name: str, value: Value) -> None:
        """Take what the field `name` holds."""
        self.request = with_value(self.request, name, value, self.target)
        if name == "ref":  # each has inputs of its own
            self._follow()

    def switch(self, component: str, on: bool) -> list[str]:
        """Switch a component; a sentence for each other one that goes with it."""
        flow = {**(self.api.flow_control if self.api else {}), **self.request.flow_control}
        states, said = switch(self.target.jobs, flow, component, on)
        self.request = replace(self.request, flow_control=states)
        return said

    # What comes of it

    @property
    def ref(self) -> str:
        """The branch or tag that it means."""
        return ref_of(self.request, self.target)

    def sections(self) -> tuple[Section, ...]:
        """The fields of the form."""
        return sections(self.target, self.request, self.source.pipelines, self.source.apis_of(self.pipeline))

    def marks(self) -> Marks:
        """What differs, and from what."""
        return Marks(
            target=self.target,
            request=self.request,
            defaults=self.defaults,
            filled=self.filled,
            origin=self.like.origin,
            differing=differences(self.request, self.defaults),
            changed=differences(self.request, self.filled),
        )

    @property
    def dirty(self) -> bool:
        """Whether the user changed anything."""
        return bool(differences(self.request, self.filled))

    def unread(self) -> dict[str, str]:
        """Paths of file variables that are still to be read, by key."""
        paths = files_of(self.request, self.target)
        return {key: path for key, path in paths.items() if key not in self.files or self.files[key].path != path}

    def complete(self) -> Request:
        """The request with its RUN_ID and with the files that were read."""
        paths = files_of(self.request, self.target)
        read = {key: one.text for key, one in self.files.items() if paths.get(key) == one.path and not one.wrong}
        run_id = self.request.run_id.strip() or self.run_id
        return replace(self.request, run_id=run_id, files={**self.request.files, **read})

    def problems(self) -> list[Problem]:
        """All that stands against it."""
        paths = files_of(self.request, self.target)
        files = [
            Problem(f"variables.{key}", one.wrong)
            for key, one in self.files.items()
            if one.wrong and paths.get(key) == one.path
        ]
        return [*problems(self.complete(), self.target), *files]

    def payload(self) -> Payload:
        """The exact request.

        Raises:
            UsageError: something stands against it, or a file is being read.
        """
        return payload(self.complete(), self.target)

    def notes(self) -> list[str]:
        """What is sent otherwise than one might think."""
        return [*notes(self.complete(), self.target), *self._forgotten()]

    def _forgotten(self) -> list[str]:
        """Secrets of the submission that the form is filled from, which nobody kept."""
        submission = self.like.submission
        keys = [one.key for one in submission.variables if one.secret] if submission else []
        return [f"{key} was a secret: type it anew" for key in keys if not self.request.variables.get(key)]

    def when(self, now: datetime) -> When:
        """When it goes.

        Raises:
            UsageError: that cannot be read, or has passed.
        """
        return when_of(self.request, now)

    def read_files(self) -> dict[str, FileRead]:
        """Read the files that are named and were not read yet. Touches nothing: for a thread."""
        unread = self.unread()
        read, found = with_files(self.request, self.target)
        wrong = {problem.field: problem.message for problem in found}
        return {
            key: FileRead(path, read.files.get(key, ""), wrong.get(f"variables.{key}", ""))
            for key, path in unread.items()
        }

    def flow(self) -> Mapping[str, bool]:
        """Which components run."""
        return {**(self.api.flow_control if self.api else {}), **self.request.flow_control}

    def doubled(self, rows: Sequence[str], group: str) -> str:
        """What is wrong with the names of further variables or inputs; "" when nothing is."""
        own = {spec.name for section in self.sections() for spec in section.fields}
        taken = next((name for name in rows if f"{group}.{name}" in own), "")
        if taken:
            return f"{taken} has a field of its own"
        twice = next((name for place, name in enumerate(rows) if name in rows[:place]), "")
        return f"{twice} is given twice" if twice else ""
