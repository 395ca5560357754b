"""Records a comparison as a run of its own, in the MLflow experiment `comparisons`."""

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.tracking.stores import Store
from pipeline.tracking.tracker import Measurement

EXPERIMENT = "comparisons"


def log_comparison(
    store: Store,
    identifier: str,
    name: str,
    *,
    tags: Mapping[str, str],
    metrics: Mapping[str, float],
    files: Sequence[Path],
    figures: Sequence[Path],
) -> str:
    """Records a comparison, or updates the one of the same runs.

    Args:
        identifier: of the compared runs and of how they were compared.
        name: for the list of runs.

    Returns:
        The id of its run.
    """
    with store.open_parent("comparison", EXPERIMENT, identifier, {}) as tracker:
        for key, value in {"mlflow.runName": name, **tags}.items():
            tracker.set_tag(key, value)
        now = time.time_ns() // 1_000_000
        tracker.replace_metrics([Measurement(0, now, metrics)])
        for file in files:
            tracker.log_file(file)
        for figure in figures:
            tracker.log_file(figure, folder="figures")
        return tracker.run_id
