"""The model that MLflow loads and serves. Its folder holds `model.keras`.

MLflow calls `_load_pyfunc`. A logged model carries this module and all that it imports, so it can
be served without the project.
"""

from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.serving import predictor
from pipeline.serving.predictor import Predictor


class ServedModel:
    """Answers with one row of named outputs for each row of inputs."""

    def __init__(self, model: Predictor) -> None:
        self._model = model

    def predict(self, model_input: Any, params: Any = None) -> pd.DataFrame:  # noqa: ARG002
        """Predicts.

        Args:
            model_input: what `Predictor.predict` takes.
            params: MLflow passes this argument. It has no effect.

        Returns:
            The columns of `Predictor.answers`, with the index of a DataFrame.
        """
        outputs = self._model.outputs(model_input)
        index = model_input.index if isinstance(model_input, pd.DataFrame) else None
        return pd.DataFrame(self._model.answers(outputs), index=index)


def _load_pyfunc(folder: str) -> ServedModel:
    return ServedModel(predictor.load(Path(folder) / "model.keras"))
