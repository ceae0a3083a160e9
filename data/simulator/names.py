"""Vocabulary: the people, projects, branches and commit subjects of the simulated company."""

from __future__ import annotations

from dataclasses import dataclass

from data.simulator.chance import stream


@dataclass(frozen=True, slots=True)
class Theme:
    """What a project is about. `metric` is its leading metric, `model` the name in the registry."""

    path: str
    group: str
    description: str
    metric: str
    dataset: str
    model: str
    topics: tuple[str, ...]


THEMES = (
    Theme("churn", "ml/customer", "Who leaves next month, and why", "val_auc", "crm_events_v7", "churn-classifier",
          ("classification", "tabular")),
    Theme("fraud-detection", "ml/risk", "Card fraud in near real time", "val_auc", "transactions_2026q1",
          "fraud-gbdt", ("classification", "imbalanced")),
    Theme("demand-forecast", "ml/supply-chain/planning", "Weekly demand per store and article", "val_r2",
          "pos_daily_agg", "demand-tft", ("forecasting", "time-series")),
    Theme("search-ranking", "ml/search", "Learning to rank for the shop's search", "val_ndcg", "clicks_30d",
          "ranker-lambdamart", ("ranking",)),
    Theme("vision-defects", "ml/factory", "Scratches and dents on line 4", "val_map", "line4_images",
          "defect-detector", ("vision", "gpu")),
    Theme("nlp-tickets", "ml/support/nlp", "Routes support tickets to the right team", "val_f1", "tickets_multilingual",
          "ticket-router", ("nlp", "gpu")),
)  # fmt: skip
"""The six projects that a default world starts with."""

PEOPLE = (
    ("ada", "Ada Obermeyer"), ("bo", "Bo Lindqvist"), ("chidi", "Chidi Okafor"), ("dara", "Dara Ní Bhriain"),
    ("emre", "Emre Yılmaz"), ("fatou", "Fatou Diallo"), ("goran", "Göran Ström"), ("hana", "葉山 花"),
)  # fmt: skip
"""User names and full names of the team; names are not ASCII on purpose."""

FEATURE_BRANCHES = (
    "develop", "feature/lr-schedule", "feature/new-features", "fix/null-labels", "exp/bigger-batch",
    "feature/größe-模型-🚀", "fix/#42-leading+plus",
)  # fmt: skip
"""Branches beside main; two of them are hard on URLs and on column widths."""

SUBJECTS = (
    "Tune learning rate warm-up", "Drop leaky feature `days_to_cancel`", "Bump pandas to 2.3", "Fix label join on tz",
    "Cache feature matrix between jobs", "Log calibration curve", "Use stratified split", "Add drift report",
    "Raise batch size to 512", "Retry flaky S3 download", "Refactor dataset loader", "Clip gradients at 1.0",
    "Überarbeite Feature-Pipeline für Umlaute", "データ検証を追加", "Speed up tokenizer 🚀",
    "Pin numpy for reproducibility", "Write model card", "Remove dead experiment code", "Tests for the imputer",
    "Merge branch 'exp/bigger-batch' into 'main'",
)  # fmt: skip
"""Commit subjects."""

_AREAS = (
    "pricing",
    "churn",
    "basket",
    "returns",
    "energy",
    "routing",
    "credit",
    "uplift",
    "lifetime-value",
    "ad-click",
)
_TASKS = ("forecast", "scoring", "ranking", "anomalies", "embeddings", "segmentation", "recommender", "classifier")
_GROUPS = ("ml/lab", "ml/growth", "ml/risk", "ml/operations/emea", "research")
_METRICS = ("val_auc", "val_f1", "val_r2", "val_ndcg")


def theme(seed: int, index: int) -> Theme:
    """Return the theme of the project at `index`: a known one first, then made-up ones, each path once."""
    if index < len(THEMES):
        return THEMES[index]
    draw = stream(seed, "theme", index)
    number = index - len(THEMES)
    pairs = len(_AREAS) * len(_TASKS)
    area, task = _AREAS[number % len(_AREAS)], _TASKS[(number // len(_AREAS) + number) % len(_TASKS)]
    suffix = f"-{number // pairs + 1}" if number >= pairs else ""
    path = f"{area}-{task}{suffix}"
    return Theme(
        path=path,
        group=draw.choice(_GROUPS),
        description=f"{task.capitalize()} for {area.replace('-', ' ')}",
        metric=draw.choice(_METRICS),
        dataset=f"{area.replace('-', '_')}_v{draw.randint(1, 9)}",
        model=f"{path}-model",
        topics=(task, draw.choice(("tabular", "gpu", "batch"))),
    )
