"""Trains in one way, a turn for each line on stdin. `measuring` starts this process.

python -m pipeline.benchmarking.worker WAY SECONDS LIMIT OVERRIDE…

Prints the settings of the way when it is ready. Then it trains for one turn for each line, and
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

    name, seconds, limit, *overrides = sys.argv[1:]
    config = compose_experiment(overrides)
    backend.load()
    from pipeline.benchmarking import ways

    way = ways.build(name, config, seconds=float(seconds), limit=float(limit))
    say(json.dumps({"settings": way.settings}))
    for _ in sys.stdin:
        say(json.dumps(asdict(way.train())))


if __name__ == "__main__":
    run_command(main)
