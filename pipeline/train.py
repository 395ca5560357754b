"""Trains one experiment on its prepared data.

    python -m pipeline.train experiment=mnist_mlp optimizer.learning_rate=0.02 seed=3
    python -m pipeline.train data=wine                     the default experiment on a data variant
    python -m pipeline.train -m experiment=mnist_mlp seed=1,2,3      a sweep: each combination in turn
    python -m pipeline.train experiment=mnist_mlp force=true         anew, though that run is finished or half-way
    python -m pipeline.train --resolved mnist_mlp          what DVC runs: outputs/configs/mnist_mlp.yaml as it stands,
                                                           model and history to outputs/mnist_mlp/

A training that was interrupted or killed goes on from its last checkpoint when the same command is given again; a finished
run is not trained twice, its result is returned.

The last line on stdout is one JSON object {run_id, run_key, fingerprint, status, metrics}; all else goes to stderr.
"""

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import hydra
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from pipeline.command_line import run_command
from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import CONF, CONFIGS, OUTPUTS
from pipeline.signals import Interruption, end_with_parent
from pipeline.studies import grid as sweep
from pipeline.studies.launcher import (
    Launcher,
    checked_before,
    shadowing_launchers,
    within_this_machine,
)

_EXPECTED_WARNINGS = (
    "multiprocessing.process",  # Hydra in each worker: our launchers have the names of those that they set up
    "joblib.externals.loky.backend.resource_tracker",  # it removes what a sweep left that a signal ended
)


def main() -> None:
    """Reads the command line and trains."""
    interruption = Interruption()
    with interruption.handling():
        _main(sys.argv[1:], interruption)


def _main(arguments: list[str], interruption: Interruption) -> None:
    if arguments[:1] == ["--resolved"] and len(arguments) == 2:
        name = arguments[1]
        end_with_parent(os.getppid())
        train(resolved.read(CONFIGS / f"{name}.yaml"), interruption, output=OUTPUTS / name)
        return
    flags = {argument for argument in arguments if argument.startswith("-")}
    overrides = [argument for argument in arguments if argument not in flags]
    if {"-h", "--help"} & flags:
        print(__doc__)
    elif not flags:
        train(resolved.compose_experiment(overrides), interruption)
    elif flags <= {"-m", "--multirun"}:
        train_sweep(overrides, interruption)
    else:
        raise PipelineError(
            "an unknown flag",
            received=" ".join(sorted(flags)),
            expected="Expected: -m, --resolved or --help",
        )


def train_sweep(overrides: list[str], interruption: Interruption) -> None:
    """Runs every combination by Hydra's launcher; all are composed and checked before the first one runs.

    Raises:
        PipelineError: after the last trial, if any of them failed.
        Interrupted: a signal was received; the same call goes on from there.
    """
    overrides, launcher = within_this_machine(overrides)
    grid = sweep.grid(overrides)
    os.environ.setdefault(
        "PYTHONWARNINGS", ",".join(f"ignore::UserWarning:{module}" for module in _EXPECTED_WARNINGS)
    )
    _prepare(launcher, len(grid.trials))
    from pipeline.studies.sweep import run_sweep

    resolved.register()

    def launch(folder: Path, tags: Mapping[str, str]) -> None:
        @hydra.main(config_path=str(CONF.resolve()), config_name="config", version_base="1.3")
        def job(_composed: DictConfig) -> float:
            from pipeline.studies.trials import run_trial

            settings = HydraConfig.get()
            os.chdir(settings.runtime.cwd)  # Ray begins where a node was started
            number = grid.trial(settings.overrides.task)
            return run_trial(grid.trials[number], number, folder, tags)

        sys.argv = [sys.argv[0], "--multirun", *overrides]
        os.environ["HYDRA_FULL_ERROR"] = "1"  # which lets what a launcher raises come here
        try:
            with shadowing_launchers(), checked_before():
                job()
        except Exception as error:  # noqa: BLE001 - as when a worker was killed; what failed with it, the table says
            first, *_ = str(error).splitlines() or [""]
            log(f"{grid.name}: the launcher ended: {type(error).__name__}: {first}")

    print(json.dumps(run_sweep(grid, launch, interruption)), flush=True)


def _prepare(launcher: Launcher, trials: int) -> None:
    """Begins to load TensorFlow where the trials of this machine will run, which takes as long as it takes to open a sweep."""
    if launcher.name == "joblib" and (processes := min(launcher.workers or 1, trials)) > 1:
        from pipeline.studies import workers

        workers.start(processes)
    elif launcher.name in ("basic", "joblib"):
        from pipeline.studies.trials import prepare

        prepare()


def train(
    config: ExperimentConfig, interruption: Interruption, *, output: Path | None = None
) -> None:
    """Runs the experiment and prints its result."""
    from pipeline.models import backend

    backend.load()
    from pipeline import experiment

    result = experiment.run(config, output=output, interruption=interruption)
    line = {
        "run_id": result.run_id,
        "run_key": result.run_key,
        "fingerprint": result.fingerprint,
        "status": "PAUSED" if result.paused else "FINISHED",
        "metrics": result.metrics,
    }
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    run_command(main)
