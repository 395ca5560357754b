"""`load_data`: the prepared rows of a data variant in a notebook."""

import numpy as np
import pytest

from pipeline.evaluation import looks
from pipeline.notebooks.data import load_data
from tests.support.refusals import refusal


@pytest.fixture(autouse=True)
def _in_project(in_repository):
    (in_repository / "params.yaml").touch()


def test_data_show_the_rows_of_each_split():
    assert repr(load_data("shapes")) == (
        "<shapes: 36 train, 12 validation, 12 test rows of shape (8, 8, 1)>"
    )


def test_image_is_a_row_of_the_table():
    train = load_data("shapes").train
    table = train.table()
    assert list(table)[-2:] == ["p63", "label"]
    assert np.array_equal(table.iloc[5, :-1].to_numpy(np.uint8), train.x[5].ravel())
    assert table["label"][5] == train.label(5) == ["top", "middle", "bottom"][train.y[5]]


def test_table_has_features_and_the_target():
    train = load_data("prices").train
    table = train.table()
    assert list(table)[:2] == ["houses", "size / m2"]
    assert table["price"].tolist() == train.y.tolist()


def test_picture_shows_images_of_any_split():
    assert load_data("shapes").validation.picture([11, 0])._repr_png_().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("name", "row", "message"),
    [
        ("shapes", 12, "the validation split has no image of this number. Received: 12."),
        ("prices", 0, "only images can be drawn. Received: a model for prices, a table."),
    ],
)
def test_impossible_picture_is_refused(name, row, message):
    assert refusal(load_data(name).validation.picture, [row]).startswith(message)


def test_only_the_test_split_is_a_look():
    data = load_data("shapes")
    before = len(looks.read().looks)
    assert len(data.train) + len(data.validation) == 48
    assert looks.read().looks[before:] == []
    assert len(data.test) == len(data.test.y) == 12
    (look,) = looks.read().looks[before:]
    assert (look.purpose, look.data, look.models) == ("inspect", "shapes", {})


def test_unprepared_data_name_the_command():
    assert refusal(load_data, "mnist") == (
        "data/prepared/mnist/meta.json is missing. Make it with: dvc repro prepare@mnist."
    )
