"""The metrics of a point in words, as many as fit."""

import math
import sys
from collections.abc import Mapping

_ORDER = {"validation": 0, "train": 1, "running": 2}


def in_words(metrics: Mapping[str, float], *, width: int = sys.maxsize) -> str:
    """Metrics as `validation loss 0.4132 accuracy 0.8911  train loss 0.3656`.

    If the loss of the training rows is present, the running loss is left out. So is a metric
    that equals the loss of its split.

    Args:
        width: characters; a metric that does not fit is left out.
    """
    groups: dict[str, list[str]] = {}
    for split, metric in sorted(
        _selection(metrics), key=lambda pair: _ORDER.get(pair[0], len(_ORDER))
    ):
        words = f"{metric.replace('/', ' ')} {metrics[f'{split}/{metric}']:.4f}"
        longer = {**groups, split: [*groups.get(split, [split]), words]}
        if len(_joined(longer)) <= width:
            groups = longer
    return _joined(groups)


def _selection(metrics: Mapping[str, float]) -> list[tuple[str, str]]:
    """The split and the name of each metric that says something of its own."""
    pairs = []
    for name, value in metrics.items():
        split, _, metric = name.partition("/")
        loss = metrics.get(f"{split}/loss", math.nan)
        repeats = metric != "loss" and math.isclose(value, loss, rel_tol=1e-5)
        if not repeats and not (split == "running" and "train/loss" in metrics):
            pairs.append((split, metric))
    return pairs


def _joined(groups: Mapping[str, list[str]]) -> str:
    return "  ".join(" ".join(words) for words in groups.values())
