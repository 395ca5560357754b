"""Networks and saved models with several targets: what they give, and what they answer."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.data.prepared import Target
from pipeline.errors import PipelineError
from pipeline.models import families, serving
from pipeline.models.families.mlp import Mlp
from pipeline.models.families.tabular import Tabular
from pipeline.models.scores import perfect_scores, scores_of
from pipeline.runs import result
from pipeline.serving import predictor
from pipeline.serving.mlflow_model import ServedModel
from pipeline.serving.predictor import Predictor
from pipeline.tracking import flavor
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.cards import card_of
from tests.support.metas import labels, numbers

LOADS = replace(
    numbers("heating", "cooling"),
    targets=[
        Target("heating", 10.0, mean=20.0, scale=5.0),
        Target("cooling", 10.0, mean=1e8, scale=0.5),
    ],
)
TOPICS = labels("spam", "insult")
ROWS = pd.DataFrame({"x0": [1.0, -2.0, 0.5], "x1": [0.0, 1.0, 3.0]}, index=[7, 8, 9])


def saved(folder: Path, meta: Any) -> tuple[Any, Predictor]:
    """An untrained network, and the model of it that is loaded again."""
    network = families.build(Mlp(units=[5]), meta, seed=1)
    result.save_model(serving.serve(network, meta), folder / "model.keras", card_of(meta))
    return network, predictor.load(folder / "model.keras")


@pytest.mark.parametrize("settings", [Mlp(units=[5]), Tabular(members=2)])
@pytest.mark.parametrize("meta", [LOADS, TOPICS])
def test_network_has_an_output_for_each_target(settings, meta):
    settled = settings.settled(rows=36, numbers=2)
    assert families.build(settled, meta, seed=1).output_shape == (None, 2)


def test_model_gives_each_number_in_its_unit(tmp_path):
    network, model = saved(tmp_path, LOADS)
    raw = np.asarray(network(ROWS.to_numpy(np.float32)), np.float64)
    assert model.predict(ROWS) == pytest.approx(raw * [5.0, 0.5] + [20.0, 1e8], abs=1e-5)


def test_logarithms_are_undone(tmp_path):
    targets = [replace(target, mean=2.0, logarithm=True) for target in LOADS.targets]
    network, model = saved(tmp_path, replace(LOADS, targets=targets))
    raw = np.asarray(network(ROWS.to_numpy(np.float32)), np.float64)
    assert model.predict(ROWS) == pytest.approx(np.exp(raw * [5.0, 0.5] + 2.0), rel=1e-5)


def test_numbers_have_a_column_each(tmp_path):
    answers = ServedModel(saved(tmp_path, LOADS)[1]).predict(ROWS)
    names = ["prediction_heating", "prediction_cooling", "unit"]
    assert (list(answers.columns), list(answers.index)) == (names, [7, 8, 9])
    assert flavor.signature(card_of(LOADS)).outputs.input_names() == names


def test_labels_have_an_answer_and_a_probability_each(tmp_path):
    network, model = saved(tmp_path, TOPICS)
    probabilities = 1 / (1 + np.exp(-np.asarray(network(ROWS.to_numpy(np.float32)))))
    answers = ServedModel(model).predict(ROWS)
    names = [
        f"{kind}_{label}" for kind in ("prediction", "probability") for label in TOPICS.several
    ]
    assert list(answers.columns) == names
    assert flavor.signature(card_of(TOPICS)).outputs.input_names() == names
    assert answers[names[2:]].to_numpy() == pytest.approx(probabilities, abs=1e-6)
    expected = np.where(probabilities > 0.5, "yes", "no").tolist()
    assert answers[names[:2]].to_numpy().tolist() == expected
    assert model.predict(ROWS).tolist() == expected
    assert model.predict_proba(ROWS) == pytest.approx(probabilities, abs=1e-6)


def test_no_rows_have_no_answers(tmp_path):
    model = saved(tmp_path, TOPICS)[1]
    assert model.predict(ROWS[:0]).shape == (0, 2)


def test_numbers_have_no_probabilities(tmp_path):
    with pytest.raises(PipelineError, match="a model of a quantity has no probabilities"):
        saved(tmp_path, LOADS)[1].predict_proba(ROWS)


@pytest.mark.parametrize(
    ("meta", "y"),
    [(LOADS, np.array([[0.5, -1.0], [2.0, 0.0]])), (TOPICS, np.array([[1, 0], [0, 0]]))],
)
def test_perfect_scores_have_the_truth(meta, y):
    scores = perfect_scores(y, meta)
    for part in scores.parts.values():
        predicted = part.predicted if meta is TOPICS else part.prediction
        assert predicted.tolist() == part.truth.tolist()


def test_numbers_are_scored_in_their_units():
    scores = scores_of(np.array([[1.0, 2.0]]), np.array([[0.0, -2.0]]), LOADS)
    heating, cooling = scores.parts.values()
    assert (heating.truth.tolist(), heating.prediction.tolist()) == ([20.0], [25.0])
    assert (cooling.truth - 1e8).tolist() == [-1.0]
    assert (cooling.prediction - 1e8).tolist() == [1.0]


def test_even_odds_predict_no():
    scores = scores_of(np.array([[0.0, 1e-6]]), np.array([[1, 1]]), TOPICS)
    assert scores.predicted.tolist() == [[0, 1]]
    assert scores.truth.tolist() == [[1, 1]]
