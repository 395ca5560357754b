"""Runs a sweep: one training for every combination of comma-separated values.

    python -m pipeline.sweep mnist_dnn optimizer.learning_rate=0.01,0.03 seed=1,2,3
    python -m pipeline.sweep mnist_dnn seed=1,2,3 hydra/launcher=joblib    on all cores
    python -m pipeline.train -m mnist_dnn seed=1,2,3                       also a sweep
    python -m pipeline.sweep diabetes_mlp model.units=[16],[64] data.split.seed=1,2,3

The best configuration has the best mean over its seeds and splits. sweep.save_as=<name> trains it
with five other seeds and saves it as an experiment. sweep.objective=<metric> compares by another
metric, such as validation/macro_f1.

To resume an interrupted or killed sweep, run the same command again. A larger grid trains only the
new trials.

The last line on stdout is one JSON object {sweep_id, run_id, status, best, trials}. Everything else
goes to stderr.
"""

from pipeline.command_line import arguments, run_command, with_key
from pipeline.console import say_loading
from pipeline.signals import Interruption


def main() -> None:
    """Reads the command line and runs the sweep."""
    overrides = with_key(arguments(__doc__), "experiment")
    interruption = Interruption()
    with interruption.handling():
        say_loading()
        from pipeline.studies.launching import sweep

        sweep(overrides, interruption)


if __name__ == "__main__":
    run_command(main)
