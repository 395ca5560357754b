"""Compares trained models, and names the better one only if it is beyond the noise.

    python -m pipeline.compare digits_cnn digits_mlp
    python -m pipeline.compare digits_cnn digits_mlp digits_deep --metric log_loss
    python -m pipeline.compare digits_cnn 3f2a91c0              an experiment and a run, by its id
    python -m pipeline.compare 80a1e5c0b7d2/0 80a1e5c0b7d2/4    configurations of a sweep
    python -m pipeline.compare digits_cnn digits_mlp --until-decided --budget 30

A name is an experiment, the beginning of the id of an evaluated run, or <sweep id>/<trial>. There
are two kinds of noise: a model may be lucky with the test rows, and a training may be lucky with
its seed. A name is better only if its lead exceeds all measured noise.

  --metric NAME      the deciding metric; the default is the task's own, such as accuracy or r2
  --over NOISE       tests only one kind of noise: rows, seeds, splits or folds
  --until-decided    trains more seeds of two experiments until a test decides. The test allows a
                     look after each seed
  --budget N         ends --until-decided after N seeds of each; the default is 20

Writes a table, figures and comparison.json to outputs/comparisons/<a>_vs_<b>/, and a run to the
MLflow experiment `comparisons`. The report shows the comparison while its results are current.

The last lines say where the files are and what to do next. If stdout is not a terminal, the last
line is one JSON object {verdict, better, metric, pairs, folder, run_id} instead. With --json, it is
the only line.
"""

import argparse
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.command_line import arguments, run_command, without_json
from pipeline.comparing import making, parts, record, text
from pipeline.comparing.comparison import OVER, Comparison
from pipeline.comparing.names import Contender
from pipeline.comparing.sequence import FEWEST_TO_DECIDE
from pipeline.console import answer, log, say, text_width
from pipeline.errors import PipelineError
from pipeline.layout import PREPARED
from pipeline.option_parser import OptionParser
from pipeline.signals import Interruption


def main() -> None:
    """Reads the command line and compares."""
    received, as_json = without_json(arguments(__doc__))
    parser = OptionParser("compare")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--metric")
    parser.add_argument("--over", choices=OVER)
    parser.add_argument("--until-decided", action="store_true")
    parser.add_argument("--budget", type=int)
    options = parser.parse_intermixed_args(received)
    _require_options(options)
    contenders = making.resolve_all(options.names)
    command = f"python -m pipeline.compare {shlex.join(received)}"
    if options.until_decided:
        comparison = _until_decided(contenders, options, command=command)
    else:
        decided = parts.compare(contenders, metric=options.metric, over=options.over)
        comparison = making.comparison_of(contenders, decided, command=command)
    chosen = [options.over, options.metric, "until_decided" if options.until_decided else None]
    folder = record.folder_of(comparison.names, choices=filter(None, chosen))
    making.write(folder, comparison, contenders)
    run_id = making.log(folder, comparison, contenders)
    summary = text.on_terminal(comparison, width=text_width(text.WIDTH))
    (log if as_json else say)(f"{summary}\n")
    answer(
        _answer(comparison, folder, run_id),
        [f"All metrics and figures: {folder}/"],
        next_command=_next_command(contenders),
        as_json=as_json,
    )


def _next_command(contenders: Sequence[Contender]) -> str:
    """The command that reports the compared experiments. The report takes no runs or trials."""
    experiments = [contender.name for contender in contenders if contender.is_experiment]
    if not experiments:
        return "python -m pipeline.ui"
    return f"python -m pipeline.report {shlex.join(experiments)}"


def _require_options(options: argparse.Namespace) -> None:
    if len(options.names) < 2:
        raise PipelineError(
            "this command compares two names or more",
            received=" ".join(options.names) or "nothing",
            expected="Write python -m pipeline.compare <name> <name>",
        )
    if options.until_decided and (len(options.names) > 2 or options.over is not None):
        raise PipelineError(
            "--until-decided compares two experiments over their seeds",
            received=" ".join(options.names) + (f" --over {options.over}" if options.over else ""),
            expected="Name two, without --over",
        )
    fewest = FEWEST_TO_DECIDE
    if options.budget is not None and (not options.until_decided or options.budget < fewest):
        raise PipelineError(
            "--budget is the number of seeds of each for --until-decided, and fewer than "
            f"{fewest} cannot decide",
            received=options.budget,
            expected=f"Write --until-decided --budget <{fewest} or more>",
        )


def _until_decided(
    contenders: Sequence[Contender], options: argparse.Namespace, *, command: str
) -> Comparison:
    from pipeline.comparing import until_decided

    interruption = Interruption()
    with interruption.handling():
        outcome = until_decided.decide(
            *contenders,
            metric=options.metric,
            budget=options.budget or until_decided.BUDGET,
            interruption=interruption,
        )
    comparison = making.comparison_of(contenders, [outcome.part], command=command)
    # The new trainings read the prepared data, so the comparison depends on it as well.
    data = [PREPARED / contender.data / "meta.json" for contender in contenders]
    sources = {**comparison.sources, **record.digests(data)}
    return replace(comparison, runs=outcome.runs, sources=sources)


def _answer(comparison: Comparison, folder: Path, run_id: str) -> dict[str, Any]:
    pairs = [
        {
            "one": pair.one,
            "other": pair.other,
            "over": part.over,
            "difference": pair.difference,
            "interval": None if pair.low is None else [pair.low, pair.high],
            "p": pair.p,
            "adjusted_p": pair.adjusted_p,
            "better": pair.better or None,
        }
        for part in comparison.parts
        for pair in part.decisive.pairs
    ]
    return {
        "verdict": comparison.verdict,
        "better": comparison.best or None,
        "metric": comparison.metric,
        "pairs": pairs,
        "folder": str(folder),
        "run_id": run_id,
    }


if __name__ == "__main__":
    run_command(main)
