"""Registers a run's model, and makes it the champion if it is better than the present one.

    python -m pipeline.promote digits_cnn --model digits     the run of an experiment
    python -m pipeline.promote 3f2a91c0 --model digits       a run, by the beginning of its id
    python -m pipeline.promote 3f2a91c0 --model digits --force    whatever the comparison says
    python -m pipeline.promote --rollback --model digits     back to the previous champion

The run must have been tested. Its model becomes a version of the registered model, once. The
version gets the alias `challenger`. It becomes `champion` if pipeline.compare finds it better than
the present champion, or if it has fewer parameters and the champion is not better beyond the
noise. The first version becomes champion at once. Each version has a card and tags: its run, data,
test result, baselines, the verdict, and the rivals that it beat.

  --model NAME     the registered model
  --force          makes it champion in any case; its card says that it was forced
  --rollback       gives the alias back to the previous champion; repeat it to go further back

A candidate that is not better stays challenger, and the exit code is 0. A killed command changes
the champion completely or not at all. The same command again completes it.

With --json, or if stdout is not a terminal, stdout gets one JSON object {model, version, run_id,
experiment, champion, outcome, verdict, other}.
"""

import argparse

from pipeline.command_line import arguments, run_command
from pipeline.console import answer
from pipeline.errors import PipelineError
from pipeline.layout import mlruns
from pipeline.locks import locked
from pipeline.option_parser import OptionParser


def main() -> None:
    """Reads the command line, and promotes or rolls back."""
    parser = OptionParser("promote")
    parser.add_argument("run", nargs="?")
    parser.add_argument("--model")
    parser.add_argument("--force", action="store_true")
    parser.add_argument("--rollback", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    _require_options(options)
    with locked(mlruns() / "registry", "changes the model registry", wait=True):
        change(options)


def _require_options(options: argparse.Namespace) -> None:
    if not options.model:
        raise PipelineError(
            "this command changes a registered model",
            received="no --model",
            expected="Write python -m pipeline.promote <experiment or run id> --model <name>",
        )
    if (options.run is None) != options.rollback or (options.rollback and options.force):
        raise PipelineError(
            "this command promotes one run, or rolls back",
            received=f"{options.run or 'no run'}{' --rollback' * options.rollback}",
            expected="Write <experiment or run id> --model <name>, or --rollback --model <name>",
        )


def change(options: argparse.Namespace) -> None:
    """Promotes or rolls back, and says what is champion now."""
    from pipeline.promoting import card, championship, entrant
    from pipeline.tracking.registered_models import RegisteredModel

    model = RegisteredModel(options.model)
    if options.rollback:
        standing = championship.roll_back(model)
    else:
        standing = championship.promote(model, entrant.named(options.run), force=options.force)
    version, other = standing.version, standing.other
    outcome = "rolled back" if options.rollback else version.tags.get(card.OUTCOME)
    verdict = version.tags.get(card.VERDICT)
    experiment = version.tags.get("experiment")
    place = f"version {version.number}, {experiment}, run {version.run_id}"
    if options.rollback and other is not None:
        words = f"{model.name}: the champion is {place} again, instead of version {other.number}"
    elif standing.is_champion:
        words = f"{model.name}: the champion is {place}: {verdict}"
    else:
        words = f"{model.name}: {place} stays challenger: {verdict}"
    line = {
        "model": model.name,
        "version": version.number,
        "run_id": version.run_id,
        "experiment": experiment,
        "champion": standing.is_champion,
        "outcome": outcome,
        "verdict": verdict,
        "other": None if other is None else other.number,
    }
    next_command = f"python -m pipeline.predict models:/{model.name}@champion <file>"
    answer(line, [words], next_command=next_command, as_json=options.json)


if __name__ == "__main__":
    run_command(main)
