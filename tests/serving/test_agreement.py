"""Evaluation, Keras file, MLflow model and `predict` answer the same, to the bit."""

import csv
from pathlib import Path

import keras
import mlflow
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from mlflow.models import Model

from pipeline import predict
from pipeline.data import tables
from pipeline.data.prepared import Split
from pipeline.evaluation.scoring import Scorer
from pipeline.tracking import flavor
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import numbers_of

SIGN = st.sampled_from(["", "?", "NA", "N/A", "NaN", "None"])
NUMBER = st.one_of(st.integers(-9, 99).map(str), st.floats(0.001, 1e6).map(repr), SIGN)
TEXT = st.one_of(st.sampled_from(["north", "south", "North", "the moon", 'a "b", c']), SIGN)


def spaced(cell, spaces=("", " ", "\t")):
    space = st.sampled_from(spaces)
    return st.tuples(space, cell, space).map("".join)


ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "rooms": spaced(NUMBER),
            "houses": spaced(NUMBER),
            "size / m2": spaced(NUMBER),
            "area": spaced(TEXT, ["", "  ", "\u00a0", "\u3000 "]),
        }
    ),
    min_size=20,
    max_size=40,
)


@pytest.fixture(scope="module")
def logged(folders, tmp_path_factory):
    """The model of `prices` as MLflow loads it."""
    path = tmp_path_factory.mktemp("logged") / "model"
    flavor.save_model(str(path), Model(), result=folders["prices"])
    return mlflow.pyfunc.load_model(str(path))


def by_evaluation(model, meta, file: Path, rows: int) -> np.ndarray:
    split = Split(x=None, y=np.zeros(rows, np.float32), rows=file)
    return Scorer(model.model, meta).score(split).prediction


def by_keras(model, folder: Path, file: Path) -> np.ndarray:
    text = tables.read(file)
    inputs = {
        column.inputs[0]: tf.reshape(
            numbers_of(text, column.name) if column.type == "number" else text.columns[column.name],
            (-1, 1),
        )
        for column in model.card.columns
    }
    whole = keras.saving.load_model(folder / "model.keras", compile=False)
    return whole.predict(tf.data.Dataset.from_tensors(inputs), verbose=0)[:, 0]


def by_mlflow(logged, file: Path) -> np.ndarray:
    text = tables.read(file)
    frame = pd.DataFrame(text.columns)
    for name in ("rooms", "houses", "size / m2"):
        frame[name] = numbers_of(text, name)
    return logged.predict(frame)["prediction"].to_numpy()


def by_command(file: Path, folder: Path, call) -> np.ndarray:
    out = file.with_name("out.csv")
    call(predict, str(folder / "model.keras"), str(file), "-o", str(out))
    with out.open(encoding="utf-8") as answers:
        return np.array([float(row["prediction"]) for row in csv.DictReader(answers)])


@settings(max_examples=4, phases=[Phase.generate])
@given(rows=ROWS)
def test_messy_cells_have_one_answer(predictors, metas, logged, folders, tmp_path_factory, rows):
    file = tmp_path_factory.mktemp("rows") / "rows.csv"
    names = ["rooms", "houses", "size / m2", "area"]
    cells = ([*(row[name] for name in names), "7"] for row in rows)
    tables.write(file, [*names, "price"], cells)
    model = predictors["prices"]
    expected = by_evaluation(model, metas["prices"], file, len(rows))
    assert np.isfinite(expected).all()
    assert np.array_equal(by_keras(model, folders["prices"], file), expected)
    assert np.array_equal(by_mlflow(logged, file), expected)
    assert np.array_equal(model.predict(pd.DataFrame(rows)), expected)


def test_command_gives_the_same_answer(predictors, metas, folders, tmp_path, call):
    file = tmp_path / "rows.csv"
    columns = ["area", "price", "rooms", "size / m2", "houses"]
    tables.write(file, columns, [[" north", "7", "3", "?", "0"], ["NA", "7", " 4 ", "31.5", "2"]])
    expected = by_evaluation(predictors["prices"], metas["prices"], file, 2)
    assert np.array_equal(by_command(file, folders["prices"], call), expected)
