"""MLflow's part of a lineage: data sets, nested runs, models, and where these are in service."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from data.model.tracking import TrackedRun
from data.query.tree import quote_value
from tui.present.lineage_parts import Line, Opens, line, tracked_line
from tui.present.run import ago, run_name
from tui.present.text import sha
from widgets.cells import Cell
from widgets.glyphs import status_glyph, status_tone

if TYPE_CHECKING:
    from tui.lineage import Lineage

MOST = 50
"""MLflow runs, and data sets, that are listed."""
CODE_TAGS = (
    ("commit", "mlflow.source.git.commit", "sha"),
    ("branch", "mlflow.source.git.branch", "ref"),
    ("repository", "mlflow.source.git.repoURL", ""),
    ("source", "mlflow.source.name", ""),
    ("entry point", "mlflow.project.entryPoint", ""),
    ("image", "mlflow.docker.image.uri", ""),
)
"""What is called how, the tag that tells it (MLflow docs, system tags), and the field to filter runs by."""


def dataset_lines(tracked: Sequence[TrackedRun]) -> list[Line]:
    """The data that MLflow runs used: name, digest, context and source."""
    found: dict[str, Line] = {}
    for run in tracked:
        for one in run.datasets:
            key = f"dataset:{one.name}:{one.digest}:{one.context}"
            value = Cell.of((one.name, "accent"), (f"@{one.digest}" if one.digest else "", "dim"))
            more = " ".join(filter(None, [one.context, one.source_type])) or run_name(run)
            found.setdefault(key, line(key, "dataset", value, more, Opens("runs", f"dataset:{quote_value(one.name)}")))
            if one.source:
                source = one.source.partition("\n")[0]
                found.setdefault(f"{key}:source", line(f"{key}:source", "", Cell(f"  {source}", "dim")))
    shown = list(found.values())[:MOST]
    return [*shown, *_rest("datasets", len(found) - len(shown))]


def tag_lines(run: TrackedRun) -> list[Line]:
    """Commit, branch, source and image of an MLflow run, as far as its own tags tell."""
    found = []
    for name, tag, field in CODE_TAGS:
        value = run.tags.get(tag, "")
        if not value:
            continue
        opens = Opens("runs", f"{field}:{quote_value(value)}") if field else Opens()
        text = sha(value) if field == "sha" else value
        found.append(line(f"tag:{tag}", name, Cell(text, "accent" if field else ""), f"tag {tag}", opens))
    return found


def mlflow_lines(tracked: Sequence[TrackedRun], around: Lineage, now: datetime, *, alone: bool) -> list[Line]:
    """Experiments, the runs above, the runs themselves with those nested in them.

    `alone`: the screen is about the only one of `tracked`, which is not listed itself.
    """
    found = []
    for id_, experiment in around.experiments.items():
        more = f"experiment {experiment.experiment_id} on {experiment.connection}"
        opens = Opens("experiment", id_)
        found.append(line(f"experiment:{id_}", "experiment", Cell(experiment.name, "accent"), more, opens))
    found += [tracked_line("parent run", run, now, depth) for depth, run in enumerate(around.above)]
    if alone:
        found += [tracked_line("nested run", run, now) for run in around.below[:MOST]]
        return [*found, *_rest("nested", len(around.below) - MOST)]
    mine = {run.run_id for run in tracked}
    runs = [*tracked, *around.below]
    nested: dict[str, list[TrackedRun]] = {}
    for run in runs:
        nested.setdefault(run.parent_run_id, []).append(run)
    top = [run for run in runs if run.parent_run_id not in mine]
    ordered: list[tuple[int, TrackedRun]] = []
    left = [(0, run) for run in reversed(top)]
    while left and len(ordered) <= len(runs):
        depth, run = left.pop()
        ordered.append((depth, run))
        left += [(depth + 1, child) for child in reversed(nested.get(run.run_id, ()))]
    found += [tracked_line("nested run" if depth else "run", run, now, depth) for depth, run in ordered[:MOST]]
    return [*found, *_rest("mlflow", len(ordered) - MOST)]


def model_lines(around: Lineage, now: datetime) -> list[Line]:
    """The versions of registered models that it made."""
    found = []
    for one in around.versions:
        value = Cell.of((one.name, "accent"), (f" version {one.version}", ""), _aliases(one.aliases))
        more = " ".join(filter(None, [one.status.lower(), one.stage, ago(one.created, now)]))
        found.append(line(f"version:{one.id}", "model", value, more, Opens("models", one.name)))
    return found


def _aliases(aliases: Sequence[str]) -> tuple[str, str]:
    return ("  " + " ".join(f"@{alias}" for alias in aliases) if aliases else "", "success")


def deployment_lines(around: Lineage, now: datetime) -> list[Line]:
    """Where its commit, or a model of it, is in service."""
    found = []
    for one in around.deployments:
        value = Cell.of(
            (status_glyph(one.status) + " ", status_tone(one.status)),
            (one.environment or one.name, "accent"),
            (f"  {one.status}" if one.status else "", status_tone(one.status)),
            (f"  {one.url}" if one.url else "", "dim"),
        )
        more = " ".join(filter(None, [one.deployed_by, ago(one.created, now)]))
        opens = Opens("page", one.url) if one.url else Opens()
        found.append(line(f"deployment:{one.id}", one.kind, value, more, opens))
    return found


def _rest(key: str, count: int) -> list[Line]:
    return [line(f"rest:{key}", "", Cell(f"and {count} more", "dim"))] if count > 0 else []
