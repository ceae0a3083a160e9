"""Job logs in the bytes that a runner sends, as a pure function of the world's seed, the job and the time elapsed.

Format: sections and colours as of GitLab Runner 18; with timestamps every physical line starts with a 32 byte header
(GitLab Runner, feature flag FF_TIMESTAMPS; GitLab: lib/gitlab/ci/trace/stream.rb). Time counts from the job's start.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime

from data.simulator.chance import digest
from data.simulator.entities import Job
from data.simulator.logscripts import Output, script_output
from data.simulator.plans import training_plan
from data.simulator.training import TrainingPlan
from data.simulator.world import World

RESET, CLEAR = "\x1b[0;m", "\x1b[0K"
CYAN, GREEN, RED = "\x1b[36;1m", "\x1b[32;1m", "\x1b[31;1m"

SCRIPT_BEGIN, SCRIPT_END = 0.1, 0.94
"""Part of the run time in which the script itself runs; before it the runner prepares, after it it cleans up."""

CACHED_LOGS = 12
"""Logs that are kept built; a large one takes about 2 MB."""

_ENDINGS = {
    "script_failure": "ERROR: Job failed: exit code 1",
    "runner_system_failure": (
        "ERROR: Job failed (system failure): Cannot connect to the Docker daemon at unix:///var/run/docker.sock. "
        "Is the docker daemon running?"
    ),
    "job_execution_timeout": "ERROR: Job failed: execution took longer than 2h0m0s seconds",
}
_OTHER_ENDING = "ERROR: Job failed: exit code 137"


@dataclass(frozen=True, slots=True)
class Log:
    """A whole log: `ends[i]` bytes are there once `offsets[i]` seconds have elapsed."""

    data: bytes
    offsets: list[float]
    ends: list[int]

    def size_at(self, elapsed: float) -> int:
        """Return the bytes that are there after `elapsed` seconds; a line may be there in part, as runners send it."""
        index = bisect_right(self.offsets, elapsed)
        if index == 0:
            return 0
        done = self.ends[index - 1]
        if index == len(self.ends):
            return done
        wait = self.offsets[index] - self.offsets[index - 1]
        part = (elapsed - self.offsets[index - 1]) / wait if wait > 0 else 0.0
        return done + int((self.ends[index] - done) * part)


class LogWriter:
    """Writes physical lines at offsets in seconds since `started`."""

    def __init__(self, started: float, *, timestamps: bool) -> None:
        self.started, self.timestamps = started, timestamps
        self._pieces: list[bytes] = []
        self._offsets: list[float] = []
        self._open = ""

    def line(self, at: float, text: str, stream: str = "00O", *, joined: bool = False) -> None:
        """Write a line, or several at once; `joined` makes it the continuation of the one before."""
        if self.timestamps:
            head = f"{_stamp(self.started + at)} {stream}"
            rest = text.replace("\n", f"\n{head} ") if "\n" in text else text
            self._put(at, f"{head}{'+' if joined else ' '}{rest}\n")
        else:
            self._put(at, f"{text}\n")

    def progress(self, begin: float, end: float, segments: list[str], stream: str = "01E") -> None:
        """Write a progress bar that is drawn over itself: one line, or with timestamps one physical line per state."""
        step = (end - begin) / max(len(segments) - 1, 1)
        for number, segment in enumerate(segments):
            last = number == len(segments) - 1
            at = begin + step * number
            if self.timestamps:
                self.line(at, segment if last else f"{segment}\r", stream, joined=number > 0)
            else:
                self._put(at, segment + ("\n" if last else "\r"))

    def section(self, at: float, name: str, title: str, options: str = "") -> None:
        """Close the open section and open another; both markers stand on one logical line."""
        mark = f"section_start:{int(self.started + at)}:{name}{options}\r{CLEAR}"
        head = f"{CLEAR}{CYAN}{title}{RESET}"
        if self.timestamps:
            joined = self._close(at)
            self.line(at, mark, joined=joined)
            self.line(at, f"{head}{RESET}", joined=True)
        else:
            joined = self._close(at)
            self._put(at, f"{'' if joined else CLEAR}{mark}{head}\n{RESET}")
        self._open = name

    def finish(self, at: float, text: str) -> None:
        """Close the open section and write the last line."""
        self.line(at, text, joined=self._close(at))

    def log(self) -> Log:
        """Return what was written."""
        ends, total = [], 0
        for piece in self._pieces:
            total += len(piece)
            ends.append(total)
        return Log(b"".join(self._pieces), self._offsets, ends)

    def _close(self, at: float) -> bool:
        if not self._open:
            return False
        mark = f"section_end:{int(self.started + at)}:{self._open}\r{CLEAR}"
        self._open = ""
        if self.timestamps:
            self.line(at, mark)
        else:
            self._put(at, mark)
        return True

    def _put(self, at: float, text: str) -> None:
        at = max(at, self._offsets[-1]) if self._offsets else at
        self._offsets.append(at)
        self._pieces.append(text.encode())


def _stamp(instant: float) -> str:
    """Return 27 characters: ISO 8601 with microseconds and `Z`."""
    return datetime.fromtimestamp(instant, UTC).isoformat(timespec="microseconds")[:26] + "Z"


def build_log(world: World, job: Job) -> Log:
    """Return the whole log that a started job will have if nobody cancels it."""
    started, total = job.started_at or job.created_at, job.seconds
    writer = LogWriter(started, timestamps=job.project.timestamps)
    _prepare(world, writer, job, total)
    if job.outcome != "runner_system_failure":
        plan = training_plan(world, job) if job.spec.kind == "train" else None
        _script(world, writer, job, plan)
    ending = _ENDINGS.get(job.outcome, _OTHER_ENDING) if job.outcome else "Job succeeded"
    writer.finish(total, f"{RED if job.outcome else GREEN}{ending}{RESET}")
    return writer.log()


def _prepare(world: World, writer: LogWriter, job: Job, total: float) -> None:
    runner = job.runner.description if job.runner else "runner"
    short = digest(world.settings.seed, runner)[:8]
    span = total * SCRIPT_BEGIN
    writer.line(0, f"{CLEAR}Running with gitlab-runner 18.9.0 (07e534ba){RESET}")
    writer.line(0, f"{CLEAR}  on {runner} {short}, system ID: s_{short}{short[:4]}{RESET}")
    writer.section(span * 0.02, "prepare_executor", 'Preparing the "docker" executor')
    writer.line(span * 0.05, f"{CLEAR}Using Docker executor with image {job.spec.image} ...{RESET}")
    writer.line(span * 0.1, f"{CLEAR}Pulling docker image {job.spec.image} ...{RESET}")
    image = digest(job.spec.image)
    writer.line(span * 0.35, f"{CLEAR}Using docker image sha256:{image}{image[:24]} for {job.spec.image} ...{RESET}")
    if job.outcome == "runner_system_failure":
        return
    writer.section(span * 0.4, "prepare_script", "Preparing environment")
    writer.line(span * 0.45, f"Running on runner-{short}-project-{job.project.id}-concurrent-0 via {runner}...")
    writer.section(span * 0.5, "get_sources", "Getting source from Git repository")
    writer.line(span * 0.52, f"{GREEN}Fetching changes with git depth set to 20...{RESET}")
    writer.line(span * 0.6, f"Reinitialized existing Git repository in /builds/{job.project.full_path}/.git/")
    writer.line(
        span * 0.7, f"{GREEN}Checking out {job.pipeline.sha[:8]} as detached HEAD (ref is {job.pipeline.ref})...{RESET}"
    )
    writer.line(span * 0.75, f"{GREEN}Skipping Git submodules setup{RESET}")
    writer.section(span * 0.8, "restore_cache", "Restoring cache", "[collapsed=true]")
    writer.line(span * 0.85, f"{GREEN}Checking cache for {job.project.path}-pip-non_protected...{RESET}")
    writer.line(span * 0.9, f"{GREEN}Successfully extracted cache{RESET}")


def _script(world: World, writer: LogWriter, job: Job, plan: TrainingPlan | None) -> None:
    total = job.seconds
    begin, end = total * SCRIPT_BEGIN, total * SCRIPT_END
    writer.section(begin, "step_script", 'Executing "step_script" stage of the job script')
    for item in script_output(world, job, plan):
        _write(writer, item, begin, end - begin)
    if job.outcome == "job_execution_timeout":
        return
    result = "failed" if job.outcome else "successful"
    if job.spec.artifacts:
        name = "upload_artifacts_on_failure" if job.outcome else "upload_artifacts_on_success"
        writer.section(end, name, f"Uploading artifacts for {result} job")
        writer.line(end, f"{GREEN}Uploading artifacts...{RESET}")
        for path in job.spec.artifacts:
            writer.line(end + total * 0.01, f"{path}: found 1 matching artifact files and directories ")
        token = digest(world.settings.seed, job.id)[:8]
        upload = (
            f'Uploading artifacts as "archive" to coordinator... 201 Created  id={job.id} responseStatus=201 Created'
        )
        writer.line(end + total * 0.03, f"{upload} token={token}")
    writer.section(
        end + total * 0.04, "cleanup_file_variables", "Cleaning up project directory and file based variables"
    )


def _write(writer: LogWriter, item: Output, begin: float, span: float) -> None:
    stream = "01E" if item.stderr else "01O"
    if item.segments:
        writer.progress(begin + span * item.share, begin + span * item.until, list(item.segments), stream)
    else:
        writer.line(begin + span * item.share, item.text, stream)


class LogBook:
    """Serves the bytes of any job's log at the world's time."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._built: OrderedDict[int, Log] = OrderedDict()

    def _log(self, job: Job) -> Log:
        found = self._built.pop(job.id, None) or build_log(self._world, job)
        self._built[job.id] = found
        while len(self._built) > CACHED_LOGS:
            self._built.popitem(last=False)
        return found

    def part(self, job: Job, first: int, limit: int | None = None) -> bytes:
        """Return up to `limit` bytes of the log from byte `first` on."""
        last = None if limit is None else first + limit
        if job.printed is not None and job.truncated is None and job.erased_at is None:
            return bytes(memoryview(job.printed)[first:last])
        return self.body(job)[first:last]

    def length(self, job: Job) -> int:
        """Return how many bytes the log has now."""
        if job.printed is not None and job.truncated is None and job.erased_at is None:
            return len(job.printed)
        return len(self.body(job))

    def body(self, job: Job) -> bytes:
        """Return the log as it is now; empty before the job runs and after it was erased."""
        if job.started_at is None or job.is_bridge or job.erased_at is not None:
            return b""
        data = bytes(job.printed) if job.printed is not None else self._simulated(job)
        return data if job.truncated is None else data[: job.truncated]

    def _simulated(self, job: Job) -> bytes:
        log = self._log(job)
        if job.status in ("canceling", "canceled"):
            started = job.started_at or 0.0
            data = log.data[: log.size_at((job.canceled_at or started) - started)]
            return data + (self._canceled(job, data) if job.status == "canceled" else b"")
        return log.data if job.finished_at is not None else log.data[: log.size_at(self._elapsed(job))]

    def size(self, job: Job) -> int:
        """Return the size of a finished job's log in bytes."""
        if job.log_size is None:
            job.log_size = len(self.body(job))
        return job.log_size

    def _elapsed(self, job: Job) -> float:
        elapsed = self._world.time - (job.started_at or 0.0)
        interval = self._world.settings.trace_interval
        return elapsed // interval * interval if interval else elapsed

    def _canceled(self, job: Job, before: bytes) -> bytes:
        writer = LogWriter(job.started_at or 0.0, timestamps=job.project.timestamps)
        writer.line((job.finished_at or 0.0) - writer.started, f"{RED}ERROR: Job failed: canceled{RESET}")
        return (b"" if before.endswith(b"\n") or not before else b"\n") + writer.log().data
