"""Loads saved models, with the user's own classes and functions that they need.

A Keras file holds no code. It names each class and function of the user as `my_models.py>Scale`. A
copy of the code lies in the folder `code` beside the model of a result, so a later edit of the
user's file does not change a finished model.
"""

from pathlib import Path
from typing import Any

import keras

from pipeline.errors import PipelineError
from pipeline.own import copies, loading
from pipeline.own.references import Reference
from pipeline.own.saved_objects import own_objects


def load(path: Path, *, trusts_code: bool = True) -> Any:
    """Loads a Keras file.

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
        return keras.saving.load_model(path, compile=False)
    except (TypeError, ValueError) as error:
        if not references:
            raise
        raise PipelineError(
            f"{path} does not fit the code of {', '.join(map(str, references))}",
            received=" ".join(str(error).split())[:300],
            expected="Restore the code that the model was trained with",
        ) from error


def _require_code(reference: Reference, path: Path, base: Path) -> None:
    if reference.is_file and not (base / reference.module).is_file():
        raise PipelineError(
            f"{path} needs your own code, and a file is missing: {reference.module}",
            received=f"no {reference.module} in {base.resolve()}",
            expected=f"Copy the {reference.module} that the model was trained with to this place, "
            "or name the model by its experiment or run id",
        )
