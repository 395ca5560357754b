"""Writes the page of an experiment in the MLflow UI: its columns, its charts and its note.

The UI has no setting for columns, but a link can name a shared view. A shared view is a tag of the
experiment with the state of the page as JSON, as the button *Share* of the UI writes it.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from mlflow import MlflowClient
from mlflow.entities import Experiment, Run

from pipeline.tracking import headlines, notes
from pipeline.tracking.faults import reported

_VIEW = "runs"
_TAG = f"mlflow.sharedViewState.{_VIEW}"
_NEWEST = 100  # runs that decide on the page
_MOST_SETTINGS = 8
# These differ between runs, but are not a choice of the experiment.
_NEVER = ("name", "data.name", "model.family", "optimizer.family")
_WITHOUT_EFFECT = ("tracking.", "checkpoint.")  # settings that cannot change a result
# Columns that the UI always shows. It puts columns that the view does not name first.
_NAME, _CREATED, _DURATION = "attributes.`Run Name`", "runDateAndNestInfo", "duration"
_FIXED_WIDTHS = {_NAME: 190, _CREATED: 150, _DURATION: 80}
_PIXELS_OF_A_LETTER, _MARGINS, _NARROWEST, _WIDEST = 7, 24, 90, 200
_BASELINE = "tags.`baseline`"
_RESULT = "Result"  # a section of charts
_OPEN = (_RESULT, "validation", "train")  # the sections that are not folded, in this order


@reported()
def write(client: MlflowClient, name: str) -> None:
    """Renews the page of one experiment, if it has trained runs."""
    experiment = client.get_experiment_by_name(name)
    if experiment is not None and (runs := _trained(_newest(client, experiment))):
        _write(client, experiment, runs)


@reported()
def write_all(client: MlflowClient) -> list[tuple[str, str]]:
    """Renews the page of each experiment that has trained runs, and writes notes that are missing.

    Returns:
        The name of each experiment, and the path of its page in the UI. The last one that ran comes
        first.
    """
    pages: list[tuple[int, str, str]] = []
    for experiment in client.search_experiments():
        newest = _newest(client, experiment)
        for run in newest:
            if notes.TAG not in run.data.tags and run.info.status == "FINISHED":
                notes.write(client, run.info.run_id)
        runs = _trained(newest)
        if not runs:
            continue
        _write(client, experiment, runs)
        path = (
            f"/#/experiments/{experiment.experiment_id}/runs"
            f"?workflowType=machine_learning&viewStateShareKey={_VIEW}"
        )
        pages.append((runs[0].info.start_time, experiment.name, path))
    return [(name, path) for _, name, path in sorted(pages, reverse=True)]


def without(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags of an experiment that are not made from its runs."""
    return {name: text for name, text in tags.items() if name not in (_TAG, notes.TAG)}


def _newest(client: MlflowClient, experiment: Experiment) -> Sequence[Run]:
    return list(
        client.search_runs(
            [experiment.experiment_id],
            order_by=["attributes.start_time DESC"],
            max_results=_NEWEST,
        )
    )


def _trained(runs: Sequence[Run]) -> list[Run]:
    """The runs without the records of sweeps, searches and comparisons."""
    return [run for run in runs if "run_key" in run.data.tags]


def _write(client: MlflowClient, experiment: Experiment, runs: Sequence[Run]) -> None:
    state = json.dumps(view(runs))
    if experiment.tags.get(_TAG) != state:
        client.set_experiment_tag(experiment.experiment_id, _TAG, state)
    notes.write_of_experiment(client, experiment, runs)


def view(runs: Sequence[Run]) -> dict[str, Any]:
    """The state of the page: which columns and charts it shows, and in which order."""
    names = columns(runs)
    return {
        "selectedColumns": names,
        "columnOrder": [_NAME, _CREATED, *names, _DURATION],
        "columnWidths": {**_FIXED_WIDTHS, **{name: _width(name) for name in names}},
        **_charts({name for run in runs for name in run.data.metrics}),
    }


def columns(runs: Sequence[Run]) -> list[str]:
    """The columns: figure and interval, what differs, the verdict, validation and the data."""
    metrics = {name for run in runs for name in run.data.metrics}
    tags = {name for run in runs for name in run.data.tags}
    tested, validated = headlines.of_tests(metrics), headlines.of_validation(metrics)
    interval = f"{tested}.interval_95"
    return [
        *([f"metrics.`{tested}`"] if tested else []),
        *([f"tags.`{interval}`"] if interval in tags else []),
        *(f"params.`{name}`" for name in differing(runs)),
        *([_BASELINE] if "baseline" in tags else []),
        *([f"metrics.`{validated}`"] if validated else []),
        "tags.`data`",
    ]


def _width(column: str) -> int:
    """Pixels for the title of a column, and for the long values of some."""
    if column == _BASELINE or column.endswith(".interval_95`"):
        return _WIDEST
    letters = len(column.partition(".")[2].strip("`"))
    return max(_NARROWEST, min(_WIDEST, letters * _PIXELS_OF_A_LETTER + _MARGINS))


def _charts(metrics: Iterable[str]) -> dict[str, Any]:
    """Bars for what is measured once, in place of lines with one dot. MLflow adds the curves.

    The headlines come first. Sections without curves are folded.
    """
    names = sorted(metrics)
    first = [name for name in (headlines.of_tests(names), headlines.of_validation(names)) if name]
    once = [name for name in names if name.startswith(("test/", "best/")) and name not in first]
    sections = dict.fromkeys([*_OPEN, *(_section(name) for name in [*once, *names])])
    return {
        "compareRunSections": [
            {"uuid": name, "name": name, "display": name in _OPEN, "isReordered": False}
            for name in sections
        ],
        "compareRunCharts": [
            *(_bar(name, _RESULT) for name in first),
            *(_bar(name, _section(name)) for name in once),
        ],
        "isAccordionReordered": True,
    }


def _section(metric: str) -> str:
    """The section in which MLflow shows a metric."""
    return metric.rpartition("/")[0] or "Model metrics"


def _bar(metric: str, section: str) -> dict[str, Any]:
    return {
        "type": "BAR",
        "uuid": f"bar {metric}",
        "metricKey": metric,
        "metricSectionId": section,
        "displayName": metric if section == _RESULT else metric.rpartition("/")[2],
        "runsCountToCompare": 10,
        "deleted": False,
        "isGenerated": False,  # otherwise MLflow would draw a line
    }


def differing(runs: Sequence[Run]) -> list[str]:
    """The settings that have more than one value."""
    names = dict.fromkeys(name for run in runs for name in run.data.params)
    several = [
        name
        for name in names
        if name not in _NEVER
        and not name.startswith(_WITHOUT_EFFECT)
        and len({run.data.params.get(name) for run in runs}) > 1
    ]
    return several[:_MOST_SETTINGS]
