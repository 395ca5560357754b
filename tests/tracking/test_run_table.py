"""What the list of trainings takes from a record."""

from mlflow.entities import Metric, Run, RunData, RunInfo, RunTag

from pipeline.tracking import run_table


def test_metrics_are_those_of_the_saved_weights_and_of_the_test():
    logged = {
        "validation/loss": 0.9,
        "best/validation/loss": 0.4,
        "best/step": 20,
        "seconds": 3,
        "test/accuracy": 0.75,
    }
    info = RunInfo("a" * 32, "1", "", "FINISHED", 1, 2, "active")
    metrics = [Metric(name, value, 0, 20) for name, value in logged.items()]
    row = run_table._row(Run(info, RunData(metrics, tags=[RunTag("experiment", "toy")])))
    assert row.metrics == {"validation/loss": 0.4, "test/accuracy": 0.75}
