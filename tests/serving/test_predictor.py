"""A saved model in Python: what it takes and what it answers."""

import numpy as np
import pandas as pd
import pytest

import pipeline
from pipeline.errors import PipelineError
from pipeline.serving.predictor import Predictor
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal

ROWS = pd.DataFrame(
    {
        "area": ["north", " south ", "?", "the moon"],
        "price": [1, 2, 3, 4],
        "rooms": [1, 2, 3, 4],
        "size / m2": [20.5, None, 22, 23],
        "houses": [1, 0, 2, 3],
    }
)
COLUMNS = ["rooms", "houses", "size / m2", "area"]


def as_dictionary(rows):
    return {name: rows[name].tolist() for name in rows}


def as_records(rows):
    return rows.to_dict("records")


def as_arrays(rows):
    return {name: rows[name].to_numpy().reshape(-1, 1) for name in rows}


def as_reversed(rows):
    return rows[rows.columns[::-1]]


def as_text(rows):
    return rows.astype(object).where(rows.notna(), "NA").astype(str)


FORMS = [dict, as_dictionary, as_records, as_arrays, as_reversed, as_text]


@pytest.mark.parametrize("form", FORMS)
def test_every_form_of_rows_has_the_same_answer(predictors, form):
    model = predictors["prices"]
    assert np.array_equal(model.predict(form(ROWS)), model.predict(ROWS))


def test_array_has_the_columns_of_the_card(predictors):
    model = predictors["prices"]
    names = [column.name for column in model.card.columns]
    assert sorted(names) == sorted(COLUMNS)
    assert np.array_equal(model.predict(ROWS[names].to_numpy()), model.predict(ROWS))


def test_one_row_may_be_a_dictionary_of_values(predictors):
    model = predictors["prices"]
    assert np.array_equal(model.predict(ROWS.iloc[1].to_dict()), model.predict(ROWS[1:2]))


def test_quantity_is_float64_of_each_row(predictors):
    answer = predictors["prices"].predict(ROWS)
    assert (answer.dtype, answer.shape) == (np.float64, (4,))


def test_array_with_other_columns_is_refused(predictors):
    assert refusal(predictors["prices"].predict, ROWS.to_numpy()).startswith(
        "an array needs exactly the columns of the model, in their order. Received: shape (4, 5)."
    )


def test_invalid_value_names_row_and_column(predictors):
    rows = ROWS.assign(rooms=["1", "2", "many", "4"])
    assert refusal(predictors["prices"].predict, rows).startswith(
        "row 2, column rooms: the value is not a number. Received: 'many'."
    )


def test_class_is_named(predictors):
    points = pd.DataFrame({"x": [3.0, -3.0], "y": [3.0, -3.0]})
    model = predictors["pairs"]
    probabilities = model.predict_proba(points)
    assert model.classes == ["above", "below"]
    assert probabilities.shape == (2, 2)
    assert probabilities.sum(axis=1) == pytest.approx(np.ones(2))
    assert model.predict(points).tolist() == [
        model.classes[number] for number in probabilities.argmax(axis=1)
    ]


def test_quantity_has_no_probabilities(predictors):
    assert "has no probabilities" in refusal(predictors["prices"].predict_proba, ROWS)


def test_images_are_an_array(predictors, drawings):
    answer = predictors["shapes"].predict(drawings)
    assert set(answer) <= {"top", "middle", "bottom"}
    assert predictors["shapes"].predict(drawings[0]).tolist() == answer[:1].tolist()


def test_images_may_be_columns_of_pixels(predictors, drawings):
    names = [f"p{number}" for number in range(64)]
    rows = pd.DataFrame(drawings.reshape(-1, 64), columns=names)
    model = predictors["shapes"]
    assert np.array_equal(model.predict_proba(rows), model.predict_proba(drawings))


@pytest.mark.parametrize("pixel", ["x", "-1", "256", "", "1.5", "1_0", None])
def test_value_that_is_no_pixel_is_refused(predictors, pixel):
    rows = {f"p{number}": ["0"] for number in range(64)} | {"p3": [pixel]}
    with pytest.raises(PipelineError, match="row 0, column p3: the value is not a pixel"):
        predictors["shapes"].predict(rows)


@pytest.mark.parametrize("rows", [ROWS[:0], []])
def test_no_rows_have_no_answers(predictors, rows):
    if isinstance(rows, list):
        rows = {name: [] for name in COLUMNS}
    assert len(predictors["prices"].predict(rows)) == 0


OUTPUTS = np.array([[0.25], [0.75]], dtype=np.float32)


def test_answers_name_the_probability_of_each_class():
    answers = Predictor(None, card_of(table())).answers(OUTPUTS)
    assert {name: own.tolist() for name, own in answers.items()} == {
        "prediction": ["no", "yes"],
        "probability_no": [0.75, 0.25],
        "probability_yes": [0.25, 0.75],
    }


def test_first_of_two_equal_classes_is_predicted():
    answers = Predictor(None, card_of(table())).answers(np.array([[0.5]], dtype=np.float32))
    assert answers["prediction"].tolist() == ["no"]


def test_answers_of_many_classes_have_their_order():
    answers = Predictor(None, card_of(images())).answers(np.array([[0.25, 0.5, 0.25]]))
    assert list(answers) == ["prediction", "probability_a", "probability_b", "probability_c"]
    assert answers["prediction"].tolist() == ["b"]


def test_answers_name_a_unit_that_is_not_one(predictors):
    assert list(Predictor(None, card_of(regression())).answers(OUTPUTS)) == ["prediction"]
    assert predictors["prices"].answers(OUTPUTS)["unit"].tolist() == [1000, 1000]


def test_load_is_an_attribute_of_the_package(folders):
    assert isinstance(pipeline.load(str(folders["pairs"])), Predictor)


def test_package_has_no_other_attribute():
    with pytest.raises(AttributeError, match="has no attribute 'lod'"):
        _ = pipeline.lod
