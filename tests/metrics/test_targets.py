"""Metrics of several targets, against scikit-learn."""

import numpy as np
import pytest
import sklearn.metrics
from hypothesis import given
from hypothesis import strategies as st

from pipeline import metrics
from pipeline.evaluation.intervals import against, estimates
from pipeline.metrics import UndefinedError
from pipeline.models.scores import ScoresByTarget, scores_of
from tests.support.metas import labels, numbers
from tests.support.refusals import refusal

NAMES = ["toxic", "spam", "insult"]
META = labels(*NAMES)
TRUTH = np.array([[1, 0, 0], [0, 0, 0], [1, 1, 0], [0, 1, 1], [0, 0, 1]])
RAW = np.array([[2, -1, -3], [1, -2, -1], [3, 1, -1], [-2, -1, 2], [-1, 0.5, -0.5]])
LABELS = scores_of(RAW, TRUTH, META)
PREDICTED = (RAW > 0).astype(int)
PROBABILITIES = 1 / (1 + np.exp(-RAW))

LOADS = np.array([[1.0, 20.0], [2.0, 10.0], [4.0, 30.0], [3.0, 25.0]])
GUESSES = np.array([[1.5, 22.0], [2.0, 12.0], [3.0, 27.0], [3.5, 24.0]])
NUMBERS = scores_of(GUESSES, LOADS, numbers("heating", "cooling/kW"))
KEY = "training.metrics"


def value(name: str, scores: ScoresByTarget) -> float:
    return metrics.named(name, key=KEY).value(scores)


def refused(name: str, task: str, several: list[str]) -> str:
    return refusal(metrics.require_of_data, name, task, several, key=KEY)


def averaged(function, **arguments):
    return lambda average: function(TRUTH, PREDICTED, average=average, **arguments)


F1 = averaged(sklearn.metrics.f1_score)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("macro_f1", F1("macro")),
        ("micro_f1", F1("micro")),
        ("hamming_loss", sklearn.metrics.hamming_loss(TRUTH, PREDICTED)),
        ("subset_accuracy", sklearn.metrics.accuracy_score(TRUTH, PREDICTED)),
        ("roc_auc", sklearn.metrics.roc_auc_score(TRUTH, RAW)),
        ("average_precision", sklearn.metrics.average_precision_score(TRUTH, RAW)),
        ("brier", np.mean((PROBABILITIES - TRUTH) ** 2)),
        ("log_loss", -np.mean(np.log(np.where(TRUTH, PROBABILITIES, 1 - PROBABILITIES)))),
    ],
)
def test_label_metric_matches_scikit_learn(name, expected):
    assert value(name, LABELS) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("name", "function", "predictions"),
    [
        ("accuracy", sklearn.metrics.accuracy_score, PREDICTED),
        ("precision", sklearn.metrics.precision_score, PREDICTED),
        ("recall", sklearn.metrics.recall_score, PREDICTED),
        ("f1", sklearn.metrics.f1_score, PREDICTED),
        ("roc_auc", sklearn.metrics.roc_auc_score, RAW),
        ("average_precision", sklearn.metrics.average_precision_score, RAW),
    ],
)
def test_metric_of_a_label_is_that_of_yes(name, function, predictions):
    for number, label in enumerate(NAMES):
        expected = function(TRUTH[:, number], predictions[:, number])
        assert value(f"{name}/{label}", LABELS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("mae", sklearn.metrics.mean_absolute_error),
        ("mse", sklearn.metrics.mean_squared_error),
        ("rmse", sklearn.metrics.root_mean_squared_error),
        ("median_ae", sklearn.metrics.median_absolute_error),
        ("mape", sklearn.metrics.mean_absolute_percentage_error),
        ("r2", sklearn.metrics.r2_score),
    ],
)
def test_number_metric_matches_scikit_learn(name, function):
    for number, target in enumerate(("heating", "cooling/kW")):
        expected = function(LOADS[:, number], GUESSES[:, number])
        assert value(f"{name}/{target}", NUMBERS) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("r2", sklearn.metrics.r2_score),
        ("mape", sklearn.metrics.mean_absolute_percentage_error),
    ],
)
def test_metric_without_a_unit_has_a_mean(name, function):
    assert value(name, NUMBERS) == pytest.approx(function(LOADS, GUESSES))


def test_argument_comes_before_the_target():
    expected = sklearn.metrics.mean_pinball_loss(LOADS[:, 1], GUESSES[:, 1], alpha=0.9)
    assert value("pinball/0.9/cooling/kW", NUMBERS) == pytest.approx(expected)


@given(
    truth=st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=9),
    seed=st.integers(0, 99),
)
def test_f1_and_errors_are_those_of_scikit_learn(truth, seed):
    y = np.array(truth, dtype=np.int64)
    raw = np.random.default_rng(seed).normal(size=y.shape)
    scores, predicted = scores_of(raw, y, labels("a", "b")), (raw > 0).astype(int)
    f1 = sklearn.metrics.f1_score(y, predicted, average="macro", zero_division=0)
    assert value("macro_f1", scores) == pytest.approx(f1)
    assert value("hamming_loss", scores) == pytest.approx(np.mean(y != predicted))
    if y.any() or predicted.any():
        f1 = sklearn.metrics.f1_score(y, predicted, average="micro")
        assert value("micro_f1", scores) == pytest.approx(f1)


def test_undefined_mean_names_the_label():
    scores = scores_of(RAW[:2], TRUTH[:2], META)
    with pytest.raises(UndefinedError, match="spam: no row is of class yes"):
        value("roc_auc", scores)


