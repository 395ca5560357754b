"""Adds results on the test split to the record of the run that was tested.

The record shows the latest evaluation. Each evaluation is also a file of the record,
`evaluations/<digest>.json`, and the tag `evaluation` names the one that is shown. So a replaced
evaluation stays in the record.
"""

import hashlib
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from pipeline.console import log
from pipeline.data.prepared import Meta
from pipeline.evaluation import predictions
from pipeline.evaluation.looks import Standing
from pipeline.tracking.tracker import Measurement, Tracker

SHOWN, _LOOKS = "evaluation", "test.models_before"  # tags


def log_evaluation(
    tracker: Tracker,
    *,
    by_step: Mapping[int, Mapping[str, float]],
    saved_step: int,
    intervals: Mapping[str, tuple[float, float]],
    output: Path,
    history: Path,
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds test metrics by step, their intervals, predictions, figures, and the test split.

    Args:
        saved_step: the step of the saved model. The intervals are of its metrics.
        output: holds `metrics.json`, `predictions.npz` and the figures.
        history: the file of the training's history.
    """
    log_test_metrics(
        tracker,
        by_step,
        saved_step=saved_step,
        intervals=intervals,
        meta=meta,
        data_folder=data_folder,
    )
    for figure in sorted((output / "figures").glob("*.png")):
        tracker.log_file(figure, folder="figures")
    for file in (output / "metrics.json", output / predictions.FILE, history):
        tracker.log_file(file)


def log_test_metrics(
    tracker: Tracker,
    by_step: Mapping[int, Mapping[str, float]],
    *,
    saved_step: int,
    intervals: Mapping[str, tuple[float, float]],
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds metrics of the test split by step, their intervals, and the split itself.

    Logging the same evaluation again changes nothing. Another one replaces it in what MLflow shows.
    The file comes first and the tag last, so the next call completes what a kill interrupted.

    MLflow shows the value of the last step. Therefore metrics of snapshots after the saved model
    are in `metrics.json` only. Intervals become tags. As metrics, each limit would be a chart with
    a single dot, above the learning curves.
    """
    digest = _digest(by_step[saved_step], intervals, meta)
    before, now = tracker.tag(SHOWN), f"evaluations/{digest}.json"
    if before != now:
        evaluation = {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "saved_step": saved_step,
            "test": {str(step): dict(metrics) for step, metrics in sorted(by_step.items())},
            "interval_95": {name: list(limits) for name, limits in intervals.items()},
            "data": {"name": meta.name, "digest": meta.digests["test"]},
        }
        tracker.log_json(now, evaluation)
    tracker.replace_metrics(_measurements(by_step, saved_step))
    for name, (low, high) in intervals.items():
        tracker.set_tag(f"test/{name}.interval_95", f"{low:.6g} to {high:.6g}")
    tracker.log_data_set(meta, "test", data_folder)
    if before != now:
        tracker.set_tag(SHOWN, now)
    if before not in (None, now):
        log(
            f"MLflow now shows this evaluation of run {tracker.run_id}; "
            f"the earlier one stays there as {before}"
        )


def log_looks(tracker: Tracker, standing: Standing | None) -> None:
    """Adds how many other models had been scored on the test rows before.

    The larger number stays, because the ledger of another copy of the project may know fewer.
    """
    if standing is not None:
        before = max(standing.before, int(tracker.tag(_LOOKS) or 0))
        tracker.set_tag(_LOOKS, str(before))


def _measurements(by_step: Mapping[int, Mapping[str, float]], saved_step: int) -> list[Measurement]:
    now = time.time_ns() // 1_000_000
    return [
        Measurement(step, now, {f"test/{name}": value for name, value in metrics.items()})
        for step, metrics in sorted(by_step.items())
        if step <= saved_step
    ]


def _digest(
    metrics: Mapping[str, float], intervals: Mapping[str, tuple[float, float]], meta: Meta
) -> str:
    """Identifies an evaluation of the saved model, whenever it was made."""
    identity = [dict(metrics), {name: list(limits) for name, limits in intervals.items()}]
    text = json.dumps([*identity, meta.digests["test"]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
