"""Experiments with test results that no training made, for `pipeline.compare`.

Call the functions in an empty folder that is the current one.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import yaml
from scipy.special import log_softmax

from pipeline import metrics
from pipeline.data.prepared import Meta
from pipeline.evaluation import intervals
from pipeline.evaluation.intervals import Estimate
from pipeline.files import write_text
from pipeline.layout import EVALUATED_RUNS, OUTPUTS, PARAMS
from pipeline.models.scores import ClassScores, NumberScores, Scores
from tests.support.metas import images, regression
from tests.support.results import METRICS, write_plan, write_result, write_seeds

CLASSES = ["a", "b", "c"]


def classifier(rows: int, wrong: Sequence[int]) -> ClassScores:
    """A classifier of three classes that is wrong on some rows."""
    truth = np.arange(rows) % 3
    predicted = truth.copy()
    predicted[list(wrong)] = (predicted[list(wrong)] + 1) % 3
    return ClassScores(truth, log_softmax(3.0 * np.eye(3)[predicted], axis=1), CLASSES)


def regressor(truth: Sequence[float], error: float, *, seed: int = 1) -> NumberScores:
    """A prediction with normal errors of this size."""
    noise = np.random.default_rng(seed).normal(size=len(truth))
    return NumberScores(np.array(truth, float), np.array(truth) + error * noise)


def write_experiments(*names: str) -> None:
    """Writes `params.yaml` and `plan.json`. Call it after the others."""
    experiments = {name: {"data": "shapes"} for name in names}
    write_text(
        PARAMS,
        yaml.safe_dump(
            {"sources": ["shapes"], "data": {"shapes": "shapes"}, "experiments": experiments}
        ),
    )
    write_plan(OUTPUTS)


def write_tested(
    name: str,
    scores: Scores,
    *,
    truth: str = "t",
    run_id: str = "",
    meta: Meta | None = None,
    seeds: Mapping[int, Mapping[str, float]] | None = None,
    split_seeds: Mapping[int, Mapping[str, float]] | None = None,
) -> None:
    """Writes an experiment that was evaluated, with the series of its test metrics.

    Args:
        truth: identifies the test rows.
        seeds, split_seeds: the test metrics by seed.
    """
    is_number = isinstance(scores, NumberScores)
    write_result(
        OUTPUTS,
        name,
        metrics=METRICS | _measured(scores),
        scores=scores,
        meta=meta or (regression() if is_number else images()),
        truth=truth,
        run_id=run_id or f"{name:0<32}",
    )
    series = {"seeds": seeds, "split_seeds": split_seeds}
    written = {varied: _series(varied, of, truth) for varied, of in series.items() if of}
    if written:
        write_seeds(OUTPUTS / name, *written, series=written)


def write_run(run_id: str, scores: Scores, *, truth: str = "t") -> None:
    """Writes what `evaluate run=` writes."""
    write_tested("run", scores, truth=truth, run_id=run_id)
    EVALUATED_RUNS.mkdir(parents=True, exist_ok=True)
    (OUTPUTS / "run").rename(EVALUATED_RUNS / run_id)


def _measured(scores: Scores) -> dict[str, Any]:
    task = "regression" if isinstance(scores, NumberScores) else "classification"
    names = [name for name in metrics.usual(task, CLASSES) if "/" not in name]
    named = {name: metrics.named(name, key="compared") for name in names}
    estimates = intervals.values(named, scores)
    if "accuracy" in named:  # its interval is exact, and others take time
        estimates |= intervals.estimates({"accuracy": named["accuracy"]}, scores, seed=0)
    values = {name: one.value for name, one in estimates.items()}
    return {
        "headline": metrics.headline(task),
        "train": values,
        "validation": values,
        "test": {name: _entry(one) for name, one in estimates.items()},
    }


def _entry(estimate: Estimate) -> dict[str, Any]:
    entry: dict[str, Any] = {"value": estimate.value}
    if estimate.interval is not None:
        entry["low"], entry["high"] = estimate.interval
    return entry


def _series(varied: str, runs: Mapping[int, Mapping[str, float]], truth: str) -> dict[str, Any]:
    values = {name: [run[name] for run in runs.values()] for name in next(iter(runs.values()))}
    entry = {
        "description": f"{len(runs)} {varied}",
        "runs": {
            str(seed): {
                "run_id": f"{varied}{seed}",
                "rows": {"train": 80, "validation": 20, "test": 20},
                "truth": truth if varied == "seeds" else f"{truth} {seed}",
                "test": dict(of),
            }
            for seed, of in runs.items()
        },
        "mean": {name: float(np.mean(of)) for name, of in values.items()},
        "sd": {name: float(np.std(of, ddof=1)) for name, of in values.items()},
    }
    limits = dict.fromkeys(values, 0.0)
    return entry if varied == "seeds" else {**entry, "low": limits, "high": limits}
