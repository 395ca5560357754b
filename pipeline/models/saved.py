"""Loads saved models, with the user's own classes and functions that they need.

A Keras file holds no code. It names each class and function of the user as `my_models.py>Scale`. A
copy of the code lies in the folder `code` next to the model of a result. So a later edit of the
user's file does not change a finished model.
"""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import h5py
import keras

from pipeline.errors import PipelineError
from pipeline.models.body import NAME
from pipeline.own import copies, loading
from pipeline.own.references import Reference
from pipeline.own.saved_objects import own_objects


def load(path: Path, *, trusts_code: bool = True) -> Any:
    """Loads a Keras file: the body of a served model of a table, and other models whole.

    Args:
        trusts_code: whether to run the copy of the code next to the file. Otherwise the code comes
            from the repository.

    Raises:
        PipelineError: a file of the user's code is missing, or does not fit the model.
    """
    references = own_objects(path)
    base = (copies.beside(path) if trusts_code else None) or Path()
    for reference in references:
        _require_code(reference, path, base)
        loading.load(reference, key="the saved model", base=base)
    try:
        return _load(path)
    except (TypeError, ValueError) as error:
        if not references:
            raise
        raise PipelineError(
            f"{path} does not fit the code of {', '.join(map(str, references))}",
            received=" ".join(str(error).split())[:300],
            expected="Restore the code that the model was trained with",
        ) from error


def _load(path: Path) -> Any:
    with ZipFile(path) as file:
        layers = json.loads(file.read("config.json"))["config"].get("layers", [])
        body = next((layer for layer in layers if layer.get("name") == NAME), None)
        if body is None:
            return keras.saving.load_model(path, compile=False)
        model = keras.saving.deserialize_keras_object(body)
        with TemporaryDirectory() as folder:
            weights = Path(folder) / "body.weights.h5"
            with file.open("model.weights.h5") as whole:
                _copy_of_body(whole, weights)
            model.load_weights(weights)
    return model


def _copy_of_body(whole: Any, path: Path) -> None:
    """Writes the weights of the body to a file. The body is the only layer that contains layers."""
    with h5py.File(whole) as source, h5py.File(path, "w") as target:
        body = next(layer for layer in source["layers"].values() if "layers" in layer)
        for name in body:
            body.copy(name, target)


def _require_code(reference: Reference, path: Path, base: Path) -> None:
    if reference.is_file and not (base / reference.module).is_file():
        raise PipelineError(
            f"{path} needs your own code, and a file is missing: {reference.module}",
            received=f"no {reference.module} in {base.resolve()}",
            expected=f"Copy the {reference.module} that the model was trained with to this place, "
            "or name the model by its experiment or run id",
        )
