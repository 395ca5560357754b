"""Evaluates a trained model on all splits, including the test split.

    python -m pipeline.evaluate mnist_mlp        writes to outputs/mnist_mlp/
    python -m pipeline.evaluate run=3f2a91c0     writes to outputs/runs/<run id>/

run= takes the id of a finished run, also that of a trial of a sweep or search. Its first characters
are enough.

Writes metrics.json and figures/, and their record evaluation.json. Logs metrics and figures to the
MLflow run that trained the model.
"""

from pipeline import recorded_evaluation
from pipeline.command_line import (
    arguments,
    require_experiment_name,
    with_key,
)
from pipeline.config import resolved_file
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED
from pipeline.preloading import stages
from pipeline.runs import result


def main() -> None:
    """Reads the command line and evaluates."""
    received = arguments(__doc__)
    named = with_key(received, "experiment")
    key, _, value = named[0].partition("=") if len(named) == 1 else ("", "", "")
    if key == "experiment" and value:
        require_experiment_name(value)
        evaluate(value)
    elif key == "run" and value:
        recorded_evaluation.evaluate_run(value)
    else:
        raise PipelineError(
            "this command takes one experiment or one run",
            received=" ".join(received) or "nothing",
            expected="Write the name of an experiment, or run=<id>",
        )


def evaluate(name: str) -> None:
    """Measures an experiment, draws its figures, and logs both."""
    from pipeline.models import backend

    backend.load()
    from pipeline.tracking import carrying, stores

    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    output, data = OUTPUTS / name, PREPARED / settings.data
    run = result.current(output, settings=settings.digest, data=data)
    store = stores.load(settings.store)
    recorded_evaluation.evaluate(
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


if __name__ == "__main__":
    stages.run_command(main)
