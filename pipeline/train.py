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

The last lines say the result and what to do next. With --json, or if stdout is not a terminal,
stdout gets one JSON object {run_id, run_key, fingerprint, status, metrics} instead.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.command_line import (
    arguments,
    require_experiment_name,
    with_key,
    without_json,
)
from pipeline.console import answer, say_loading, table_console
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, OUTPUTS
from pipeline.preloading import stages
from pipeline.signals import Interruption, end_with_parent

if TYPE_CHECKING:
    from pipeline.config.experiment import ExperimentConfig
    from pipeline.runs.result import Result

_SWEEP = ("-m", "--multirun")
_ALLOW = "--allow-environment"
_SHOW = "--show"


def main() -> None:
    """Reads the command line and trains."""
    argv = arguments(__doc__)
    if _SHOW in argv:
        _show([argument for argument in argv if argument != _SHOW])
        return
    argv, as_json = without_json(argv)
    allowed = _ALLOW in argv
    argv = [argument for argument in argv if argument != _ALLOW]
    if allowed and argv[:1] != ["--resolved"]:
        argv.append("checkpoint.allow_environment=true")
    if set(_SWEEP) & set(argv):
        _sweep([argument for argument in argv if argument not in _SWEEP], as_json=as_json)
    interruption = Interruption()
    with interruption.handling():
        if argv[:1] == ["--resolved"] and len(argv) == 2:
            end_with_parent(os.getppid())
            name = argv[1]
            require_experiment_name(name)
            say_loading()
            from pipeline.config import resolved

            config = resolved.read(CONFIGS / f"{name}.yaml")
            config.checkpoint.allow_environment |= allowed
            train(config, interruption, output=OUTPUTS / name, as_json=as_json)
        else:
            _require_no_flag(argv)
            say_loading()
            from pipeline.config.experiment_composition import compose_experiment
            from pipeline.config.run_name import run_name

            overrides = with_key(argv, "experiment")
            config = compose_experiment(overrides)
            name = run_name(config, overrides)
            train(config, interruption, name=name, as_json=as_json)


def _show(overrides: list[str]) -> None:
    _require_no_flag(overrides)
    from pipeline.config.settings_table import settings_table

    table_console().print(settings_table(with_key(overrides, "experiment")))


def _sweep(overrides: list[str], *, as_json: bool) -> None:
    """Replaces this process by a sweep, so that training imports no code of sweeps."""
    _require_no_flag(overrides)
    flags = ["--json"] if as_json else []
    os.execv(sys.executable, [sys.executable, "-m", "pipeline.sweep", *overrides, *flags])


def _require_no_flag(overrides: list[str]) -> None:
    flags = sorted({override for override in overrides if override.startswith("-")})
    if flags:
        from pipeline.config.overrides import require_no_flag_of_hydra

        require_no_flag_of_hydra(flags)
        raise PipelineError(
            "unknown flag",
            received=" ".join(flags),
            expected="Use -m, --resolved <experiment>, --allow-environment, --show, --json, --help",
        )


def train(
    config: "ExperimentConfig",
    interruption: Interruption,
    *,
    name: str = "",
    output: Path | None = None,
    as_json: bool = False,
) -> None:
    """Runs the experiment and prints its result.

    Args:
        name: the name of the run, if it differs from that of the experiment.
        output: where to write the model and its history.
        as_json: prints JSON on a terminal too.
    """
    from pipeline import experiment

    name = name or config.name
    result = experiment.run(config, output=output, interruption=interruption, run_name=name)
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
    tested = config.name if output is not None else f"run={result.run_id[:8]}"
    # `evaluate` finds a run by its id only in the store of MLflow.
    can_be_tested = not result.paused and (output is not None or config.tracking.store == "mlflow")
    next_command = f"python -m pipeline.evaluate {tested}" if can_be_tested else ""
    answer(line, [_in_words(name, config, result)], next_command=next_command, as_json=as_json)


def _in_words(name: str, config: "ExperimentConfig", result: "Result") -> str:
    """`mnist_mlp: validation accuracy 0.9781, loss 0.0712 (epoch 16 of 24), run 3f2a91c0`."""
    from pipeline import metrics

    names = dict.fromkeys([metrics.headline(config.data.task.value), "loss"])
    measured = [(metric, result.metrics.get(f"validation/{metric}")) for metric in names]
    figures = ", ".join(f"{metric} {value:.4f}" for metric, value in measured if value is not None)
    last = result.history[-1]
    saved = next((point for point in result.history if point.metrics == result.metrics), last)
    place = f"epoch {saved.epoch:.4g} of {last.epoch:.4g}"
    state = "paused, " if result.paused else ""
    return f"{name}: {state}validation {figures} ({place}), run {result.run_id[:8]}"


if __name__ == "__main__":
    stages.run_command(main)
