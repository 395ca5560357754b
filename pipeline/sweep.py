"""Runs a sweep: one training for every combination of comma-separated values.

    python -m pipeline.sweep mnist_dnn optimizer.learning_rate=0.01,0.03 seed=1,2,3
    python -m pipeline.sweep mnist_dnn seed=1,2,3 hydra/launcher=joblib    on all cores
    python -m pipeline.train -m mnist_dnn seed=1,2,3                       also a sweep
    python -m pipeline.sweep 'glob(iris_*)' seed=1,2,3                     several experiments
    python -m pipeline.sweep diabetes_mlp model.units=[16],[64] data.split.seed=1,2,3

The best configuration has the best mean over its seeds and splits. sweep.save_as=<name> trains it
with five other seeds and saves it as an experiment. sweep.objective=<metric> compares by another
metric, such as validation/macro_f1.

To resume an interrupted or killed sweep, run the same command again. A larger grid trains only the
new trials.

The last lines say the result and what to do next. With --json, or if stdout is not a terminal,
stdout gets one JSON object {sweep_id, run_id, status, best, trials} instead.
"""

import shlex

from pipeline.command_line import arguments, run_command, with_key, without_json
from pipeline.console import answer, say_loading
from pipeline.signals import Interruption


def main() -> None:
    """Reads the command line and runs the sweep."""
    received, as_json = without_json(arguments(__doc__))
    overrides = with_key(received, "experiment")
    interruption = Interruption()
    with interruption.handling():
        say_loading()
        from pipeline.studies.launching import sweep

        swept = sweep(overrides, interruption)
    if swept.saved_as is not None:
        next_command = f"dvc repro evaluate@{swept.saved_as}"
    elif swept.has_choice:
        again = shlex.join(["python", "-m", "pipeline.sweep", *received])
        next_command = f"{again} sweep.save_as={swept.name}_best"
    else:
        next_command = "python -m pipeline.ui"
    answer(swept.values, [swept.words], next_command=next_command, as_json=as_json)


if __name__ == "__main__":
    run_command(main)
