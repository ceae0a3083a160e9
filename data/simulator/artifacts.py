"""The files that jobs leave behind, as pure functions of the job: JSON, CSV, text, a small PNG, and their archive."""

from __future__ import annotations

import io
import json
import math
import struct
import zipfile
import zlib
from collections.abc import Callable

from data.simulator.chance import stream
from data.simulator.entities import Job
from data.simulator.plans import training_plan
from data.simulator.reports import junit
from data.simulator.settings import DAY
from data.simulator.training import metrics_at
from data.simulator.world import World

EXPIRE_AFTER = 30 * DAY
"""Seconds after a job's end at which its artifacts expire."""

_EPOCH = (2020, 1, 1, 0, 0, 0)
_WIDTH, _HEIGHT = 64, 40


def has_archive(world: World, job: Job) -> bool:
    """Whether `job` has an archive of artifacts now."""
    return (
        bool(job.spec.artifacts)
        and job.status in ("success", "failed")
        and job.outcome not in ("runner_system_failure", "job_execution_timeout")
        and not job.artifacts_deleted
        and (job.artifacts_kept or world.time < expires(job))
    )


def expires(job: Job) -> float:
    """Return the instant at which the artifacts of a finished job expire."""
    return (job.finished_at or 0.0) + EXPIRE_AFTER


def files(world: World, job: Job) -> dict[str, bytes]:
    """Return the content of every file in the archive by its path."""
    draw = stream(world.settings.seed, "artifacts", job.project.full_path, job.pipeline.iid, job.name, job.attempt)
    found: dict[str, bytes] = {}
    for path in job.spec.artifacts:
        if path == "plots/":
            found["plots/loss.png"] = _plot(world, job)
        elif path == "model/":
            found["model/model.json"] = _json(
                {"model": job.project.theme.model, "pipeline": job.pipeline.id, "layers": [64, 32, 1]}
            )
            found["model/README.md"] = f"# {job.project.theme.model}\n\nGröße: 148 Merkmale 🚀\n".encode()
        elif path.endswith("/"):
            found[f"{path}{job.project.path}.csv"] = _csv(draw.randint(40, 120), draw.random)
        elif path.endswith(".xml"):
            found[path] = junit(job)
        elif path.endswith(".csv"):
            found[path] = _csv(400, draw.random)
        else:
            found[path] = _json(_scores(world, job))
    return found


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def _csv(rows: int, draw: Callable[[], float]) -> bytes:
    lines = ["store,week,actual,predicted", *(f"{n // 52},{n % 52},{draw():.3f},{draw():.3f}" for n in range(rows))]
    return ("\n".join(lines) + "\n").encode()


def _scores(world: World, job: Job) -> dict[str, object]:
    metric = job.project.theme.metric
    if job.spec.kind != "train":
        return {
            metric: round(0.83 + 0.12 * stream(world.settings.seed, "score", job.id).random(), 4),
            "pipeline": job.pipeline.id,
        }
    plan = training_plan(world, job)
    values = metrics_at(plan, max(plan.last_step, 1))
    finite: dict[str, object] = {name: None if math.isnan(value) else value for name, value in values.items()}
    return finite | {"epochs": plan.last_step}


def _plot(world: World, job: Job) -> bytes:
    """Return a PNG of the loss curve: dark pixels on white."""
    plan = training_plan(world, job)
    dark = set()
    for x in range(_WIDTH):
        loss = metrics_at(plan, 1 + x * max(plan.last_step - 1, 0) // _WIDTH)["loss"]
        level = 1.0 if math.isnan(loss) else min(max(loss, 0.0), 1.0)
        dark.add((x, int((1 - level) * (_HEIGHT - 1))))
    rows = [b"\0" + bytes(0x20 if (x, y) in dark else 0xFF for x in range(_WIDTH)) for y in range(_HEIGHT)]
    header = struct.pack(">IIBBBBB", _WIDTH, _HEIGHT, 8, 0, 0, 0, 0)
    chunks = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(b"".join(rows))), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def archive(world: World, job: Job) -> bytes:
    """Return the zip archive; the same bytes at every call."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path, content in files(world, job).items():
            bundle.writestr(zipfile.ZipInfo(path, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def archive_size(world: World, job: Job) -> int:
    """Return the size of the archive in bytes; built once per job."""
    if job.archive_size is None:
        job.archive_size = len(archive(world, job))
    return job.archive_size


def tree(world: World, job: Job, path: str, *, recursive: bool) -> list[dict[str, object]]:
    """Return the entries below `path` as GET …/artifacts/tree lists them (GitLab docs, api/job_artifacts, 18.8)."""
    prefix = f"{path.strip('/')}/" if path.strip("/") else ""
    entries: dict[str, dict[str, object]] = {}
    for name, content in sorted(files(world, job).items()):
        if not name.startswith(prefix):
            continue
        parts = name[len(prefix) :].split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            folder = prefix + "/".join(parts[:depth]) + "/"
            entries[folder] = {"name": parts[depth - 1], "path": folder, "type": "directory", "mode": "040755"}
        if recursive or len(parts) == 1:
            entries[name] = {"name": parts[-1], "path": name, "type": "file", "size": len(content), "mode": "100644"}
    return list(entries.values())
