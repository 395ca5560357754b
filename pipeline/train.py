"""Trains one experiment on its prepared data.

    python -m pipeline.train mnist_mlp optimizer.learning_rate=0.02 seed=3
    python -m pipeline.train data=wine                   the default experiment on a data variant
    python -m pipeline.train data=wine force=true        from scratch, even if this run has finished
    python -m pipeline.train -m data=wine seed=1,2,3     a sweep, like pipeline.sweep
    python -m pipeline.train --resolved mnist_mlp        what DVC runs
    python -m pipeline.train data=wine --allow-environment   resumes on another kind of CPU
    python -m pipeline.train mnist_mlp seed=3 --show     the settings, and what sets each of them

To resume an interrupted or killed training from its last checkpoint, run the same command again. A
finished run is not trained again; its result is printed. --resolved trains
outputs/configs/<experiment>.yaml and writes model and history to outputs/<experiment>/.

The last line on stdout is one JSON object {run_id, run_key, fingerprint, status, metrics}.
Everything else goes to stderr.
"""

import json
import os
import sys
from pathlib import Path

from pipeline import experiment
from pipeline.command_line import (
    arguments,
    require_experiment_name,
    run_command,
    with_key,
)
from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.console import say, table_console
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, OUTPUTS
from pipeline.signals import Interruption, end_with_parent

_SWEEP = ("-m", "--multirun")
_ALLOW = "--allow-environment"
_SHOW = "--show"


def main() -> None:
    """Reads the command line and trains."""
    argv = arguments(__doc__)
    if _SHOW in argv:
        _show([argument for argument in argv if argument != _SHOW])
        return
    allowed = _ALLOW in argv
    argv = [argument for argument in argv if argument != _ALLOW]
    if allowed and argv[:1] != ["--resolved"]:
        argv.append("checkpoint.allow_environment=true")
    if set(_SWEEP) & set(argv):
        _sweep([argument for argument in argv if argument not in _SWEEP])
    interruption = Interruption()
    with interruption.handling():
        if argv[:1] == ["--resolved"] and len(argv) == 2:
            end_with_parent(os.getppid())
            name = argv[1]
            require_experiment_name(name)
            config = resolved.read(CONFIGS / f"{name}.yaml")
            config.checkpoint.allow_environment |= allowed
            train(config, interruption, output=OUTPUTS / name)
        else:
            _require_no_flag(argv)
            from pipeline.config.experiment_composition import compose_experiment

            train(compose_experiment(with_key(argv, "experiment")), interruption)


def _show(overrides: list[str]) -> None:
    _require_no_flag(overrides)
    from pipeline.config.shown import shown

    table_console().print(shown(with_key(overrides, "experiment")))


def _sweep(overrides: list[str]) -> None:
    """Replaces this process by a sweep, so that training imports no code of sweeps."""
    _require_no_flag(overrides)
    os.execv(sys.executable, [sys.executable, "-m", "pipeline.sweep", *overrides])


def _require_no_flag(overrides: list[str]) -> None:
    flags = sorted({override for override in overrides if override.startswith("-")})
    if flags:
        raise PipelineError(
            "unknown flag",
            received=" ".join(flags),
            expected="Use -m, --resolved <experiment>, --allow-environment, --show or --help",
        )


def train(
    config: ExperimentConfig, interruption: Interruption, *, output: Path | None = None
) -> None:
    """Runs the experiment and prints its result."""
    result = experiment.run(config, output=output, interruption=interruption)
    if output is not None:
        from pipeline.tracking import carrying

        carrying.carry(output, carrying.TRAIN, [result.run_id], store=config.tracking.store)
    line = {
        "run_id": result.run_id,
        "run_key": result.run_key,
        "fingerprint": result.fingerprint,
        "status": "PAUSED" if result.paused else "FINISHED",
        "metrics": result.metrics,
    }
    say(json.dumps(line))


if __name__ == "__main__":
    run_command(main)
