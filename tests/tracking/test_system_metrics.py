"""The load of the machine in the record of a run."""

import pytest

from pipeline import experiment
from pipeline.tracking import recorded
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.stores import add_store
from tests.support.toy import config_of

SHORT = (
    "data=pairs",
    "model=linear",
    "training.xla=false",
    "tracking=mlflow",
    "tracking.log_model=false",
)


@pytest.fixture(autouse=True)
def folder(in_repository, monkeypatch):
    add_store(in_repository)
    monkeypatch.setenv("MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL", "0.01")
    return in_repository


def test_load_is_logged_on_request(folder, capfd):
    config = config_of(folder, *SHORT, "tracking.system_metrics=true")
    run = recorded.read(experiment.run(config).run_id)
    assert {"system/cpu_utilization_percentage", "system/system_memory_usage_percentage"} <= set(
        run.metrics
    )
    assert not any(name.startswith("system/") for name in recorded.of_training(run.metrics))
    assert "system metrics" not in capfd.readouterr().err
