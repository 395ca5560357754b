"""The columns of the MLflow UI."""

from mlflow.entities import Metric, Param, Run, RunData, RunInfo, RunTag

from pipeline.tracking.views import columns


def run(rate: str, **tags: str) -> Run:
    info = RunInfo("r", "1", "me", "FINISHED", 1, 2, "active")
    names = ("best/validation/loss", "best/validation/accuracy", "test/log_loss", "test/accuracy")
    metrics = [Metric(name, 0.5, 1, 1) for name in names]
    params = [Param("seed", "1"), Param("optimizer.learning_rate", rate)]
    tags = {"test/accuracy.interval_95": "0.4 to 0.6", **tags}
    return Run(info, RunData(metrics, params, [RunTag(*pair) for pair in tags.items()]))


def test_columns_are_figures_intervals_differences_and_data():
    assert columns([run("0.1"), run("0.2", baseline="better")]) == [
        "metrics.`test/accuracy`",
        "metrics.`best/validation/accuracy`",
        "tags.`test/accuracy.interval_95`",
        "tags.`baseline`",
        "params.`optimizer.learning_rate`",
        "tags.`data`",
    ]
