"""Evaluates a trained model on all splits, including the test split.

    python -m pipeline.evaluate mnist_mlp        writes to outputs/mnist_mlp/
    python -m pipeline.evaluate 3f2a91c0         writes to outputs/runs/<run id>/

The id is that of a finished run. Its first characters are enough. <sweep id>/<trial> names the run
of a trial of a sweep or search. An experiment can also be written as experiment=<name>, and a run
as run=<id>.

Writes metrics.json and figures/, and their record evaluation.json. Logs metrics and figures to the
MLflow run that trained the model.

The last lines say the result and what to do next. With --json, or if stdout is not a terminal,
stdout gets one JSON object {run_id, headline, test, telling_baseline, folder} instead.
"""

from typing import TYPE_CHECKING

from pipeline.command_line import (
    arguments,
    require_experiment_name,
    with_key,
    without_json,
)
from pipeline.console import answer, say_loading
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED
from pipeline.preloading import stages
from pipeline.runs.run_id import is_run_id
from pipeline.studies import trial_runs

if TYPE_CHECKING:
    from pipeline.recorded_evaluation import Evaluation


def main() -> None:
    """Reads the command line and evaluates."""
    received, as_json = without_json(arguments(__doc__))
    named = with_key(received, _kind_of(received))
    key, _, value = named[0].partition("=") if len(named) == 1 else ("", "", "")
    if key == "experiment" and value:
        require_experiment_name(value)
        evaluated, next_command = evaluate(value), f"python -m pipeline.report {value}"
    elif key == "run" and value:
        say_loading()
        from pipeline import recorded_evaluation

        run = trial_runs.run_of(value) if trial_runs.is_trial(value) else value
        evaluated, next_command = recorded_evaluation.evaluate_run(run), "python -m pipeline.ui"
    else:
        raise PipelineError(
            "this command takes one experiment or one run",
            received=" ".join(received) or "nothing",
            expected="Write the name of an experiment, or the id of a run",
        )
    answer(evaluated.values, evaluated.words, next_command=next_command, as_json=as_json)


def _kind_of(received: list[str]) -> str:
    """What a word without a key names: an experiment, if params.yaml lists it, or a run by its id.

    In a stage of DVC, no word is without a key.
    """
    from pipeline.config import params

    names = [word for word in received if is_run_id(word) or trial_runs.is_trial(word)]
    return "run" if names and names[0] not in params.read().experiments else "experiment"


def evaluate(name: str) -> "Evaluation":
    """Measures an experiment, draws its figures, and logs both."""
    say_loading()
    from pipeline import recorded_evaluation
    from pipeline.config import resolved_file
    from pipeline.models import backend

    backend.load()
    from pipeline.runs import result
    from pipeline.tracking import carrying, stores

    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    output, data = OUTPUTS / name, PREPARED / settings.data
    run = result.current(output, settings=settings.digest, data=data)
    store = stores.load(settings.store)
    evaluated = recorded_evaluation.evaluate(
        name,
        run,
        output,
        data,
        store,
        output=output,
        with_baselines=settings.baselines,
        own_figures=settings.figures,
    )
    store.write_page(name)
    carrying.carry(output, carrying.EVALUATE, [run.run_id], store=settings.store)
    return evaluated


if __name__ == "__main__":
    stages.run_command(main)
