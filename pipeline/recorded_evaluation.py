"""Evaluates a finished run, and adds the result to its record.

`pipeline.evaluate` and notebooks both use this module. It opens the test split.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.files import replacing_folder, write_json
from pipeline.layout import EVALUATED_RUNS, PREPARED, mlruns
from pipeline.runs import model_card, result
from pipeline.runs.record import RunRecord
from pipeline.runs.result import HISTORY, MADE_BY, MODEL
from pipeline.tracking.stores import Store


@dataclass(frozen=True)
class Evaluation:
    """The result of an evaluation.

    Args:
        metrics: the content of `metrics.json`.
        folder: holds it.
    """

    run_id: str
    metrics: Mapping[str, Any]
    folder: Path

    @property
    def values(self) -> dict[str, Any]:
        """The result for programs."""
        return {
            "run_id": self.run_id,
            "headline": self.metrics["headline"],
            "test": self.metrics["test"],
            "telling_baseline": self.metrics.get("telling_baseline", {}),
            "folder": str(self.folder),
        }

    @property
    def words(self) -> list[str]:
        """The result for people."""
        from pipeline.evaluation.one_line import in_one_line

        return [in_one_line(self.metrics)]


def evaluate_run(beginning: str, *, own_figures: Sequence[str] = ()) -> Evaluation:
    """Measures a finished run of the tracking store, draws its figures, and logs both.

    Args:
        beginning: the first characters of the run's id.
        own_figures: the user's own figures to draw.
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
    return evaluate(
        name,
        run,
        folder,
        data,
        store,
        output=output,
        with_baselines=True,
        own_figures=own_figures,
    )


def evaluate(
    name: str,
    run: RunRecord,
    folder: Path,
    data: Path,
    store: Store,
    *,
    output: Path,
    with_baselines: bool,
    own_figures: Sequence[str] = (),
) -> Evaluation:
    """Evaluates a result. The caller has checked its files.

    Args:
        name: for titles of figures.
        folder: holds the result.
        output: receives metrics, predictions, figures and their record.
        with_baselines: whether to compare the network with baselines.
        own_figures: the user's own figures, such as `my_figures.py:residual_map`.

    Raises:
        PipelineError: one of the user's own figures fails, after all else is written and logged.
    """
    from pipeline.evaluation import figures, looks, predictions, record
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
    write_json(output / record.HEADLINE, assessment.headline())
    predictions.write(
        output / predictions.FILE,
        assessment.subject.scores,
        assessment.subject.meta,
        truth=assessment.truth,
    )
    with replacing_folder(output / record.FIGURES) as figure_folder:
        drawn = figures.write(assessment.subject, figure_folder, own=own_figures)
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
    tracker.write_note()
    log(f"{name}: {output / record.METRICS} and {drawn.count} figures")
    drawn.require_no_failure()
    return Evaluation(run.run_id, summary, output)
