"""The launcher of a sweep, and what it is told of this machine."""

import pytest

from pipeline.errors import PipelineError
from pipeline.studies.launcher import launcher, within_this_machine
from tests.support import ROOT

CONF = ROOT / "conf"


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)


def added(*overrides: str) -> list[str]:
    """What is added to the overrides of a sweep."""
    given = ["data=digits", "seed=1,2", *overrides]
    found, _ = within_this_machine(given, conf=CONF)
    assert found[: len(given)] == given
    return found[len(given) :]


def refusal(*overrides: str) -> str:
    with pytest.raises(PipelineError) as caught:
        added(*overrides)
    return str(caught.value)


def test_in_one_process_nothing_is_added():
    assert added() == []


def test_workers_divide_the_cores():
    assert added("hydra/launcher=joblib", "hydra.launcher.n_jobs=4") == ["training.threads=2"]


def test_as_many_workers_as_cores_have_one_thread_each():
    assert added("hydra/launcher=joblib") == ["training.threads=1"]


def test_negative_workers_are_counted_from_the_cores():
    assert added("hydra/launcher=joblib", "hydra.launcher.n_jobs=-5") == ["training.threads=2"]


def test_threads_that_were_given_stay():
    assert added("hydra/launcher=joblib", "training.threads=2") == []


def test_threads_that_were_forced_stay_too():
    assert added("hydra/launcher=joblib", "++training.threads=2") == []


def test_processes_that_would_all_begin_at_once_are_as_many_as_cores():
    assert added("hydra/launcher=submitit_local") == [
        "hydra.sweeper.max_batch_size=8",
        "training.threads=1",
    ]


def test_processes_are_as_many_as_cores_for_the_given_threads():
    assert added("hydra/launcher=submitit_local", "training.threads=4") == [
        "hydra.sweeper.max_batch_size=2"
    ]


def test_a_number_of_processes_that_was_given_stays():
    assert added("hydra/launcher=submitit_local", "hydra.sweeper.max_batch_size=4") == [
        "training.threads=2"
    ]


def test_an_unknown_launcher_is_refused():
    assert refusal("hydra/launcher=lobjib") == (
        "command line: no such launcher, or its package is not installed. Received: hydra/launcher=lobjib. "
        "Expected: basic, joblib, submitit_local, submitit_slurm or ray; see docs/clusters.md."
    )


def test_a_setting_that_hydra_does_not_have_is_refused():
    assert refusal("hydra.sweep.dirr=x") == (
        "command line: an override of Hydra's own settings cannot be. Received: hydra.sweep.dirr=x. "
        "Could not override 'hydra.sweep.dirr'."
    )


def test_a_launcher_whose_package_is_missing_is_refused():
    missing = "hydra.launcher._target_=hydra_plugins.hydra_missing_launcher.missing.Missing"
    assert refusal("hydra/launcher=joblib", missing) == (
        f"command line: no such launcher, or its package is not installed. Received: hydra/launcher=joblib {missing}. "
        "Expected: basic, joblib, submitit_local, submitit_slurm or ray; see docs/clusters.md."
    )


@pytest.mark.parametrize("name", ["joblib", "submitit_local", "submitit_slurm", "ray"])
def test_a_launcher_of_conf_can_be_chosen(name):
    assert launcher(["data=digits", f"hydra/launcher={name}"], conf=CONF).name == name
