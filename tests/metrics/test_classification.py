"""Metrics of classes, against values by hand and against scikit-learn."""

import inspect
import math

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax

from pipeline import metrics
from pipeline.config.metrics import METRICS
from pipeline.metrics import UndefinedError
from pipeline.metrics._calibration import bins
from pipeline.models.scores import ClassScores
from tests.metrics.toy import CLASSES, classified, of_probabilities

THREE = [[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.5, 0.4, 0.1], [0.2, 0.2, 0.6]]
SCORES = of_probabilities([0, 1, 1, 2], THREE)
TWO = of_probabilities([1, 0, 0, 1], [[0.1, 0.9], [0.8, 0.2], [0.5, 0.5], [0.6, 0.4]])
PROBABILITIES = np.exp(TWO.log_probabilities)[:, 1]
# 97 rows of one class and 3 of the other: the model always predicts the common one.
CONSTANT = classified([0] * 97 + [1] * 3, [0] * 100, classes=2)


def value(name: str, scores: ClassScores = SCORES) -> float:
    return metrics.named(name, key="").value(scores)


def reason(name: str, scores: ClassScores) -> str:
    with pytest.raises(UndefinedError) as caught:
        value(name, scores)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("accuracy", 3 / 4),
        ("balanced_accuracy", (1 + 1 / 2 + 1) / 3),
        ("macro_f1", (2 / 3 + 2 / 3 + 1) / 3),
        ("weighted_f1", (2 / 3 + 2 * 2 / 3 + 1) / 4),
        ("precision/cat", 1 / 2),
        ("recall/cat", 1.0),
        ("recall/bird", 1 / 2),
        ("f1/bird", 2 / 3),
        ("top_k_accuracy/2", 1.0),
        ("top_k_accuracy/1", 3 / 4),
        ("log_loss", -math.log(0.7 * 0.6 * 0.4 * 0.6) / 4),
        ("brier", (0.14 + 0.26 + 0.62 + 0.24) / 4),
    ],
)
def test_value_is_that_by_hand(name, expected):
    assert value(name) == pytest.approx(expected)


def test_brier_of_two_classes_is_of_the_second():
    assert value("brier", TWO) == pytest.approx((0.1**2 + 0.2**2 + 0.5**2 + 0.6**2) / 4)


def test_equal_probabilities_mean_the_first_class():
    assert TWO.predicted.tolist() == [1, 0, 0, 0]


def test_always_the_commonest_class_is_shown_as_useless():
    assert value("accuracy", CONSTANT) == 0.97
    assert value("balanced_accuracy", CONSTANT) == 0.5
    assert value("recall/bird", CONSTANT) == 0.0
    assert value("roc_auc", CONSTANT) == 0.5
    assert value("average_precision", CONSTANT) == pytest.approx(0.03)


def test_log_loss_of_a_sure_error_is_exact():
    """A logit gap of 60 and one error in ten: 6 nats. A clip at 1e-7 gave 1.6."""
    logits = np.array([[60.0, 0.0]] * 10)
    scores = ClassScores(np.array([0] * 9 + [1]), log_softmax(logits, axis=1), ["a", "b"])
    assert value("log_loss", scores) == pytest.approx(6.0)


def test_ranking_distinguishes_probabilities_that_round_to_one():
    logits = np.array([[0.0, 90.0], [0.0, 80.0], [0.0, 70.0]])
    scores = ClassScores(np.array([1, 1, 0]), log_softmax(logits, axis=1), ["a", "b"])
    assert np.exp(scores.log_probabilities)[:, 1].tolist() == [1.0, 1.0, 1.0]
    assert value("roc_auc", scores) == 1.0


def test_calibration_error_is_the_mean_gap():
    """Confidence 0.6: 2 of 4 hits. Confidence 0.9: all 4 hit."""
    rows = [[0.6, 0.4]] * 4 + [[0.9, 0.1]] * 4
    scores = of_probabilities([0, 0, 1, 1, 0, 0, 0, 0], rows)
    assert value("ece", scores) == pytest.approx((0.1 + 0.1) / 2)


def test_bin_includes_its_upper_limit():
    scores = of_probabilities([0, 0, 0], [[0.6, 0.4], [0.61, 0.39], [1.0, 0.0]])
    assert bins(scores).tolist() == [8, 9, 14]


