"""The MLflow flavour of a trained model: a Python function with the columns of the CSV.

Keras's flavour is added, so `mlflow.keras.load_model` works too. Both use the same file.
"""

import shutil
import warnings
from collections.abc import Collection
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory

import mlflow
import numpy as np
from mlflow import MlflowClient
from mlflow.entities import LoggedModelOutput, LoggedModelStatus, Metric, Run
from mlflow.models import Model, ModelSignature
from mlflow.tracking.context import registry as context_registry
from mlflow.types import ColSpec, DataType, Schema, TensorSpec

from pipeline.code import PACKAGE
from pipeline.own import copies
from pipeline.own.closure import Closure, closure_of
from pipeline.own.saved_objects import own_objects
from pipeline.runs import history, model_card
from pipeline.runs.model_card import ModelCard
from pipeline.runs.result import HISTORY, MODEL
from pipeline.tracking import names

LOADER = "pipeline.serving.mlflow_model"
_DATA = "keras"
_REQUIRED = ("keras", "numpy", "pandas", "tensorflow")


def log(client: MlflowClient, run: Run, name: str, result: Path, *, step: int) -> None:
    """Logs the model of a finished training among the outputs of its run.

    MLflow's own `Model.log` would query the history of each metric of the run.

    Args:
        name: that MLflow shows.
        result: a folder of `pipeline.runs.result`.
        step: of its weights. The figures of this step become those of the model.
    """
    run_id = run.info.run_id
    model = client.create_logged_model(
        run.info.experiment_id,
        name,
        source_run_id=run_id,
        tags=context_registry.resolve_tags(),
        params=run.data.params,
    )
    try:
        client.log_outputs(run_id, models=[LoggedModelOutput(model.model_id, step)])
        client.log_batch(run_id, metrics=_figures(model.model_id, result, step))
        flavored = Model(
            model.artifact_location, run_id, model_uuid=model.model_id, model_id=model.model_id
        )
        with TemporaryDirectory() as folder:
            path = Path(folder, name)
            save_model(str(path), flavored, result=result)
            client.log_model_artifacts(model.model_id, str(path))
    except Exception:
        client.finalize_logged_model(model.model_id, LoggedModelStatus.FAILED)
        raise
    client.finalize_logged_model(model.model_id, LoggedModelStatus.READY)


def _figures(model_id: str, result: Path, step: int) -> list[Metric]:
    points = history.read(result / HISTORY)
    point = next(point for point in points if point.step == step)
    return [
        Metric(names.path(key), value, point.timestamp, step, model_id=model_id)
        for key, value in point.metrics.items()
    ]


def save_model(path: str, mlflow_model: Model, *, result: Path) -> None:
    """Writes a model in the format of MLflow.

    The requirements are explicit, because MLflow takes many seconds to infer them.

    Args:
        path: the folder to create.
        mlflow_model: receives the flavours and the signature.
        result: a folder of `pipeline.runs.result`.
    """
    with TemporaryDirectory() as temporary:
        data, code = Path(temporary, _DATA), Path(temporary, "pipeline")
        data.mkdir()
        for name in (MODEL, model_card.FILE):
            shutil.copyfile(result / name, data / name)
        if (result / copies.FOLDER).is_dir():
            shutil.copytree(result / copies.FOLDER, data / copies.FOLDER)
        own = closure_of(
            own_objects(data / MODEL), key="the saved model", base=data / copies.FOLDER
        )
        _copy_code(code, own.house & PACKAGE.paths.keys())
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*input example was not provided")
            mlflow.pyfunc.save_model(
                path,
                loader_module=LOADER,
                data_path=str(data),
                code_paths=[str(code)],
                mlflow_model=mlflow_model,
                signature=signature(model_card.read(data / MODEL)),
                pip_requirements=_requirements(own),
            )
    mlflow_model.add_flavor(
        "keras",
        data=f"data/{_DATA}",
        keras_version=version("keras"),
        keras_backend="tensorflow",
        save_exported_model=False,
    )
    mlflow_model.save(str(Path(path, "MLmodel")))


def _requirements(own: Closure) -> list[str]:
    """The packages that the model needs, also by the user's own code."""
    names = sorted({*_REQUIRED, *own.identity["packages"]})
    return [f"{name}=={version(name)}" for name in names]


def signature(card: ModelCard) -> ModelSignature:
    """Describes the columns or images that a model takes, and the columns of its answer."""
    if card.pixels is not None:
        images = TensorSpec(np.dtype(card.pixels.dtype), (-1, *card.pixels.shape))
        inputs = Schema([images])
    else:
        inputs = Schema(
            [
                ColSpec(DataType.double if one.type == "number" else DataType.string, one.name)
                for one in card.columns or []
            ]
        )
    if card.labels is not None:
        outputs = [ColSpec(DataType.string, f"prediction_{name}") for name in card.targets]
        if card.gives_probabilities:
            outputs += [ColSpec(DataType.float, f"probability_{name}") for name in card.targets]
    elif card.classes is None:
        several = [f"prediction_{name}" for name in card.targets]
        names = several if len(several) > 1 else ["prediction"]
        outputs = [ColSpec(DataType.double, name) for name in names]
        outputs += [ColSpec(DataType.double, "unit")] if card.unit != 1 else []
    else:
        outputs = [ColSpec(DataType.string, "prediction")]
        if card.gives_probabilities:
            outputs += [ColSpec(DataType.float, f"probability_{name}") for name in card.classes]
    return ModelSignature(inputs, Schema(outputs))


def _copy_code(folder: Path, of_own_code: Collection[str]) -> None:
    """Copies the loader and all modules of this package that it imports.

    Args:
        of_own_code: the modules of this package that the user's own code imports.
    """
    package = PACKAGE.paths["pipeline"].parent
    for module in PACKAGE.closure(LOADER, *of_own_code):
        source = PACKAGE.paths[module]
        target = folder / source.relative_to(package)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
