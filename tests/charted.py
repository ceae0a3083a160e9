"""MLflow runs with histories worth a look, for pictures of charts."""

from __future__ import annotations

import math

from data.model import MetricSeries, MetricSummary, Record, TrackedRun, make
from tests.world import NOW

KEYS = ("grad_norm", "lr", "train/loss", "val/auc", "val/loss", "system/cpu_utilization_percentage",
        "system/gpu_0_utilization_percentage")  # fmt: skip
POINTS = 300
START = round(NOW.timestamp() * 1000) - 3_600_000


def _value(key: str, number: int, part: float) -> float | None:
    if key.endswith("loss"):
        return math.exp(-4 * part) * (1 + 0.2 * number) + 0.05 * math.sin(60 * part + number) * math.exp(-2 * part)
    if key.endswith("auc"):
        return 0.95 - 0.4 * math.exp(-6 * part) - 0.02 * number
    if key == "grad_norm":
        return (
            None if 0.3 < part < 0.4 and number == 1 else math.sin(90 * part) * 10 ** (3 * part * math.cos(40 * part))
        )
    return 10.0 ** (-2 - 3 * part) if key == "lr" else 60 + 30 * math.sin(20 * part + number)


def charted() -> list[Record]:
    """Three runs with a metric of each sort."""
    found: list[Record] = []
    for number in range(1, 4):
        id_ = f"mlflow:r{number}"
        found.append(
            make(TrackedRun, id=id_, connection="mlflow", run_id=f"r{number}", name=f"owl-{number}", status="FINISHED",
                 metrics={key: MetricSummary(step=POINTS - 1) for key in KEYS})
        )  # fmt: skip
        for key in KEYS:
            values = tuple(_value(key, number, at / POINTS) for at in range(POINTS))
            times = tuple(START + 12_000 * at for at in range(POINTS))
            found.append(MetricSeries(id=f"{id_}:{key}", tracked_run_id=id_, key=key, steps=tuple(range(POINTS)),
                                      times=times, values=values))  # fmt: skip
    return found
