"""ONNX, for ONNX Runtime and others. tf2onnx converts the graph."""

import logging
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.exporting.formats import Answer, Format, reads_text
from pipeline.runs.model_card import ModelCard

_OPSET = 10  # tf2onnx converts `SelectV2` in another way for earlier ones


def _refusal(card: ModelCard) -> str:
    if texts := reads_text(card):
        return f"ONNX cannot split text into characters, and the model reads {', '.join(texts)}"
    return ""


def _write(model: Any, path: Path) -> None:
    from tf2onnx.handler import tf_op

    # tf2onnx would turn a choice into a sum of products. There, NaN times zero is still NaN.
    tf_op("SelectV2").register_compat_handler(_where, _OPSET)
    logging.getLogger("tf2onnx").setLevel(logging.CRITICAL)  # an error is reported in one line
    with warnings.catch_warnings():
        # Keras 3.15 looks for a name of NumPy that NumPy will define again.
        warnings.filterwarnings("ignore", category=FutureWarning, message=".*np.object")
        model.export(path, format="onnx", verbose=False)


def _where(_graph: Any, node: Any, **_settings: Any) -> None:
    """Converts TensorFlow's choice between two arrays to the one of ONNX."""
    node.type = "Where"


def _open(path: Path) -> Answer:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def answer(inputs: Mapping[str, NDArray[Any]]) -> NDArray[Any]:
        return np.asarray(session.run(None, dict(inputs))[0])

    return answer


FORMAT = Format(
    suffix=".onnx",
    packages=("onnx", "onnxruntime", "tf2onnx"),
    refusal=_refusal,
    write=_write,
    open=_open,
)
