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

The last line on stdout is one JSON object {search_id, run_id, status, best, trials, failed,
epochs}. Everything else goes to stderr.
"""

import json

from pipeline.command_line import arguments, run_command, with_key
from pipeline.console import say, say_loading
from pipeline.signals import Interruption


def main() -> None:
    """Reads the command line and searches."""
    argv = with_key(arguments(__doc__), "experiment")
    interruption = Interruption()
    with interruption.handling():
        say_loading()
        from pipeline.studies.settings import compose_tune

        overrides, config = compose_tune(argv)
        from pipeline.studies.search import tune

        say(json.dumps(tune(overrides, config, interruption)))


if __name__ == "__main__":
    run_command(main)
