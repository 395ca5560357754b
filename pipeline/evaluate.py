"""Evaluates a trained model on all splits, including the test split.

    python -m pipeline.evaluate experiment=mnist_mlp     writes to outputs/mnist_mlp/
    python -m pipeline.evaluate run=3f2a91c0             writes to outputs/runs/<run id>/

run= takes the id of a finished run, also that of a trial of a sweep or search. Its first characters
are enough.

Writes metrics.json and figures/, and their record evaluation.json. Logs metrics and figures to the
MLflow run that trained the model.
"""

from pathlib import Path

from pipeline.command_line import arguments, require_experiment_name, run_command
from pipeline.config import resolved_file
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.files import replacing_folder, write_json
from pipeline.layout import CONFIGS, EVALUATED_RUNS, OUTPUTS, PREPARED, mlruns
from pipeline.runs import model_card, result
from pipeline.runs.record import RunRecord
from pipeline.runs.result import HISTORY, MADE_BY, MODEL
from pipeline.tracking.stores import Store


def main() -> None:
    """Reads the command line and evaluates."""
    received = arguments(__doc__)
    key, _, value = received[0].partition("=") if len(received) == 1 else ("", "", "")
    if key == "experiment" and value:
        require_experiment_name(value)
        evaluate(value)
    elif key == "run" and value:
        evaluate_run(value)
    else:
        raise PipelineError(
            "this command takes one experiment or one run",
            received=" ".join(received) or "nothing",
            expected="Write experiment=<name> or run=<id>",
        )


def evaluate(name: str) -> None:
    """Measures an experiment, draws its figures, and logs both."""
    from pipeline.models import backend

    backend.load()
    from pipeline.tracking import stores

    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    output, data = OUTPUTS / name, PREPARED / settings.data
    run = result.current(output, settings=settings.digest, data=data)
    _evaluate(
        name,
        run,
        output,
        data,
        stores.load(settings.store),
        output=output,
        with_baselines=settings.baselines,
    )


def evaluate_run(beginning: str) -> None:
    """Measures a finished run of the tracking store, draws its figures, and logs both.

    Args:
        beginning: of the run's id.
    """
    from pipeline.models import backend

    backend.load()
    from pipeline.tracking import logged_models, stores

    store = stores.load("mlflow")
    run_id = logged_models.find_run(beginning)
    folder = mlruns() / "checkpoints" / str(store.attach(run_id).tag("run_key")) / "result"
    run = result.of_run(folder, run_id)
    card = model_card.read(folder / MODEL)
    data = PREPARED / card.data
    run.require_data(folder, data=load_meta(data).identity, made_by=MADE_BY)
    name = f"{card.experiment}, run {run_id[:8]}"
    output = EVALUATED_RUNS / run_id
    _evaluate(name, run, folder, data, store, output=output, with_baselines=True)


def _evaluate(
    name: str,
    run: RunRecord,
    folder: Path,
    data: Path,
    store: Store,
    *,
    output: Path,
    with_baselines: bool,
) -> None:
    """Evaluates a result whose files have been checked.

    Args:
        name: for titles of figures.
        folder: holds the result.
        output: receives metrics, figures and their record.
        with_baselines: whether to compare the network with baselines.
    """
    from pipeline.evaluation import figures, looks, record
    from pipeline.evaluation.assessment import assess
    from pipeline.evaluation.baselines import compare
    from pipeline.evaluation.scoring import defined
    from pipeline.tracking.baselines import log_baselines
    from pipeline.tracking.evaluation import log_evaluation, log_looks

    assessment = assess(name, folder, data)
    summary = assessment.summary()
    if with_baselines:
        measured = defined({name: assessment.test[name] for name in assessment.main})
        summary |= compare(
            assessment.subject.scores, list(measured), data, test=assessment.subject.test
        )
    write_json(output / record.METRICS, summary)
    with replacing_folder(output / record.FIGURES) as figure_folder:
        count = figures.write(assessment.subject, figure_folder)
    record.write(output, run.ids)
    tracker = store.attach(run.run_id)
    log_evaluation(
        tracker,
        by_step=assessment.test_by_step,
        saved_step=assessment.subject.saved_step,
        intervals=assessment.intervals,
        output=output,
        history=folder / HISTORY,
        meta=load_meta(data),
        data_folder=data,
    )
    log_looks(tracker, looks.read().standing(run.run_id, assessment.subject.saved_step))
    log_baselines(tracker, summary, step=assessment.subject.saved_step)
    log(f"{name}: {output / record.METRICS} and {count} figures")


if __name__ == "__main__":
    run_command(main)
