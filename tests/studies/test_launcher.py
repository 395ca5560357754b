"""The launcher of a sweep, and the overrides that fit its trials to this machine."""

import importlib.util

import pytest
from hydra._internal.config_loader_impl import ConfigLoaderImpl
from hydra._internal.utils import create_config_search_path
from hydra.types import RunMode
from omegaconf import OmegaConf

from pipeline.config.experiment_composition import register
from pipeline.studies.launcher import (
    _OneComposition,
    launcher,
    shadowing_launchers,
    within_this_machine,
)
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


@pytest.mark.parametrize(
    ("workers", "threads"), [(8, 1), (9, 1), (64, 1), (-1, 1), (-7, 4), (-8, None), (-99, None)]
)
def test_threads_fit_the_workers(workers, threads):
    override = f"hydra.launcher.n_jobs={workers}"
    expected = [] if threads is None else [f"training.threads={threads}"]
    assert added("hydra/launcher=joblib", override) == expected


def test_trial_with_more_threads_than_cores_runs_alone():
    assert added("hydra/launcher=submitit_local", "training.threads=9") == [
        "hydra.sweeper.max_batch_size=1"
    ]


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
        "command line: there is no such launcher. Received: hydra/launcher=lobjib. "
        "Did you mean joblib? Allowed: basic, joblib, ray, submitit_local, submitit_slurm."
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
        "command line: the package of the launcher joblib is not installed. "
        f"Received: hydra/launcher=joblib {missing}. Install it with: pip install '.[joblib]'."
    )


def test_ray_without_its_package_names_the_command(monkeypatch):
    installed = importlib.util.find_spec
    without = lambda name: None if "ray" in name else installed(name)  # noqa: E731
    monkeypatch.setattr("pipeline.studies.launcher.find_spec", without)
    assert refusal(added, "hydra/launcher=ray") == (
        "command line: the package of the launcher ray is not installed. "
        "Received: hydra/launcher=ray. Install it with: pip install '.[ray]'."
    )


PARTITION = "hydra.launcher.partition=cpu"


def test_slurm_is_required(monkeypatch):
    monkeypatch.setenv("PATH", "")
    assert refusal(added, "hydra/launcher=submitit_slurm", PARTITION) == (
        "command line: this machine has no Slurm: sbatch or srun is missing. "
        f"Received: hydra/launcher=submitit_slurm {PARTITION}. "
        "Run the sweep where Slurm is, or here with hydra/launcher=joblib."
    )


def test_slurm_is_found_by_its_commands(monkeypatch, tmp_path):
    for name in ("sbatch", "srun"):
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert added("hydra/launcher=submitit_slurm", PARTITION) == []


@pytest.mark.parametrize("name", ["joblib", "submitit_local", "submitit_slurm", "ray"])
def test_each_launcher_of_conf_can_be_chosen(name):
    assert launcher(["data=digits", f"hydra/launcher={name}"], conf=CONF).name == name


@pytest.mark.parametrize("own", [[], ["hydra/launcher=joblib", "hydra.launcher.n_jobs=2"]])
def test_settings_of_a_later_trial_are_those_of_hydra(own):
    path = create_config_search_path(str(CONF))
    register()
    loader, hydra = _OneComposition(path), ConfigLoaderImpl(path)
    sweep = ["data=digits", "seed=1,2", *own]
    with shadowing_launchers():
        master = hydra.load_configuration("sweep", sweep, RunMode.MULTIRUN)
        for trial in (["data=digits", "seed=1"], ["data=digits", "seed=2"]):
            ours, theirs = (one.load_sweep_config(master, trial) for one in (loader, hydra))
            assert OmegaConf.to_container(ours.hydra) == OmegaConf.to_container(theirs.hydra)


def test_sweep_over_settings_of_hydra_composes_each_trial():
    path = create_config_search_path(str(CONF))
    register()
    master = ConfigLoaderImpl(path).load_configuration("sweep", ["data=digits"], RunMode.MULTIRUN)
    trial = ["data=digits", "hydra.verbose=true"]
    assert _OneComposition(path).load_sweep_config(master, trial).hydra.verbose is True
