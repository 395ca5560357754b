"""Tables, figures and baselines of several targets."""

from dataclasses import replace

import numpy as np
import pytest
import sklearn.metrics
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import Ridge
from sklearn.multioutput import MultiOutputRegressor

from pipeline.baselines import commonest_class, linear
from pipeline.data.prepared import Split
from pipeline.evaluation import baseline_fits, scoring, tables
from pipeline.evaluation.baseline_fits import Fit
from pipeline.evaluation.baselines import scores_of_fit
from pipeline.evaluation.figures import confusion_matrix, draw_all, learning_curves
from pipeline.models.scores import scores_of
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import labels, numbers
from tests.support.subjects import linear as flat
from tests.support.subjects import point, subject

TOPICS, LOADS = labels("spam", "insult", "question"), numbers("heating", "cooling")
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 2))
Y = {"numbers": RANDOM.normal(size=(40, 2)), "labels": RANDOM.integers(0, 2, size=(40, 3))}


def fit_of(baseline, meta, y: np.ndarray) -> Fit:
    part = Split(X, y, None)
    known = replace(meta, rows={"train": 40, "validation": 40, "test": 40})
    return baseline_fits._fit(baseline, known, part, {"test": part})


@pytest.fixture(scope="module")
def labelled():
    return subject(flat(), TOPICS, rows=30)


def test_label_confusion_matches_scikit_learn(labelled):
    scores = labelled.scores
    expected = sklearn.metrics.multilabel_confusion_matrix(scores.truth, scores.predicted)
    found = tables.tables(scores, gives_probabilities=True)
    counts = [one["true_by_predicted"] for one in found["confusion"].values()]
    assert counts == expected.tolist()
    assert found["rows_by_class"] == dict(
        zip(TOPICS.several, scores.truth.sum(axis=0).tolist(), strict=True)
    )


def test_residuals_of_each_number_are_grouped():
    scores = scores_of(Y["numbers"] + 1.0, Y["numbers"], LOADS)
    found = tables.tables(scores, gives_probabilities=True)["residuals"]
    assert list(found) == ["heating", "cooling"]
    assert {round(group["mean"], 6) for own in found.values() for group in own} == {1.0}


def test_figure_shows_the_confusion_of_each_label(labelled):
    figure = confusion_matrix.FIGURE.draw(labelled)["test"]
    panels = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_title() for axes in panels] == TOPICS.several
    counts = [[int(text.get_text()) for text in axes.texts] for axes in panels]
    scores = labelled.scores
    expected = sklearn.metrics.multilabel_confusion_matrix(scores.truth, scores.predicted)
    assert counts == expected.reshape(3, 4).tolist()


def test_labels_have_only_figures_that_suit_them(labelled):
    names = [drawing.name for drawing in draw_all(labelled)]
    assert names == ["learning_curves", "confusion_matrix_validation", "confusion_matrix_test"]


def test_numbers_have_a_figure_each():
    history = [point(10, loss=0.5, **{"mae/cooling": 2.0}), point(20, loss=0.4)]
    one = subject(flat(), LOADS, history=history)
    names = [drawing.name for drawing in draw_all(one)]
    assert names == ["learning_curves"] + [
        f"{kind}_{load}"
        for kind in ("residuals", "residuals_by_prediction")
        for load in ("heating", "cooling")
    ]
    figure = learning_curves.FIGURE.draw(one)[""]
    assert figure.axes[1].get_ylabel() == "mae/cooling (cooling)"


def test_standardised_targets_share_the_label_of_the_loss():
    targets = [replace(target, mean=2.0) for target in LOADS.targets]
    history = [point(10, loss=0.5), point(20, loss=0.4)]
    one = subject(flat(), replace(LOADS, targets=targets), history=history)
    label = learning_curves.FIGURE.draw(one)[""].axes[0].get_ylabel()
    assert label == "loss of the standardised targets"


def test_linear_baseline_is_a_model_for_each_number():
    fit = fit_of(linear.BASELINE, LOADS, Y["numbers"])
    expected = MultiOutputRegressor(Ridge()).fit(X, Y["numbers"]).predict(X)
    assert fit.predictions["test"] == pytest.approx(expected)
    scores = scores_of_fit(fit.predictions["test"], Y["numbers"], LOADS)
    assert scores.parts["cooling"].prediction == pytest.approx(expected[:, 1])


def test_commonest_class_is_that_of_each_label():
    fit = fit_of(commonest_class.BASELINE, TOPICS, Y["labels"])
    scores = scores_of_fit(fit.predictions["test"], Y["labels"], TOPICS)
    expected = DummyClassifier(strategy="prior").fit(X, Y["labels"]).predict(X)
    assert scores.predicted.tolist() == expected.tolist()
    shares = [part.probabilities[0, 1] for part in scores.parts.values()]
    assert shares == pytest.approx(Y["labels"].mean(axis=0))


def test_metrics_of_labels_are_not_main_unless_trained(labelled):
    history = [point(10, **{"f1/spam": 0.5})]
    main = scoring.measures(TOPICS, history, gives_probabilities=True).main
    assert "f1/spam" in main
    assert "f1/insult" not in main
    assert "macro_f1" in main


def test_metrics_of_numbers_are_main():
    main = scoring.measures(LOADS, [], gives_probabilities=True).main
    assert {"r2", "mae/heating", "rmse/cooling"} <= set(main)
