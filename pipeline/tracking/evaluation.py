"""Adds results on the test split to the record of the run that was tested."""

import time
from collections.abc import Mapping
from pathlib import Path

from pipeline.data.prepared import Meta
from pipeline.tracking.tracker import Measurement, Tracker


def log_evaluation(
    tracker: Tracker,
    *,
    by_step: Mapping[int, Mapping[str, float]],
    intervals: Mapping[str, tuple[float, float]],
    output: Path,
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds test metrics by step, their intervals, figures, and the test split.

    Intervals become tags. As metrics, each limit would be a chart with a single dot, above the
    learning curves.
    """
    log_test_metrics(tracker, by_step, meta=meta, data_folder=data_folder)
    for name, (low, high) in intervals.items():
        tracker.set_tag(f"test/{name}.interval_95", f"{low:.6g} to {high:.6g}")
    for figure in sorted((output / "figures").glob("*.png")):
        tracker.log_file(figure, folder="figures")
    for name in ("metrics.json", "history.csv"):
        tracker.log_file(output / name)


def log_test_metrics(
    tracker: Tracker,
    by_step: Mapping[int, Mapping[str, float]],
    *,
    meta: Meta,
    data_folder: Path,
) -> None:
    """Adds metrics of the test split by step, and the split itself."""
    now = time.time_ns() // 1_000_000
    tracker.log_metrics(
        [
            Measurement(step, now, {f"test/{name}": value for name, value in metrics.items()})
            for step, metrics in sorted(by_step.items())
        ]
    )
    tracker.log_data_set(meta, "test", data_folder)
