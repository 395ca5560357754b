"""Searches for good settings of an experiment.

    python -m pipeline.tune mnist_dnn                     30 trials of a bayesian search
    python -m pipeline.tune mnist_dnn search.trials=60    continues it to 60 trials
    python -m pipeline.tune mnist_dnn search=hyperband search.max_epochs=9
    python -m pipeline.tune mnist_dnn search=random search.save_as=mnist_dnn_random

conf/space/<experiment>.yaml lists the settings to search and their ranges. space=<name> chooses
another file of conf/space/. search.save_as=<name> saves the best trial as an experiment. All other
overrides apply to every trial.

To resume an interrupted or killed search, run the same command again: it runs the same trials and
finds the same best one.

The last lines say the result and what to do next. With --json, or if stdout is not a terminal,
stdout gets one JSON object {search_id, run_id, status, best, trials, failed, epochs} instead.
"""

import shlex

from pipeline.command_line import arguments, run_command, with_key, without_json
from pipeline.console import answer, say_loading
from pipeline.signals import Interruption


def main() -> None:
    """Reads the command line and searches."""
    received, as_json = without_json(arguments(__doc__))
    argv = with_key(received, "experiment")
    interruption = Interruption()
    with interruption.handling():
        say_loading()
        from pipeline.studies.settings import compose_tune

        overrides, config = compose_tune(argv)
        from pipeline.studies.search import tune

        values = tune(overrides, config, interruption)
    best, saved_as = values["best"], config.search.save_as
    words = (
        f"{best['experiment']}: the best of {values['trials']} trials is trial {best['trial']}, "
        f"{best['metric']} {best['objective']:.4f}, run {best['run_id'][:8]}"
    )
    next_command = (
        f"dvc repro evaluate@{saved_as}"
        if saved_as
        else f"{shlex.join(['python', '-m', 'pipeline.tune', *received])} "
        f"search.save_as={best['experiment']}_tuned"
    )
    answer(values, [words], next_command=next_command, as_json=as_json)


if __name__ == "__main__":
    run_command(main)
