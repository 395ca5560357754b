"""The flavour of a logged model: its signature and the code that it carries."""

import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from mlflow.models import Model
from mlflow.types import DataType

from pipeline.data.prepared import CategoricalFeature
from pipeline.models import families, serving
from pipeline.models.families.python import Python
from pipeline.own import copies
from pipeline.runs import result
from pipeline.tracking import flavor
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of
from tests.support.metas import images, plain, regression, table


def columns(schema):
    return [(column.name, column.type) for column in schema]


def test_images_are_a_tensor_of_pixels():
    inputs = flavor.signature(card_of(images())).inputs
    assert [(spec.type, spec.shape) for spec in inputs] == [(np.dtype("uint8"), (-1, 8, 8, 1))]


def test_floats_are_a_tensor_of_floats():
    (spec,) = flavor.signature(card_of(images(dtype="float32", pixel_maximum=1))).inputs
    assert spec.type == np.dtype("float32")


def test_columns_have_the_names_and_types_of_the_csv():
    features = table().table.numeric
    mixed = table(table=plain(features, [CategoricalFeature("a/b", ["x"])]))
    assert columns(flavor.signature(card_of(mixed)).inputs) == [
        ("x0", DataType.double),
        ("x1", DataType.double),
        ("a/b", DataType.string),
    ]


def test_classes_have_a_column_each():
    assert columns(flavor.signature(card_of(table())).outputs) == [
        ("prediction", DataType.string),
        ("probability_no", DataType.float),
        ("probability_yes", DataType.float),
    ]


def test_quantity_is_one_column():
    outputs = flavor.signature(card_of(regression())).outputs
    assert columns(outputs) == [("prediction", DataType.double)]


OWN = """import keras
from mine.parts import Twice


def build(shape, outputs):
    return keras.Sequential([Twice(), keras.layers.Dense(outputs)])
"""
PARTS = """import keras
import scipy


class Twice(keras.layers.Layer):
    def call(self, x):
        return 2 * x
"""
FILES = {"mine/__init__.py": "", "mine/nets.py": OWN, "mine/parts.py": PARTS}


@pytest.fixture
def logged(in_empty_folder):
    """A logged model as a folder. It has a layer of the user's own code."""
    tmp_path = in_empty_folder
    (tmp_path / "mine").mkdir()
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    network = families.build(Python(build="mine/nets.py:build"), table(), seed=1)
    card = card_of(table())
    source = tmp_path / "result"
    result.save_model(serving.serve(network, table()), source / "model.keras", card)
    (source / "model.json").write_text(card.text())
    copies.write(copies.contents(FILES), source)
    flavor.save_model(str(tmp_path / "model"), Model(), result=source)
    return tmp_path / "model"


def test_logged_model_needs_no_project(logged, tmp_path):
    program = (
        "import sys, mlflow, pandas\n"
        "model = mlflow.pyfunc.load_model(sys.argv[1])\n"
        "print(*model.predict(pandas.DataFrame({'x1': [1.0], 'x0': [2.0]})).columns)\n"
        "print(sys.modules['pipeline'].__file__)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", program, str(logged)],
        cwd=tmp_path,
        env={"PATH": "/usr/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    answer, package = process.stdout.splitlines()
    assert answer == "prediction probability_no probability_yes"
    assert Path(package).is_relative_to(logged)


def test_logged_model_carries_only_what_it_imports(logged):
    carried = {path.parent.name for path in (logged / "code/pipeline").rglob("*.py")}
    assert carried == {"pipeline", "data", "columns", "kinds", "models", "own", "runs", "serving"}


def test_logged_model_requires_the_packages_of_own_code(logged):
    lines = (logged / "requirements.txt").read_text().splitlines()
    assert f"scipy=={version('scipy')}" in lines
