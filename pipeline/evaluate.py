"""Evaluates a trained experiment on all splits, including the test split.

    python -m pipeline.evaluate experiment=mnist_mlp

Writes metrics.json and figures/ in outputs/<experiment>/, and their record evaluation.json. Logs
metrics and figures to the MLflow run that trained the model.
"""

from pipeline.command_line import experiment_name, run_command
from pipeline.config import resolved_file
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.files import replacing_folder, write_json
from pipeline.layout import CONFIGS, OUTPUTS, PREPARED
from pipeline.runs import result


def main() -> None:
    """Reads the command line and evaluates."""
    evaluate(experiment_name(__doc__))


def evaluate(name: str) -> None:
    """Measures an experiment, draws its figures, and logs both."""
    from pipeline.models import backend

    backend.load()
    from pipeline.evaluation import figures, looks, record
    from pipeline.evaluation.assessment import assess
    from pipeline.tracking import stores
    from pipeline.tracking.evaluation import log_evaluation, log_looks

    settings = resolved_file.read(CONFIGS / f"{name}.yaml")
    output, data = OUTPUTS / name, PREPARED / settings.data
    run = result.current(output, settings=settings.digest, data=data)
    assessment = assess(name, output, data, seed=settings.seed)
    write_json(output / record.METRICS, assessment.summary())
    with replacing_folder(output / record.FIGURES) as folder:
        count = figures.write(assessment.subject, folder)
    record.write(output, run.ids)
    tracker = stores.load(settings.store).attach(run.run_id)
    log_evaluation(
        tracker,
        by_step=assessment.test_by_step,
        saved_step=assessment.subject.saved_step,
        intervals=assessment.intervals,
        output=output,
        meta=load_meta(data),
        data_folder=data,
    )
    log_looks(tracker, looks.read().standing(run.run_id, assessment.subject.saved_step))
    log(f"{name}: {output / 'metrics.json'} and {count} figures")


if __name__ == "__main__":
    run_command(main)
