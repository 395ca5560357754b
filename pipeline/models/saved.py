"""Loads saved models, with the user's own classes and functions that they need.

A Keras file holds no code. It names each class and function of the user as `my_models.py>Scale`. A
copy of the code lies in the folder `code` beside the model of a result, so a later edit of the
user's file does not change a finished model.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zipfile import ZipFile

import h5py
import keras

from pipeline.errors import PipelineError
from pipeline.models.body import NAME
from pipeline.own import copies, loading
from pipeline.own.references import Reference, distribution_of

_NAMED = re.compile(r"(?P<module>[^>]*[^>-])>(?P<name>\w+)")  # not an equation, as ij->ji


def load(path: Path, *, trusts_code: bool = True) -> Any:
    """Loads a Keras file: the body of a served model of a table, and other models whole.

    Args:
        trusts_code: whether to run the copy of the code beside the file. Otherwise the code comes
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
        layers = _config(file)["config"].get("layers", [])
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
    """Writes the weights of the one layer that has layers itself as a file of their own."""
    with h5py.File(whole) as source, h5py.File(path, "w") as target:
        body = next(layer for layer in source["layers"].values() if "layers" in layer)
        for name in body:
            body.copy(name, target)


def own_objects(path: Path) -> list[Reference]:
    """The user's classes and functions that a saved model holds."""
    with ZipFile(path) as file:
        config = _config(file)
    found = {match.groups() for text in _texts(config) if (match := _NAMED.fullmatch(text))}
    references = [Reference(module, name) for module, name in sorted(found)]
    return [one for one in references if one.is_file or distribution_of(_top(one))]


def _config(file: ZipFile) -> Any:
    return json.loads(file.read("config.json"))


def _top(reference: Reference) -> str:
    return reference.module.partition(".")[0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from _texts(part)


def _require_code(reference: Reference, path: Path, base: Path) -> None:
    if reference.is_file and not (base / reference.module).is_file():
        raise PipelineError(
            f"{path} needs your own code, and a file is missing: {reference.module}",
            received=f"no {reference.module} in {base.resolve()}",
            expected=f"Copy the {reference.module} that the model was trained with to this place, "
            "or name the model by its experiment or run id",
        )
