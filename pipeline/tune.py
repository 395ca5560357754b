"""Searches the settings of an experiment for the best ones.

    python -m pipeline.tune experiment=mnist_dnn                        30 trials of a bayesian search
    python -m pipeline.tune experiment=mnist_dnn search=hyperband search.trials=26 search.max_epochs=9
    python -m pipeline.tune experiment=mnist_dnn search=random space=mlp search.save_as=mnist_dnn_tuned

What is searched stands in conf/space/<experiment>.yaml, unless space=… chooses another; other overrides hold for every
trial. A search that was interrupted or killed goes on when the same command is given again: with the same trials, to the same
best one. More search.trials go on too.

The last line on stdout is one JSON object {search_id, run_id, status, best, trials, failed, epochs}; all else goes to stderr.
"""

import json
import sys

from pipeline.command_line import run_command
from pipeline.signals import Interruption
from pipeline.studies.space import compose_search


def main() -> None:
    """Reads the command line and searches."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    interruption = Interruption()
    with interruption.handling():
        overrides, config = compose_search(sys.argv[1:])
        from pipeline.studies.search import tune

        print(json.dumps(tune(overrides, config, interruption)), flush=True)


if __name__ == "__main__":
    run_command(main)
