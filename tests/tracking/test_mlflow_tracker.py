"""The signature of a logged model."""

import numpy as np
import pytest

from pipeline.tracking.mlflow_tracker import signature
from tests.support.metas import images, regression, table


def test_image_signature_is_a_tensor_of_pixels():
    model_signature = signature(images())
    assert [(spec.type, spec.shape) for spec in model_signature.inputs] == [
        (np.dtype("uint8"), (-1, 8, 8, 1))
    ]
    assert [(spec.type, spec.shape) for spec in model_signature.outputs] == [
        (np.dtype("float32"), (-1, 3))
    ]


@pytest.mark.parametrize("meta", [table(), regression()])
def test_table_signature_has_a_tensor_for_each_column(meta):
    model_signature = signature(meta)
    assert [(spec.name, spec.type, spec.shape) for spec in model_signature.inputs] == [
        ("x0", np.dtype("float64"), (-1, 1)),
        ("x1", np.dtype("float64"), (-1, 1)),
    ]
    assert [spec.shape for spec in model_signature.outputs] == [(-1, 1)]
