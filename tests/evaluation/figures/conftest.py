"""Experiments that several figures show."""

import numpy as np
import pytest

from pipeline.evaluation.drawing.subject import Subject
from tests.support.metas import images, regression, table
from tests.support.subjects import convolutions, dense, features, linear, subject


@pytest.fixture(scope="session")
def dense_on_images() -> Subject:
    """A dense network on grey images."""
    return subject(dense(), images())


@pytest.fixture(scope="session")
def convolutional() -> Subject:
    """A convolutional network on grey images."""
    return subject(convolutions(2, 3), images())


@pytest.fixture(scope="session")
def plane() -> Subject:
    """A unit that splits the plane of two features at a width of 10."""
    meta = table(table=features(width=(10.0, 2.0), height=(0.0, 1.0)))
    one = subject(linear(), meta)
    one.network.set_weights([np.array([[1.0], [0.0]]), np.array([0.0])])
    return one


@pytest.fixture(scope="session")
def regressing() -> Subject:
    """A regression on three features."""
    return subject(dense(), regression(3))


@pytest.fixture(scope="session")
def experiments(
    dense_on_images: Subject, convolutional: Subject, plane: Subject, regressing: Subject
) -> dict[str, Subject]:
    """All of these by name."""
    return {
        "dense_on_images": dense_on_images,
        "convolutional": convolutional,
        "plane": plane,
        "regressing": regressing,
    }
