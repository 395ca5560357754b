"""LiteRT, formerly TensorFlow Lite, for phones and small devices."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.exporting.formats import Answer, Format
from pipeline.runs.model_card import ModelCard


def _refusal(card: ModelCard) -> str:
    if card.columns is not None:
        return "LiteRT computes with 32 bits, and a model of a table scales its columns with 64"
    return ""


def _write(model: Any, path: Path) -> None:
    model.export(path, format="litert", verbose=False)


def _open(path: Path) -> Answer:
    import tensorflow as tf

    with warnings.catch_warnings():
        # TensorFlow 2.21 still has the interpreter. Its own package takes 59 MB.
        warnings.filterwarnings("ignore", message=".*tf.lite.Interpreter is deprecated")
        runner = tf.lite.Interpreter(str(path)).get_signature_runner()

    def answer(inputs: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        (output,) = runner(**inputs).values()
        return np.asarray(output)

    return answer


FORMAT = Format(suffix=".tflite", packages=(), refusal=_refusal, write=_write, open=_open)
