"""Chooses the columns that the MLflow UI shows for the runs of an experiment.

The UI has no setting for columns, but a link can name a shared view. A shared view is a tag of the
experiment with the state of the page as JSON, as the button *Share* of the UI writes it.
"""

import json
from collections.abc import Sequence

from mlflow import MlflowClient
from mlflow.entities import Run

from pipeline.tracking.faults import reported

_VIEW = "runs"
_TAG = f"mlflow.sharedViewState.{_VIEW}"
_NEWEST = 100  # runs that decide on the columns
_MOST_SETTINGS = 8
# They differ between runs without being a choice of the experiment.
_NEVER = ("name", "data.name", "model.family", "optimizer.family")
_LOSSES = ("loss", "log_loss", "mse", "weighted_loss")


@reported()
def share(client: MlflowClient) -> list[tuple[str, str]]:
    """Sets the view of each experiment that has runs.

    Returns:
        The name of each experiment, and the path of its page in the UI. The last one that ran comes
        first.
    """
    pages: list[tuple[int, str, str]] = []
    for experiment in client.search_experiments():
        found = client.search_runs([experiment.experiment_id], max_results=_NEWEST)
        runs = [run for run in found if "run_key" in run.data.tags]
        if not runs:
            continue
        state = json.dumps({"selectedColumns": columns(runs)})
        if experiment.tags.get(_TAG) != state:
            client.set_experiment_tag(experiment.experiment_id, _TAG, state)
        path = (
            f"/#/experiments/{experiment.experiment_id}/runs"
            f"?workflowType=machine_learning&viewStateShareKey={_VIEW}"
        )
        pages.append((max(run.info.start_time for run in runs), experiment.name, path))
    return [(name, path) for _, name, path in sorted(pages, reverse=True)]


def columns(runs: Sequence[Run]) -> list[str]:
    """The columns for runs: figures with interval and verdict, what differs, and the data."""
    metrics = list(dict.fromkeys(name for run in runs for name in run.data.metrics))
    tags = {name for run in runs for name in run.data.tags}
    tested = [name for name in metrics if f"{name}.interval_95" in tags]
    validated = [name for name in metrics if name.startswith("best/validation/")]
    figures = [*_first(tested, "test/"), *_first(validated, "best/validation/")]
    intervals = [f"{name}.interval_95" for name in figures if name in tested]
    return [
        *(f"metrics.`{name}`" for name in figures),
        *(f"tags.`{name}`" for name in [*intervals, "baseline"] if name in tags),
        *(f"params.`{name}`" for name in differing(runs)),
        "tags.`data`",
    ]


def _first(names: Sequence[str], prefix: str) -> list[str]:
    """The first metric that is no loss, or else the first one."""
    return sorted(names, key=lambda name: name.removeprefix(prefix) in _LOSSES)[:1]


def differing(runs: Sequence[Run]) -> list[str]:
    """The settings that have more than one value."""
    names = dict.fromkeys(name for run in runs for name in run.data.params)
    several = [
        name
        for name in names
        if name not in _NEVER and len({run.data.params.get(name) for run in runs}) > 1
    ]
    return several[:_MOST_SETTINGS]