def test_micro_f1_without_any_label_is_undefined():
    with pytest.raises(UndefinedError, match="no row has a label"):
        value("micro_f1", scores_of(-np.ones((2, 3)), np.zeros((2, 3), np.int32), META))


def test_labels_are_measured_together_and_each():
    names = metrics.usual("multi_label", (), ["a", "b"])
    whole, each = names[:8], names[8:]
    assert whole == [
        "macro_f1",
        *("average_precision", "brier", "hamming_loss", "log_loss", "micro_f1", "roc_auc"),
        "subset_accuracy",
    ]
    modules = [
        "accuracy",
        "average_precision",
        "brier",
        "f1",
        "log_loss",
        "precision",
        "recall",
        "roc_auc",
    ]
    assert each == [f"{module}/{label}" for module in modules for label in "ab"]
    assert all(map(metrics.is_of_a_class, each))


def test_unitless_metrics_are_measured_together():
    names = metrics.usual("regression", (), ["a", "b"])
    assert names[:4] == ["r2", "mape", "mae/a", "mae/b"]
    assert not any(map(metrics.is_of_a_class, names))


def test_errors_in_different_units_have_no_mean():
    assert refused("mae", "regression", ["a", "b"]) == (
        "training.metrics names a metric of one target, and there are several. Received: mae. "
        "Name one, such as mae/a."
    )


@pytest.mark.parametrize(
    ("name", "task", "advice"),
    [
        ("mae/bb", "regression", "Did you mean mae/b? Allowed: mae/a, mae/b."),
        ("f1/c", "multi_label", "Did you mean f1/b? Allowed: f1/a, f1/b."),
        ("hamming_loss/a", "multi_label", "Expected: hamming_loss, without a target."),
        (
            "pinball/0.5/c",
            "regression",
            "Did you mean pinball/0.5/b? Allowed: pinball/0.5/a, pinball/0.5/b.",
        ),
    ],
)
def test_metric_of_another_target_is_refused(name, task, advice):
    assert refused(name, task, ["a", "b"]) == (
        "training.metrics names a metric that does not suit the targets. "
        f"Received: {name}. {advice}"
    )


@pytest.mark.parametrize("name", ["mcc", "weighted_f1", "top_k_accuracy/1", "r2"])
def test_metric_of_several_classes_does_not_suit_labels(name):
    assert "does not suit multi_label" in refused(name, "multi_label", ["a", "b"])


@pytest.mark.parametrize("name", ["hamming_loss", "subset_accuracy", "micro_f1"])
def test_metric_of_labels_does_not_suit_classes(name):
    assert "does not suit classification" in refused(name, "classification", [])


def test_mean_has_an_interval_between_its_targets():
    random = np.random.default_rng(3)
    truth = random.normal(size=(60, 2))
    scores = scores_of(truth + random.normal(size=truth.shape), truth, numbers("a", "b"))
    named = {name: metrics.named(name, key=KEY) for name in ("mape", "mape/a", "mape/b")}
    found = {name: one.interval for name, one in estimates(named, scores, seed=0).items()}
    low, high = found["mape"]
    assert min(found["mape/a"][0], found["mape/b"][0]) <= low
    assert high <= max(found["mape/a"][1], found["mape/b"][1])


def test_label_metrics_have_intervals_around_their_value():
    random = np.random.default_rng(0)
    truth = random.integers(0, 2, size=(80, 3))
    raw = 2.0 * truth - 1 + random.normal(size=truth.shape)
    scores, other = scores_of(raw, truth, META), scores_of(-raw, truth, META)
    named = {name: metrics.named(name, key=KEY) for name in metrics.usual("multi_label", (), NAMES)}
    for name, (number, interval, _) in estimates(named, scores, seed=0).items():
        assert interval is not None, name
        assert interval[0] <= number <= interval[1]
    differences = against(named, scores, {"other": other}, seed=0)["other"]
    assert differences["macro_f1"].difference.interval[0] > 0
    assert differences["hamming_loss"].difference.interval[1] < 0


ROWS = np.array([[1, 1, 0], [0, 1, 0], [1, 0, 1], [0, 0, 1]])
CHOSEN = np.array([[1, 0, 0], [0, 1, 1], [1, 0, 1], [1, 0, 0]])


def of_labels(truth, chosen):
    return scores_of(np.where(chosen, 4.0, -4.0), np.array(truth), META)


def draw(name, weights, extra):
    sampling = metrics.named(name, key=KEY).varies(of_labels(ROWS, CHOSEN))
    low, high = sampling.draws(np.array([weights]), np.array([extra]))
    return low[0], high[0]


@pytest.mark.parametrize("name", ["micro_f1", "hamming_loss", "subset_accuracy"])
def test_draw_of_whole_rows_has_the_value_of_these_rows(name):
    expected = value(name, of_labels(ROWS[[0, 0, 1, 3]], CHOSEN[[0, 0, 1, 3]]))
    assert draw(name, [0.5, 0.25, 0, 0.25], 0.0) == pytest.approx((expected, expected))


def test_extra_row_of_micro_f1_has_as_many_labels_as_any_row():
    truth = np.array([*ROWS, [1, 1, 0]])  # in no row, more than two labels are true or chosen
    last = ([0, 0, 0], [1, 1, 0])
    wrong, right = (value("micro_f1", of_labels(truth, np.array([*CHOSEN, row]))) for row in last)
    assert draw("micro_f1", [0.2] * 4, 0.2) == pytest.approx((wrong, right))
