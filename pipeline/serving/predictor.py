"""A saved model that takes rows as people hold them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import PipelineError
from pipeline.models.outputs import Outputs
from pipeline.models.probabilities import by_class, predicted_classes
from pipeline.runs import model_card
from pipeline.runs.model_card import ModelCard
from pipeline.serving.inputs import Inputs, inputs_of, pixels_of


class Predictor:
    """A saved model with its card.

    Args:
        model: the body of the model; see `pipeline.models.body`.

    Attributes:
        outputs_of: the outputs of the model for its inputs; see `Outputs.of`.
    """

    def __init__(self, model: Any, card: ModelCard) -> None:
        self.model = model
        self.card = card
        self.outputs_of = Outputs(model).of

    @property
    def classes(self) -> list[str] | None:
        """The classes in the order of `predict_proba`; None if the model predicts a quantity."""
        return self.card.classes

    def predict(self, rows: Any) -> NDArray[Any]:
        """Predicts the class of each row by name, or the target in `card.unit`, float64 `(rows,)`.

        Of several targets, predictions have the shape `(rows, targets)`. A label has the text for
        yes or no that its column has.

        Args:
            rows: a DataFrame or a dictionary of columns, named as in the CSV, in any order; or a
                dictionary of values, for one row; or a list of such dictionaries; or an array with
                the columns of `card.columns` in that order; or images `(rows, *shape)`. Cells may
                be text as in the CSV.

        Raises:
            PipelineError: a column is missing, or a value is invalid.
        """
        outputs = self.outputs(rows)
        answers = self.answers(outputs)
        if "prediction" in answers:
            return answers["prediction"]
        return np.column_stack([answers[f"prediction_{name}"] for name in self.card.targets])

    def predict_proba(self, rows: Any) -> NDArray[np.float32]:
        """The probability of each class, float32 `(rows, classes)`. `rows` is as for `predict`.

        Of several labels, it is the probability of yes of each, `(rows, labels)`.

        Raises:
            PipelineError: as for `predict`, or the model predicts a quantity, or it gives no
                probabilities.
        """
        if self.card.unit is not None:
            raise PipelineError(
                "a model of a quantity has no probabilities",
                received=self.card.experiment,
                expected="Call predict",
            )
        if not self.card.gives_probabilities:
            raise PipelineError(
                "this model gives no probabilities, because its loss does not learn them",
                received=self.card.experiment,
                expected="Call predict, or train with training.loss=null",
            )
        outputs = self.outputs(rows)
        return outputs if self.card.labels is not None else by_class(outputs)

    def answers(self, outputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        """Names the outputs of the model.

        Returns:
            Arrays `(rows,)`: `prediction`, then `probability_<class>` of each class if the model
            gives probabilities, or `unit` of a quantity if it is not 1. Of several targets:
            `prediction_<target>` of each, then `probability_<target>` of each label.
        """
        if self.card.labels is not None:
            return self._labels(self.card.labels, outputs)
        if self.card.classes is None:
            values = outputs.astype(np.float64).T
            unit = self.card.unit or 1.0
            several = [f"prediction_{name}" for name in self.card.targets]
            columns = several if len(several) > 1 else ["prediction"]
            return dict(zip(columns, values, strict=True)) | (
                {} if unit == 1 else {"unit": np.full(len(outputs), unit)}
            )
        names = np.array(self.card.classes, dtype=object)
        answers = {"prediction": names[predicted_classes(outputs)]}
        if self.card.gives_probabilities:
            probabilities = by_class(outputs)
            for number, name in enumerate(self.card.classes):
                answers[f"probability_{name}"] = probabilities[:, number]
        return answers

    def _labels(self, texts: list[list[str]], outputs: NDArray[Any]) -> dict[str, NDArray[Any]]:
        columns = dict(zip(self.card.targets, outputs.T, strict=True))
        answers = {
            f"prediction_{name}": np.array(own, dtype=object)[(values > 0.5).astype(np.int64)]
            for (name, values), own in zip(columns.items(), texts, strict=True)
        }
        if self.card.gives_probabilities:
            answers |= {f"probability_{name}": values for name, values in columns.items()}
        return answers

    def outputs(self, rows: Any) -> NDArray[Any]:
        """The output of the Keras model for `rows`, as for `predict`."""
        inputs = self._inputs(rows)
        if inputs.problems:
            raise inputs.problems[min(inputs.problems)]
        if inputs.rows == 0:
            return np.empty((0, self.card.outputs), np.float32)
        return self.outputs_of(inputs.values)

    def _inputs(self, rows: Any) -> Inputs:
        if isinstance(rows, Mapping):
            scalar = all(np.ndim(value) == 0 for value in rows.values())
            rows = {name: [value] for name, value in rows.items()} if scalar else rows
            rows = pd.DataFrame({name: _flat(own) for name, own in rows.items()})
        elif isinstance(rows, Sequence) and rows and isinstance(rows[0], Mapping):
            rows = pd.DataFrame(rows, dtype=object)
        if isinstance(rows, pd.DataFrame):
            columns = {str(name): rows[name].tolist() for name in rows.columns}
            return inputs_of(self.card, columns, place=_place)
        if self.card.pixels is not None:
            return pixels_of(self.card, rows)
        return inputs_of(self.card, self._named(np.asarray(rows)), place=_place)

    def _named(self, array: NDArray[Any]) -> dict[str, list[Any]]:
        names = [column.name for column in self.card.columns or []]
        table = array.reshape(1, -1) if array.ndim == 1 else array
        if table.ndim != 2 or table.shape[1] != len(names):
            raise PipelineError(
                "an array needs exactly the columns of the model, in their order",
                received=f"shape {array.shape}",
                expected=f"Expected: (rows, {len(names)}) with {', '.join(names)}",
            )
        return {name: table[:, number].tolist() for number, name in enumerate(names)}


def load(model: Path, *, trusts_code: bool = True) -> Predictor:
    """Loads a Keras file that this package saved.

    Args:
        trusts_code: whether the copy of the user's own code next to the file may run.

    Raises:
        PipelineError: the file is missing, damaged, or of another origin.
    """
    card = model_card.read(model)
    from pipeline.models import backend

    backend.load()
    from pipeline.models import saved

    return Predictor(saved.load(model, trusts_code=trusts_code), card)


def _place(row: int) -> str:
    return f"row {row}"


def _flat(values: Any) -> NDArray[Any]:
    """A column as Keras takes it, `(rows,)` or `(rows, 1)`."""
    array = np.asarray(values, dtype=object)
    return array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