@pytest.mark.parametrize(
    ("name", "truth", "predicted", "expected"),
    [
        ("roc_auc", [0, 0, 1], [0, 1, 1], "no row is of class dog/wolf é"),
        ("roc_auc/cat", [0, 0], [0, 1], "all rows are of class cat"),
        ("average_precision/bird", [0, 0], [0, 1], "no row is of class bird"),
        ("recall/bird", [0, 0], [0, 1], "no row is of class bird"),
        ("precision/bird", [0, 1], [0, 0], "the model predicts class bird for no row"),
        (
            "f1/bird",
            [0, 0],
            [0, 2],
            "no row is of class bird, and the model predicts it for none",
        ),
        ("mcc", [0, 0], [0, 1], "all rows are of one class"),
        ("mcc", [0, 1], [1, 1], "the model predicts the same class for all rows"),
    ],
)
def test_undefined_metric_has_a_reason(name, truth, predicted, expected):
    assert reason(name, classified(truth, predicted)) == expected


OURS = {
    "balanced_accuracy": lambda y, p, _: sklearn.metrics.balanced_accuracy_score(y, p),
    "macro_f1": lambda y, p, _: sklearn.metrics.f1_score(y, p, average="macro"),
    "weighted_f1": lambda y, p, _: sklearn.metrics.f1_score(y, p, average="weighted"),
    "mcc": lambda y, p, _: sklearn.metrics.matthews_corrcoef(y, p),
    "log_loss": lambda y, _, q: sklearn.metrics.log_loss(y, q, labels=[0, 1, 2]),
    "brier": lambda y, _, q: sklearn.metrics.brier_score_loss(y, q, labels=[0, 1, 2]),
    "roc_auc": lambda y, _, q: sklearn.metrics.roc_auc_score(y, q, multi_class="ovr"),
    "average_precision": lambda y, _, q: sklearn.metrics.average_precision_score(np.eye(3)[y], q),
    "top_k_accuracy/2": lambda y, _, q: sklearn.metrics.top_k_accuracy_score(y, q, k=2),
}


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(6, 40))
def test_values_are_those_of_scikit_learn(seed, rows):
    random = np.random.default_rng(seed)
    truth = np.concatenate([[0, 1, 2], random.integers(0, 3, size=rows - 3)])
    scores = ClassScores(truth, log_softmax(random.normal(size=(rows, 3)), axis=1), CLASSES)
    assume(len(np.unique(scores.predicted)) > 1)
    assume({*scores.predicted.tolist()} <= {*truth.tolist()})
    for name, theirs in OURS.items():
        expected = theirs(truth, scores.predicted, scores.probabilities)
        assert value(name, scores) == pytest.approx(expected), name


@settings(max_examples=12)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(4, 40))
def test_two_class_values_match_scikit_learn(seed, rows):
    random = np.random.default_rng(seed)
    truth = np.concatenate([[0, 1], random.integers(0, 2, size=rows - 2)])
    scores = ClassScores(truth, log_softmax(random.normal(size=(rows, 2)), axis=1), ["a", "b"])
    second = scores.probabilities[:, 1]
    assert value("roc_auc", scores) == pytest.approx(sklearn.metrics.roc_auc_score(truth, second))
    assert value("average_precision", scores) == pytest.approx(
        sklearn.metrics.average_precision_score(truth, second)
    )
    assert value("brier", scores) == pytest.approx(sklearn.metrics.brier_score_loss(truth, second))


OF_THE_CONFUSION_MATRIX = [
    name for name, module in METRICS.all().items() if "Confusion(" in inspect.getsource(module)
]


@pytest.mark.parametrize("name", OF_THE_CONFUSION_MATRIX)
def test_draw_of_all_rows_is_the_metric(name):
    random = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], [40, 30, 30])
    scores = classified(
        truth, np.where(random.random(100) < 0.7, truth, random.integers(3, size=100))
    )
    metric = metrics.named(name, key="")
    low, high = metric.sampling(scores).draws(np.full((1, 100), 1 / 100), np.zeros(1))
    assert low == high == pytest.approx(metric.value(scores))
