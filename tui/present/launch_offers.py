"""What the fields of the launch form offer below them: refs, open RUN_IDs, times to start at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from data.model.ci import Ref, Refs
from data.model.run import PipelineRun, RunInfo
from data.model.vocabulary import TEST
from tui.present.launch_fields import AFTER, NOW
from tui.present.text import age, plural, sha
from widgets.suggest import Offer

TIMES = (NOW, "in 30m", "in 2h", "at 22:00", "tomorrow 6:00")
"""Times that are offered."""


def ref_offers(refs: Refs | None, default: str, now: datetime) -> list[Offer]:
    """Branches, the default one first, then tags; each with what stands against it, and its last commit."""
    if refs is None:
        return []
    branches = sorted(refs.branches, key=lambda ref: ref.name != default)
    return [
        *(_ref_offer(ref, "default" if ref.name == default else "", now) for ref in branches),
        *(_ref_offer(ref, "tag", now) for ref in refs.tags),
    ]


def _ref_offer(ref: Ref, kind: str, now: datetime) -> Offer:
    words = [kind, "protected" if ref.protected else "", "" if ref.may_run else "you may not run it"]
    commit = " ".join(filter(None, [sha(ref.sha), age(ref.committed, now), ref.title]))
    about = ", ".join(filter(None, words))
    return Offer(ref.name, "  ".join(filter(None, [about, commit])), "dim" if ref.may_run else "warning")


def run_id_offers(infos: Sequence[RunInfo], now: datetime) -> list[Offer]:
    """RUN_IDs whose runs have not all ended, the newest first."""
    return [Offer(info.id, _about(info, now)) for info in infos]


def _about(info: RunInfo, now: datetime) -> str:
    kind = TEST if info.kind == TEST else ""
    by = f"by {info.requester}" if info.requester else ""
    return ", ".join(filter(None, [plural(len(info.runs), "run"), kind, age(info.create_time, now), by]))


def when_offers(active: Sequence[PipelineRun], now: datetime) -> list[Offer]:
    """Times, and active runs of the project to wait for."""
    runs = [
        Offer(f"{AFTER}#{run.git_pipeline_id} succeeds", f"{run.status}, {run.ref}, {age(run.created, now)}")
        for run in active
    ]
    return [*(Offer(time) for time in TIMES), *runs]
