"""Exports the served network, and compares the answers of the file with those of the model."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.exporting import formats
from pipeline.exporting.formats import Format
from pipeline.files import replacing
from pipeline.models.body import NAME
from pipeline.models.outputs import BATCH
from pipeline.models.probabilities import predicted_classes
from pipeline.runs.model_card import ModelCard
from pipeline.serving.predictor import Predictor

# The largest allowed difference, as a share of the largest output. Adding float32 numbers in
# another order gives about a hundredth of it.
TOLERANCE = 1e-4
_LONGEST = 300  # characters of a converter's error


@dataclass(frozen=True)
class Agreement:
    """How well an exported file agrees with its model.

    Args:
        rows: the number of rows that were compared.
        difference: the largest difference between two outputs.
        largest: the largest absolute output of the model.
        other_classes: the number of rows for which the file predicts another class.
    """

    rows: int
    difference: float
    largest: float
    other_classes: int

    @property
    def holds(self) -> bool:
        """Whether the file answers like the model."""
        return self.difference <= TOLERANCE * self.largest and not self.other_classes


def require(name: str, card: ModelCard) -> Format:
    """The format of a name, if it can hold the model and its packages are installed.

    Raises:
        PipelineError: the format cannot hold the model, or a package is missing.
    """
    file_format = formats.load(name)
    if reason := file_format.refusal(card):
        raise PipelineError(
            f"the export to {name} does not support this model: {reason}",
            received=card.experiment,
            expected="Serve it with Keras or MLflow: see docs/serving.md",
        )
    missing = [package for package in file_format.packages if find_spec(package) is None]
    if missing:
        raise PipelineError(
            f"the export to {name} needs packages that are not installed",
            received=f"no {', '.join(missing)}",
            expected=f"Install them with: pip install '.[{name}]'",
        )
    return file_format


def export(
    model: Predictor, path: Path, file_format: Format, values: Mapping[str, NDArray[Any]]
) -> Agreement:
    """Writes the model to a file, if the file answers like the model.

    Args:
        values: inputs by name, for which the answers are compared.

    Raises:
        PipelineError: the conversion of the model failed, or the file gives other answers.
    """
    whole = whole_model(model)
    expected = _in_batches(lambda batch: _call(whole, batch), values)
    with replacing(path) as temporary:
        try:
            file_format.write(whole, temporary)
            answers = _in_batches(file_format.open(temporary), values)
        except OSError:
            raise  # such as a full disk: the model is not at fault
        except Exception as error:
            raise PipelineError(
                f"the export to {path.name} failed",
                received=f"{type(error).__name__}: {error}"[:_LONGEST],
                expected="Serve it with Keras or MLflow: see docs/serving.md",
            ) from error
        agreement = compare(model.card, expected, answers)
        if not agreement.holds:
            raise PipelineError(
                f"the exported model answers otherwise than the model, so {path} was not written",
                received=f"a difference of {agreement.difference:.3g}, and another class for "
                f"{agreement.other_classes:,} of {agreement.rows:,} rows",
                expected=f"Expected: at most {TOLERANCE * agreement.largest:.3g}, and the same "
                "classes",
            )
    return agreement


def with_missing(values: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Adds a row for each column of a table: the first one, with the value of the column missing.

    Users of the file may have missing values, even if no test row has one.
    """
    missing = np.eye(len(values), dtype=bool)
    return {
        name: np.concatenate([array, np.where(missing[:, [place]], np.nan, array[0])])
        for place, (name, array) in enumerate(values.items())
    }


def compare(card: ModelCard, expected: NDArray[Any], answers: NDArray[Any]) -> Agreement:
    """Compares two outputs of a model, (rows, outputs)."""
    other = 0
    if card.labels is not None:
        other = int(np.any((expected > 0.5) != (answers > 0.5), axis=1).sum())
    elif card.classes is not None:
        other = int(np.sum(predicted_classes(expected) != predicted_classes(answers)))
    differences = np.abs(expected.astype(np.float64) - answers)
    return Agreement(
        rows=len(expected),
        difference=float(differences.max(initial=0.0)),
        largest=float(np.abs(expected).max(initial=0.0)),
        other_classes=other,
    )


def whole_model(model: Predictor) -> Any:
    """The model with an input for each column; a model of images as it is."""
    if model.model.name != NAME:
        return model.model
    names = [name for column in model.card.columns or [] for name in column.inputs]
    inputs = [keras.Input((1,), dtype="float64", name=name) for name in names]
    joined = keras.ops.concatenate(inputs, axis=1) if len(inputs) > 1 else inputs[0]
    return keras.Model(inputs, model.model(joined), name=model.card.experiment)


def _call(model: Any, batch: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    arrays = [batch[one.name] for one in model.inputs]
    return np.asarray(model(arrays if len(arrays) > 1 else arrays[0]))


def _in_batches(answer: Any, values: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
    rows = len(next(iter(values.values())))
    return np.concatenate(
        [
            answer({name: array[start : start + BATCH] for name, array in values.items()})
            for start in range(0, rows, BATCH)
        ]
    )
