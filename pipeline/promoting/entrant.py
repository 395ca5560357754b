"""A tested run as a version of a registered model: its results, and what they were made from."""

from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.comparing import names
from pipeline.comparing.names import Contender, Evaluated
from pipeline.config import params
from pipeline.errors import PipelineError, suggestion
from pipeline.evaluation import predictions, record
from pipeline.files import read_json
from pipeline.layout import EVALUATED_RUNS, OUTPUTS, mlruns
from pipeline.runs import record as run_record
from pipeline.runs import result
from pipeline.runs.run_id import is_run_id
from pipeline.tracking import logged_models, recorded, stores
from pipeline.tracking.recorded import RecordedRun


@dataclass(frozen=True)
class Entrant:
    """A finished run that was tested.

    Args:
        run: its record in the tracking store.
        contender: what `pipeline.compare` compares. It has the seeds of the experiment if this is
            the experiment's present run.
        tested: the evaluation of the run itself.
    """

    run: RecordedRun
    contender: Contender
    tested: Evaluated

    @property
    def experiment(self) -> str:
        """The name of its experiment."""
        return self.run.tags.get("experiment", self.run.experiment)

    @property
    def parameters(self) -> int:
        """The number of parameters of its model."""
        return int(self.tested.metrics["parameters"])


def named(name: str) -> Entrant:
    """The run that a user names: by its experiment, or the beginning of its id.

    Raises:
        PipelineError: there is no such run, it is stale, or it was not tested.
    """
    experiments = params.read().experiments
    if name in experiments:
        contender = names.resolve(name)
        assert contender.tested is not None
        return _entrant(contender.tested.run_id, contender)
    if not is_run_id(name):
        raise PipelineError(
            "this is neither an experiment of params.yaml nor a run id",
            received=name,
            expected=suggestion(name, experiments),
        )
    return of_run(logged_models.find_run(name))


def of_run(run_id: str) -> Entrant:
    """The run with this id.

    Raises:
        PipelineError: the tracking store does not have it, or it was not tested.
    """
    return _entrant(run_id, None)


def _entrant(run_id: str, contender: Contender | None) -> Entrant:
    stores.load("mlflow").attach(run_id)  # says so if the run was deleted
    run = recorded.read(run_id)
    tested = _evaluated(run)
    if contender is None:
        contender = _of_experiment(run) or names.of_run(tested)
    title = f"{run.tags.get('experiment', run.experiment)} {run_id[:8]}"
    return Entrant(run, replace(contender, title=title), tested)


def _evaluated(run: RecordedRun) -> Evaluated:
    """The evaluation in the record of a run. The one in `outputs/` may be of a later run."""
    with (
        recorded.file_of(run, record.METRICS) as metrics,
        recorded.file_of(run, predictions.FILE) as predicted,
    ):
        made_by = record.command(EVALUATED_RUNS / run.run_id)
        if metrics is None or predicted is None:
            raise PipelineError(
                "this run was not tested",
                received=run.run_id,
                expected=f"Test it with: {made_by}",
            )
        return Evaluated(
            run_id=run.run_id,
            metrics=read_json(metrics, made_by=made_by),
            predictions=predictions.read(predicted, made_by=made_by),
            history=None,
        )


def _of_experiment(run: RecordedRun) -> Contender | None:
    """The experiment with the series of its seeds; None if this is not its present run."""
    name = run.tags.get("experiment", run.experiment)
    try:
        contender = names.resolve(name) if name in params.read().experiments else None
    except PipelineError:  # the experiment was changed, so this is not its present run
        return None
    if contender is None or contender.tested is None or contender.tested.run_id != run.run_id:
        return None
    return contender


def log_model(entrant: Entrant) -> None:
    """Logs the model of a run that was trained with `tracking.log_model=false`.

    Raises:
        PipelineError: its files are not in this project.
    """
    run_id = entrant.run.run_id
    tracker = stores.load("mlflow").attach(run_id)
    folder = mlruns() / "checkpoints" / str(tracker.tag("run_key")) / "result"
    output = OUTPUTS / entrant.experiment
    if not _is_of(folder, run_id) and _is_of(output, run_id):
        folder = output
    if _is_of(folder, run_id):
        result.of_run(folder, run_id)
        tracker.log_model(folder, step=result.saved_step(folder))


def _is_of(folder: Path, run_id: str) -> bool:
    """Whether a folder holds the result of a run."""
    try:
        return run_record.read(folder, made_by=result.MADE_BY).run_id == run_id
    except PipelineError:
        return False
