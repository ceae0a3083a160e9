"""Which values of a metric are the better ones: what the configuration says, else what its name tells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, TypeAlias

Direction: TypeAlias = Literal["max", "min", ""]
"""`max`: the greatest is best; `min`: the least is; "": neither, or nobody knows."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


GREATEST: Final = _words(
    """acc accuracy auc auroc auprc auprg roc aupr ap map mean_ap f1 f2 fbeta fscore precision recall sensitivity
    specificity tpr tnr ppv npv kappa mcc jaccard iou miou dice ndcg dcg mrr hit hits hitrate r2 variance_explained
    explained bleu sacrebleu rouge rougel rouge1 rouge2 meteor chrf cider bertscore correlation corr pearson
    spearman kendall likelihood loglikelihood elbo elpd reward return returns win wins winrate success correct match
    psnr ssim snr sdr pesq stoi throughput fps gini lift silhouette homogeneity completeness coherence purity
    profit revenue uplift true"""
)
"""Words of metrics of which the greatest value is best."""
LEAST: Final = _words(
    """loss losses logloss err error errors rmse mse mae mape smape wape rmsle msle mase medae nrmse mpe perplexity ppl
    bpb bpc bits wer cer ter mer eer fpr fnr fdr fid kid lpips brier ece mce nll kl divergence xent crossentropy
    deviance aic bic regret cost penalty latency duration time seconds ms elapsed runtime hinge huber pinball
    crps fail fails failed failures failure false misses residual residuals drift violations"""
)
"""Words of metrics of which the least value is best."""
WEAK: Final = frozenset({"score", "scores"})
"""Words that mean the greatest where no other word says more: a `brier_score` is best when it is least."""
TURNS: Final = frozenset({"neg", "negative", "negated", "minus"})
"""Words that turn a metric round: scikit-learn's `neg_mean_squared_error`."""
SETTINGS: Final = frozenset({"scale", "weight", "coef", "coefficient", "threshold", "smoothing"})
"""Last words of what is set rather than reached: `loss_scale`, `kl_weight`."""
RATES: Final = re.compile(r"per_(s|sec|second|minute|hour)\b|throughput")
"""What comes more often in a time is better, whatever it counts."""
SYSTEM: Final = "system/"
"""Beginning of the names of MLflow's system metrics (MLflow docs, system metrics): no side of them is best."""
NONE: Final = "none"
"""In the configuration: neither is best, whatever the name says."""

_CROSS: Final = ("cross_entropy", "crossentropy")
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_WORD: Final = re.compile(r"[a-z]+\d*")
_CACHED: Final = 10_000


def direction(metric: str, given: Mapping[str, str]) -> Direction:
    """Whether the greatest (`max`) or the least (`min`) value of `metric` is best; "" where that is not known.

    `given` maps names, or patterns with `*`, to `max`, `min` or `none`; the exact name counts first, then the first
    pattern that fits. What it does not name is guessed (`guess`).
    """
    said = given.get(metric)
    if said is None and given:
        said = next((value for name, value in given.items() if "*" in name and _pattern(name).fullmatch(metric)), None)
    if said is None:
        return guess(metric)
    return "max" if said == "max" else "min" if said == "min" else ""


@lru_cache(maxsize=_CACHED)
def guess(metric: str) -> Direction:
    """What the words of a metric's name tell: the last one that is known decides, `neg` turns it round."""
    if metric.startswith(SYSTEM):
        return ""
    words = _WORD.findall(_CAMEL.sub("_", metric).lower().replace(*_CROSS))
    if RATES.search("_".join(words)):
        return "max"
    if words and words[-1] in SETTINGS:
        return ""
    named = (name for word in reversed(words) for name in (word, word.rstrip("0123456789")))
    known = next((name for name in named if name in GREATEST or name in LEAST), "")
    if not known and WEAK.isdisjoint(words):
        return ""
    greatest = known not in LEAST
    return "max" if greatest is TURNS.isdisjoint(words) else "min"


@lru_cache(maxsize=256)
def _pattern(name: str) -> re.Pattern[str]:
    """A pattern in which `*` stands for any characters, and everything else for itself."""
    return re.compile(".*".join(map(re.escape, name.split("*"))), re.DOTALL)
