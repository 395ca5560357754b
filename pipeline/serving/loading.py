"""Loads the model that a user names."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from pipeline.config import params, resolved_file
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError, StoreError, suggestion
from pipeline.files import require_files
from pipeline.layout import CONFIGS, OUTPUTS, PARAMS, PREPARED
from pipeline.runs import record
from pipeline.runs.result import MADE_BY, MODEL
from pipeline.runs.run_id import is_run_id
from pipeline.serving import predictor
from pipeline.serving.predictor import Predictor
from pipeline.studies import trial_runs


def load(model: str) -> Predictor:
    """Loads a trained model, with the rules to read rows as people hold them.

    A model with the user's own code comes with a copy of that code. For a file or folder outside of
    the repository, the code of the repository is used instead.

    Args:
        model: a trained experiment, the beginning of a run id, `<sweep id>/<trial>`, a `models:/`
            or `runs:/` URI, a folder, or a `.keras` file.

    Raises:
        PipelineError: there is no such model, or it is damaged, or stale.
    """
    with located(model) as file:
        return predictor.load(file, trusts_code=_trusts_code(model))


def _trusts_code(name: str) -> bool:
    """Whether the code next to a model may run.

    Code of a file from elsewhere may not. Code in the tracking store may, as in MLflow.
    """
    path = Path(name)
    is_path = path.suffix == ".keras" or (path.is_dir() and not (OUTPUTS / name).is_dir())
    return not is_path or path.resolve().is_relative_to(Path().resolve())


@contextmanager
def located(name: str) -> Iterator[Path]:
    """Finds the file of a model, and checks that it is the one that its run saved; see `load`.

    The file of a model in a tracking store is a copy. It is removed at the end of the block.
    """
    path = Path(name)
    if path.name == name and any(
        (OUTPUTS / name / file).is_file() for file in (MODEL, record.FILE)
    ):
        yield _of_experiment(name)
    elif path.suffix == ".keras":
        yield _checked(path)
    elif path.is_dir():
        yield _in_folder(path)
    elif ":/" in name or is_run_id(name) or trial_runs.is_trial(name):
        with _copy(name) as folder:
            yield _in_folder(folder)
    else:
        experiments = params.read().experiments if PARAMS.is_file() else {}
        if name in experiments:
            yield _of_experiment(name)  # it says how to train it
        trained = [file.parent.name for file in OUTPUTS.glob(f"*/{MODEL}")]
        raise PipelineError(
            "this is not an experiment, run id, model URI or folder",
            received=name,
            expected=suggestion(name, {*experiments, *trained}),
        )


def _copy(name: str) -> AbstractContextManager[Path]:
    """A copy of a model in the tracking store: a URI, a trial, or the beginning of a run id."""
    from pipeline.tracking import logged_models

    if ":/" in name:
        return logged_models.model_at(name)
    if trial_runs.is_trial(name):
        return logged_models.model_of(trial_runs.run_of(name))
    return logged_models.model_of(logged_models.find_run(name))


def _of_experiment(name: str) -> Path:
    """The model of an experiment, unless its settings or data have changed since."""
    output, made_by = OUTPUTS / name, f"dvc repro train@{name}"
    if not (output / record.FILE).is_file():
        raise PipelineError(
            f"{output / record.FILE} is missing",
            expected=f"Make it with: {made_by}{_or_use_run(name)}",
        )
    run = record.read(output, made_by=made_by)
    resolved = CONFIGS / f"{name}.yaml"
    if resolved.is_file():
        settings = resolved_file.read(resolved)
        data = PREPARED / settings.data
        run.require_current(
            output,
            settings=settings.digest,
            data=load_meta(data).identity if data.is_dir() else run.data,
            made_by=made_by,
        )
    require_files(output, run.files, made_by=made_by, names=[MODEL])
    return output / MODEL


def _or_use_run(experiment: str) -> str:
    """The newest finished run of an experiment as advice. Empty without one."""
    from pipeline.tracking import connection, run_table

    if connection.is_missing():
        return ""
    with suppress(StoreError):
        for run in run_table.records(experiment):
            if run.status == "FINISHED":
                return f", or use its run {run.run_id[:8]}"
    return ""


def _in_folder(folder: Path) -> Path:
    files = [folder / MODEL, folder / "data" / "keras" / MODEL]
    model = next((file for file in files if file.is_file()), None)
    if model is None:
        raise PipelineError(
            f"{folder} holds no model of this pipeline",
            received="no model.keras",
            expected="Name a folder of outputs/, or a model that this pipeline logged",
        )
    return _checked(model)


def _checked(model: Path) -> Path:
    """Compares a file with the record of its run, if that lies next to it."""
    if (model.parent / record.FILE).is_file():
        files = record.read(model.parent, made_by=MADE_BY).files
        names = [name for name in files if name == model.name]
        require_files(model.parent, files, made_by=MADE_BY, names=names)
    return model
