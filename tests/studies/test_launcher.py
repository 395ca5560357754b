"""The launcher of a sweep, and the overrides that fit its trials to this machine."""

import pytest

from pipeline.studies.launcher import launcher, within_this_machine
from tests.support import ROOT
from tests.support.refusals import refusal

CONF = ROOT / "conf"


@pytest.fixture(autouse=True)
def _eight_cores(monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda: 8)


def added(*overrides: str) -> list[str]:
    """The overrides that are added to those of a sweep."""
    before = ["data=digits", "seed=1,2", *overrides]
    after, _ = within_this_machine(before, conf=CONF)
    assert after[: len(before)] == before
    return after[len(before) :]


def test_one_process_needs_no_override():
    assert added() == []


def test_workers_divide_the_cores():
    assert added("hydra/launcher=joblib", "hydra.launcher.n_jobs=4") == ["training.threads=2"]


def test_one_worker_for_each_core_has_one_thread():
    assert added("hydra/launcher=joblib") == ["training.threads=1"]


def test_negative_workers_count_from_the_cores():
    assert added("hydra/launcher=joblib", "hydra.launcher.n_jobs=-5") == ["training.threads=2"]


def test_processes_without_end_are_refused():
    assert refusal(added, "hydra/launcher=joblib", "hydra.launcher.n_jobs=65") == (
        "command line: too many trials would run at once. Received: 65 trials. "
        "Expected: at most 64, 8 for each core."
    )


def test_chosen_threads_stay():
    assert added("hydra/launcher=joblib", "training.threads=2") == []


def test_forced_threads_stay():
    assert added("hydra/launcher=joblib", "++training.threads=2") == []


def test_trials_that_start_at_once_are_limited():
    assert added("hydra/launcher=submitit_local") == [
        "hydra.sweeper.max_batch_size=8",
        "training.threads=1",
    ]


def test_chosen_threads_limit_the_trials():
    assert added("hydra/launcher=submitit_local", "training.threads=4") == [
        "hydra.sweeper.max_batch_size=2"
    ]


def test_chosen_number_of_trials_stays():
    assert added("hydra/launcher=submitit_local", "hydra.sweeper.max_batch_size=4") == [
        "training.threads=2"
    ]


def test_unknown_launcher_is_rejected():
    assert refusal(added, "hydra/launcher=lobjib") == (
        "command line: the launcher is unknown, or its package is not installed. "
        "Received: hydra/launcher=lobjib. "
        "Choose basic, joblib, submitit_local, submitit_slurm or ray; see docs/clusters.md."
    )


def test_unknown_setting_of_hydra_is_rejected():
    assert refusal(added, "hydra.sweep.dirr=x") == (
        "command line: an override of Hydra's own settings is invalid. "
        "Received: hydra.sweep.dirr=x. "
        "Could not override 'hydra.sweep.dirr'."
    )


def test_launcher_without_its_package_is_rejected():
    missing = "hydra.launcher._target_=hydra_plugins.hydra_missing_launcher.missing.Missing"
    assert refusal(added, "hydra/launcher=joblib", missing) == (
        "command line: the launcher is unknown, or its package is not installed. "
        f"Received: hydra/launcher=joblib {missing}. "
        "Choose basic, joblib, submitit_local, submitit_slurm or ray; see docs/clusters.md."
    )


@pytest.mark.parametrize("name", ["joblib", "submitit_local", "submitit_slurm", "ray"])
def test_each_launcher_of_conf_can_be_chosen(name):
    assert launcher(["data=digits", f"hydra/launcher={name}"], conf=CONF).name == name
