"""Checks all trials of a sweep, and hands them to a launcher of Hydra."""

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipeline.config import globs
from pipeline.config.experiment_composition import choosing, compose_experiment, register
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import CONF, PREPARED
from pipeline.signals import Interruption
from pipeline.studies import sweep_settings
from pipeline.studies.grid import Grid, compose_grid, measuring
from pipeline.studies.journal import SweepJournal
from pipeline.studies.launcher import (
    Launcher,
    shadowing_launchers,
    with_one_composition,
    within_this_machine,
)
from pipeline.studies.saving import require_possible
from pipeline.studies.trial_process import shared

_EXPECTED_WARNINGS = (
    # In each worker, Hydra warns that our launchers reuse the plugins' names.
    "multiprocessing.process",
    # joblib warns about files of an interrupted sweep, and removes them.
    "joblib.externals.loky.backend.resource_tracker",
)


@dataclass(frozen=True)
class Swept:
    """The result of a sweep.

    Args:
        values: for JSON.
        saved_as: the experiment that it wrote; None without one.
    """

    grid: Grid
    values: dict[str, Any]
    saved_as: str | None

    @property
    def name(self) -> str:
        return self.grid.name

    @property
    def has_choice(self) -> bool:
        """Whether it chose one of several configurations."""
        best = self.values["best"]
        return best is not None and len(best["trials"]) < self.values["trials"]

    @property
    def words(self) -> str:
        """The best configuration in words."""
        best, count = self.values["best"], self.values["trials"]
        if best is None or self.grid.objective is None:
            return f"{self.name}: {count} trials finished, and none is named the best"
        numbers = best["trials"]
        mean = f" on average over {len(numbers)} trials" if len(numbers) > 1 else ""
        figure = f"{self.grid.objective.metric} {best['objective']:.4f}{mean}"
        if not self.has_choice:
            return f"{self.name}: {figure}"
        settings = self.grid.trials[numbers[0]].label_of_configuration
        others = "1 other" if best["tied"] == 1 else f"{best['tied']} others"
        doubt = f"; {others} may be as good" if best["tied"] else ""
        return f"{self.name}: the best of {count} trials is {settings}, {figure}{doubt}"


def sweep(overrides: list[str], interruption: Interruption) -> Swept:
    """Checks all trials, and runs them by Hydra's launcher.

    Raises:
        PipelineError: a trial failed. All other trials ran.
        Interrupted: a signal was received.
    """
    settings, overrides = sweep_settings.read(choosing(globs.expanded(overrides)))
    overrides = measuring(overrides, settings.named_objective)
    overrides, launcher = within_this_machine(overrides)
    grid = compose_grid(overrides, objective=settings.named_objective)
    if settings.save_as is not None:
        _require_winner(settings.save_as, grid)
    os.environ.setdefault(
        "PYTHONWARNINGS", ",".join(f"ignore::UserWarning:{module}" for module in _EXPECTED_WARNINGS)
    )
    _warm_up(launcher, len(grid.trials))
    from pipeline.studies.sweep import run_sweep

    def launch(journal: SweepJournal, tags: Mapping[str, str], folders: Sequence[Path]) -> None:
        _launch(overrides, grid, journal, tags, folders)

    return Swept(grid, run_sweep(grid, launch, interruption, settings), settings.save_as)


def _require_winner(save_as: str, grid: Grid) -> None:
    """Checks before the first training that each trial could be saved as an experiment."""
    if grid.objective is None:
        raise PipelineError(
            f"the trials are not comparable, so none is the best: {grid.difference}",
            received=f"sweep.save_as={save_as}",
            expected="Remove sweep.save_as, or sweep over other settings",
        )
    for config in {config.data.name: config for config in grid.configs}.values():
        require_possible(save_as, config)
    if grid.is_over_splits:
        _require_own_splits(grid)


def _require_own_splits(grid: Grid) -> None:
    """Checks that the winner can be trained on the split of its data variant.

    Only the confirmation trains on it, at the end of the sweep.
    """
    from pipeline.runs.run import Run

    trials = {grid.configs[trial.number].data.name: trial for trial in grid.trials}
    for name, trial in trials.items():
        Run.of(compose_experiment(grid.own_split(trial)), PREPARED / name)


def _launch(
    overrides: list[str],
    grid: Grid,
    journal: SweepJournal,
    tags: Mapping[str, str],
    folders: Sequence[Path],
) -> None:
    """Hands the trials to Hydra's launcher."""
    register()

    @hydra.main(config_path=str(CONF.resolve()), config_name="sweep", version_base="1.3")
    def job(_composed: DictConfig) -> float:
        from pipeline.studies.running import run_grid_trial

        settings = HydraConfig.get()
        os.chdir(settings.runtime.cwd)  # Ray's processes run where the node was started
        number = grid.number_of(settings.overrides.task)
        return run_grid_trial(shared(), grid, number, journal, tags, folders[number])

    sys.argv = [sys.argv[0], "--multirun", *overrides]
    os.environ["HYDRA_FULL_ERROR"] = "1"  # makes Hydra raise a launcher's exception to us
    try:
        with shadowing_launchers(), with_one_composition():
            job()
    except Exception as error:  # noqa: BLE001 - such as a killed worker: its trials have failed
        first, *_ = str(error).splitlines() or [""]
        log(f"{grid.name}: the launcher stopped: {type(error).__name__}: {first}")


def _warm_up(launcher: Launcher, trials: int) -> None:
    """Starts loading TensorFlow in the processes of this machine that run trials."""
    if launcher.name == "joblib" and (processes := min(launcher.workers or 1, trials)) > 1:
        from pipeline.studies import workers

        workers.start(processes)
    elif launcher.name in ("basic", "joblib"):
        shared().start()
