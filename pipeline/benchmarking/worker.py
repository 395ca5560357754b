"""What a process of `measuring` runs: one way to train, for each line on stdin.

python -m pipeline.benchmarking.worker WAY LIMIT OVERRIDE…

Prints the settings of the way when it is ready. Then it trains for the seconds of each line, and
prints the examples and seconds of that turn.
"""

import json
import sys
from dataclasses import asdict

from pipeline.command_line import run_command
from pipeline.console import say


def main() -> None:
    """Answers until stdin ends."""
    from pipeline.config.experiment_composition import compose_experiment
    from pipeline.models import backend

    name, limit, *overrides = sys.argv[1:]
    config = compose_experiment(overrides)
    backend.load()
    from pipeline.benchmarking import ways

    way = ways.build(name, config, limit=float(limit))
    say(json.dumps({"settings": way.settings}))
    for line in sys.stdin:
        say(json.dumps(asdict(way.train(float(line)))))


if __name__ == "__main__":
    run_command(main)
