"""All runs of the tracking store as one table."""

import pandas as pd

from pipeline.errors import PipelineError, suggestion
from pipeline.layout import CONF
from pipeline.notebooks.place import at_root


def runs(experiment: str | None = None) -> pd.DataFrame:
    """The runs of the tracking store, the newest first, indexed by run id.

    Args:
        experiment: only the runs of this experiment.

    Returns:
        A row for each run: experiment, status, start, the settings that differ between the rows,
        and the metrics of the saved weights.

    Raises:
        PipelineError: opening the store failed, or there is no such experiment.
    """
    from pipeline.tracking.run_table import records

    with at_root():
        rows = records(experiment)
        names = [file.stem for file in (CONF / "experiment").glob("*.yaml")]
    if experiment is not None and not rows and experiment not in names:
        raise PipelineError(
            "there is no experiment of this name",
            received=experiment,
            expected=suggestion(experiment, names),
        )
    facts = pd.DataFrame(
        {
            "run_id": [row.run_id for row in rows],
            "experiment": [row.experiment for row in rows],
            "status": [row.status for row in rows],
            "started": pd.to_datetime([row.started for row in rows], unit="ms"),
        }
    )
    settings = pd.DataFrame([row.settings for row in rows])
    differing = [name for name in settings if settings[name].nunique(dropna=False) > 1]
    metrics = pd.DataFrame([row.metrics for row in rows])
    parts = [facts, settings[differing].apply(_numbers), metrics]
    return pd.concat(parts, axis=1).set_index("run_id")


def _numbers(column: pd.Series) -> pd.Series:
    """Converts a column of numbers, because the store holds settings as text."""
    numbers = pd.to_numeric(column, errors="coerce")
    return column if numbers.isna().any() else numbers
