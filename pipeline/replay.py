"""Adds a metric to a finished run in hindsight: replays the training and measures it.

    python -m pipeline.replay mnist_mlp --log macro_f1 --log recall/7
    python -m pipeline.replay 3f2a91c0 --log 'grad_norm(dense_1)' --steps 900:1100
    python -m pipeline.replay 3f2a91c0 --log weight_norm --every 10
    python -m pipeline.replay 3f2a91c0 --find-fault      the first step with NaN or infinity

A metric is measured at each evaluation of the run, for training and validation. A probe looks at
each step of --steps with the rows of its batch, or at a thousand steps:

    grad_norm, weight_norm                               of the network, or of a layer in brackets
    activation_mean, activation_std, zero_activations    of the outputs of the layer in brackets

The replay starts from the last kept checkpoint before the steps (checkpoint.keep_every), otherwise
from the first step, with code, data and settings of the run. Its history must equal that of
the run to the bit. Then the values are added to the run, at their steps.

With --json, or if stdout is not a terminal, stdout gets one JSON object {run_id, logged, steps,
fault}.
"""

import argparse
import re

from pipeline.command_line import arguments, run_command
from pipeline.console import answer
from pipeline.errors import PipelineError
from pipeline.locks import locked
from pipeline.option_parser import OptionParser

_STEPS = re.compile(r"(\d*):(\d*)")


def main() -> None:
    """Reads the command line and replays the run."""
    parser = OptionParser("replay")
    parser.add_argument("run")
    parser.add_argument("--log", action="append", default=[])
    parser.add_argument("--steps", default=":")
    parser.add_argument("--every", type=int)
    parser.add_argument("--find-fault", action="store_true")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    if not (options.log or options.find_fault):
        parser.error("one of --log and --find-fault is required")
    if options.every is not None and options.every < 1:
        raise PipelineError("--every is a number of steps", received=options.every)
    replay(options)


def replay(options: argparse.Namespace) -> None:
    """Replays a run, and adds the results to its record."""
    from pipeline.replaying import hindsight
    from pipeline.reproducing import original, worktree
    from pipeline.reproducing.setting_up import Options
    from pipeline.tracking import stores

    first, last = _window(options.steps)
    query = hindsight.Query(options.log, first, last, options.every, options.find_fault)
    run = original.read(original.find(options.run), or_failed=True)
    with locked(worktree.folder_of(run).parent, "makes this run again"):
        seen = hindsight.look(run, query, Options(install=options.install))
    hindsight.record(stores.load("mlflow").attach(run.run_id), run, seen)
    words = [
        f"{run.name}: {line}" for line in hindsight.in_words(seen, find_fault=options.find_fault)
    ]
    steps = {step for values in seen.values.values() for step in values}
    values = {
        "run_id": run.run_id,
        "logged": sorted(seen.values),
        "steps": len(steps),
        "fault": seen.fault,
    }
    answer(values, words, next_command="python -m pipeline.ui", as_json=options.json)


def _window(text: str) -> tuple[int | None, int | None]:
    match = _STEPS.fullmatch(text)
    if match is None:
        raise PipelineError("--steps is <first>:<last>", received=text)
    first, last = (int(number) if number else None for number in match.groups())
    return first, last


if __name__ == "__main__":
    run_command(main)
