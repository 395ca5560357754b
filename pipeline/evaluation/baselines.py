"""Compares a network with the baselines of its data, on the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import metrics
from pipeline.baselines import Baseline
from pipeline.data.prepared import Meta, Split, load_meta, load_split
from pipeline.evaluation import intervals
from pipeline.evaluation.baseline_fits import Fit, fits
from pipeline.evaluation.intervals import SEED, Estimate
from pipeline.metrics import Metric
from pipeline.models.label_scores import LabelScores
from pipeline.models.scores import ClassScores, Scores, by_target, scores_of


@dataclass(frozen=True)
class Comparison:
    """A network and a baseline on the test split, by one metric.

    Args:
        value: the metric of the baseline.
        difference: the value of the network minus that of the baseline.
    """

    baseline: Baseline
    metric: Metric
    value: Estimate
    difference: Estimate

    @property
    def verdict(self) -> str:
        """Whether the network is `better` or `worse`, beyond noise.

        `no better` means that the interval of the difference contains 0, and `not compared` that
        there is no interval.
        """
        if self.difference.interval is None:
            return "not compared"
        low, high = sorted(map(self._signed, self.difference.interval))
        return "better" if low > 0 else "worse" if high < 0 else "no better"

    @property
    def strength(self) -> float:
        """The value of the baseline, with a sign that makes larger ones better."""
        return -np.inf if self.value.value is None else self._signed(self.value.value)

    def _signed(self, value: float) -> float:
        return value if self.metric.larger_is_better else -value


def compare(network: Scores, names: Sequence[str], data: Path, *, test: Split) -> dict[str, Any]:
    """Measures every baseline of the data, and compares the network with each.

    Args:
        network: its scores on the test split.
        names: metrics that are defined for the network. Metrics without a known direction are left
            out.
        data: the folder of the prepared data.
        test: the test split of the data.

    Returns:
        Two entries of `metrics.json`. `baselines` has by name: the `title` and `place` of the
        baseline, the `rows` that it learned from among the `training_rows`, its `seconds`, and its
        `validation` and `test` metrics. By metric, it also has the `difference` of the network from
        the baseline, with a `verdict`. If a baseline was not fitted, `left_out` is the
        reason. `telling_baseline` has by metric the name of the baseline to show first.
    """
    meta = load_meta(data)
    metric_of = {name: metrics.named(name, key="training.metrics") for name in names}
    measured = {
        name: metric for name, metric in metric_of.items() if metric.larger_is_better is not None
    }
    splits = {"validation": load_split(data, "validation"), "test": test}
    fitted = fits(data, splits)
    scores = {
        split_name: {
            name: scores_of_fit(fit.predictions[split_name], split.y, meta)
            for name, (_, fit) in fitted.items()
            if not fit.left_out
        }
        for split_name, split in splits.items()
    }
    against = intervals.against(measured, network, scores["test"], seed=SEED)
    comparisons = {
        name: {
            key: Comparison(fitted[name][0], measured[key], one.other, one.difference)
            for key, one in by_metric.items()
        }
        for name, by_metric in against.items()
    }
    entries: dict[str, dict[str, Any]] = {}
    for name, (baseline, fit) in fitted.items():
        entries[name] = {"title": baseline.title, "place": baseline.place}
        if fit.left_out:
            entries[name]["left_out"] = fit.left_out
        else:
            entries[name] |= _measures(fit, scores["validation"][name], comparisons[name])
            entries[name]["training_rows"] = meta.rows["train"]
    return {"baselines": entries, "telling_baseline": _telling(comparisons)}


def _measures(
    fit: Fit, validation: Scores, comparisons: Mapping[str, Comparison]
) -> dict[str, Any]:
    """The entry of a fitted baseline in `metrics.json`."""
    measured = {name: one.metric for name, one in comparisons.items()}
    values = intervals.values(measured, validation)
    return {
        "rows": fit.rows,
        "seconds": fit.seconds,
        "validation": {name: estimate.value for name, estimate in values.items()},
        "test": {name: _as_json(one.value) for name, one in comparisons.items()},
        "difference": {
            name: _as_json(one.difference) | {"verdict": one.verdict}
            for name, one in comparisons.items()
        },
    }


def _telling(comparisons: Mapping[str, Mapping[str, Comparison]]) -> dict[str, str]:
    """By metric, the name of the baseline that says most about the network."""
    names = dict.fromkeys(name for by_metric in comparisons.values() for name in by_metric)
    return {
        name: most_telling(
            {
                baseline: by_metric[name]
                for baseline, by_metric in comparisons.items()
                if name in by_metric
            }
        )
        for name in names
    }


def most_telling(comparisons: Mapping[str, Comparison]) -> str:
    """The name of the baseline that says most about a network, among comparisons by one metric.

    If the network is not better than the baseline that ignores the features, it is that one. Else
    it is the best one, or the first of equals. A baseline without the metric comes last.
    """
    for name, comparison in comparisons.items():
        is_defined = comparison.difference.value is not None
        if is_defined and comparison.baseline.ignores_features and comparison.verdict != "better":
            return name
    return max(comparisons, key=lambda name: comparisons[name].strength)


def scores_of_fit(predictions: NDArray[Any], y: NDArray[Any], meta: Meta) -> Scores:
    """The scores of a baseline: its predictions, with the truth of a split.

    Args:
        predictions: as in `Fit`.
        y: as `prepare` writes it.
    """
    if meta.task == "regression":
        return scores_of(predictions.reshape(len(y), -1), y, meta)
    labels = np.asarray(y, dtype=np.int64)
    if meta.task == "multi_label":
        parts = [
            _of_classes(predictions[:, number], labels[:, number], target.levels or ())
            for number, target in enumerate(meta.targets)
        ]
        return by_target(meta, parts)
    return _of_classes(predictions, labels, meta.classes or ())


def _of_classes(
    predictions: NDArray[Any], labels: NDArray[np.int64], classes: Sequence[str]
) -> ClassScores:
    kind = LabelScores if predictions.ndim == 1 else ClassScores
    return kind(labels, predictions, classes)


def _as_json(estimate: Estimate) -> dict[str, Any]:
    """An entry of `metrics.json`, with limits or a reason if there are any."""
    entry: dict[str, Any] = {"value": estimate.value}
    if estimate.interval is not None:
        entry["low"], entry["high"] = estimate.interval
    if estimate.reason:
        entry["reason"] = estimate.reason
    return entry
