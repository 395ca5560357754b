"""95 % intervals, against values by hand and from the literature."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats
from scipy.special import betaincinv, log_softmax

from pipeline import metrics
from pipeline.evaluation.intervals import Estimate, against, estimates, values
from pipeline.metrics import Metric
from pipeline.metrics._sampling import difference as sampled_difference
from pipeline.models.scores import ClassScores, NumberScores, Scores
from tests.metrics.toy import CLASSES, classified, numbers


def metric(name: str) -> Metric:
    return metrics.named(name, key="")


def estimate(name: str, scores: Scores, *, seed: int = 1) -> Estimate:
    return estimates({name: metric(name)}, scores, seed=seed)[name]


def interval(name: str, scores: Scores) -> tuple[float, float]:
    limits = estimate(name, scores).interval
    assert limits is not None
    return limits


def of_hits(hits: int, rows: int) -> ClassScores:
    return classified([0] * rows, [0] * hits + [1] * (rows - hits), classes=2)


def normal_errors(rows: int, *, seed: int = 0) -> NumberScores:
    random = np.random.default_rng(seed)
    truth = random.normal(size=rows)
    return NumberScores(truth, truth + random.normal(0, 0.5, rows))


def noisy(rows: int, *, seed: int = 0, classes: int = 3) -> ClassScores:
    random = np.random.default_rng(seed)
    truth = np.arange(rows) % classes
    logits = random.normal(size=(rows, classes)) + 1.5 * np.eye(classes)[truth]
    return ClassScores(truth, log_softmax(logits, axis=1), CLASSES[:classes])


def test_share_has_the_interval_of_clopper_and_pearson():
    """8 of 10: 0.4439 to 0.9748, as in their tables."""
    assert interval("accuracy", of_hits(8, 10)) == pytest.approx((0.4439, 0.9748), abs=5e-5)


def test_perfect_share_follows_the_rule_of_three():
    assert interval("accuracy", of_hits(30, 30)) == pytest.approx((0.025 ** (1 / 30), 1.0))


def test_recall_counts_the_rows_of_its_class():
    scores = classified([0] * 10 + [1] * 5, [0] * 8 + [1] * 7)
    assert interval("recall/cat", scores) == interval("accuracy", of_hits(8, 10))


def test_precision_counts_the_predictions_of_its_class():
    scores = classified([0] * 8 + [1] * 7, [0] * 10 + [1] * 5)
    assert interval("precision/cat", scores) == interval("accuracy", of_hits(8, 10))


def test_f1_is_a_share_of_its_class_rows():
    """8 hits, 1 missed, 1 wrong: F1 is 2J / (1 + J) with J = 8 / 10."""
    scores = classified([0] * 9 + [1] * 6, [0] * 8 + [1] + [0] + [1] * 5)
    low, high = interval("accuracy", of_hits(8, 10))
    expected = (2 * low / (1 + low), 2 * high / (1 + high))
    assert interval("f1/cat", scores) == pytest.approx(expected)
    assert estimate("f1/cat", scores).value == pytest.approx(2 * 0.8 / 1.8)


def test_interval_of_a_median_is_between_two_ranks():
    """Of 100 errors 1 to 100: between the 40th and the 61st, by the binomial distribution."""
    scores = numbers([0.0] * 100, [float(error) for error in range(1, 101)])
    below = int(stats.binom.ppf(0.025, 100, 0.5))
    low, high = interval("median_ae", scores)
    assert abs(low - below) <= 1
    assert abs(high - (101 - below)) <= 1


def test_mean_of_many_rows_has_a_normal_interval():
    scores = normal_errors(4000)
    errors = np.abs(scores.truth - scores.prediction)
    half = 1.96 * errors.std() / math.sqrt(4000)
    low, high = interval("mae", scores)
    assert low == pytest.approx(errors.mean() - half, abs=0.1 * half)
    assert high == pytest.approx(errors.mean() + half, abs=0.2 * half)


def test_draws_of_a_share_match_the_exact_interval():
    """The draws of 8 hits among 10 rows have the distribution of Clopper and Pearson's limits."""
    random = np.random.default_rng(0)
    weights = random.standard_exponential((4000, 11))
    weights /= weights.sum(axis=1, keepdims=True)
    low, high = metric("accuracy").varies(of_hits(8, 10)).draws(weights[:, :10], weights[:, 10])
    assert np.quantile(low, 0.025) == pytest.approx(betaincinv(8, 3, 0.025), abs=0.02)
    assert np.quantile(high, 0.975) == pytest.approx(betaincinv(9, 2, 0.975), abs=0.01)


def test_auc_has_the_error_of_delong():
    scores = noisy(3000, classes=2)
    rank = scores.log_odds(1)
    above = rank[scores.truth == 1][:, None] > rank[scores.truth == 0]
    deviation = math.sqrt(above.mean(1).var(ddof=1) / 1500 + above.mean(0).var(ddof=1) / 1500)
    low, high = interval("roc_auc", scores)
    assert high - low == pytest.approx(2 * 1.96 * deviation, rel=0.1)


def test_calibrated_model_may_have_an_error_of_zero():
    random = np.random.default_rng(0)
    probabilities = random.uniform(0.5, 1, 400)
    truth = (random.random(400) > probabilities).astype(int)
    logarithms = np.log(np.stack([probabilities, 1 - probabilities], axis=1))
    value, limits, _ = estimate("ece", ClassScores(truth, logarithms, ["a", "b"]))
    assert value is not None
    assert value > 0
    assert limits is not None
    assert limits[0] == 0.0
    assert value < limits[1] < 0.2


@pytest.mark.parametrize(
    ("name", "scores", "reason"),
    [
        ("mae", numbers([1.0] * 9, [2.0] * 9), "9 rows, and it needs 10"),
        ("r2", normal_errors(9), "9 rows, and it needs 10"),
        ("ece", of_hits(20, 29), "29 rows, and it needs 30"),
        ("macro_f1", classified([0, 1] * 10, [0, 1] * 10), "0 rows of class dog/wolf é, and it"),
        ("balanced_accuracy", of_hits(20, 30), "0 rows of class bird, and it needs 10"),
        ("roc_auc/bird", noisy(27), "9 rows of a class, and it needs 10"),
    ],
)
def test_few_rows_have_a_value_and_reason(name, scores, reason):
    value, limits, why = estimate(name, scores)
    assert value is not None
    assert limits is None
    assert f"too few rows for an interval: {reason}" in why


@pytest.mark.parametrize(
    "name",
    [
        name
        for name, module in metrics.METRICS.all().items()
        if module.METRIC.task == "regression" and module.METRIC.argument is None
    ],
)
def test_unbounded_metric_needs_ten_rows(name):
    nine = replace(normal_errors(9), truth=np.arange(1.0, 10))  # no truth is 0
    reason = "too few rows for an interval: 9 rows, and it needs 10"
    assert (estimate(name, nine).interval, reason in estimate(name, nine).reason) == (None, True)
    ten = replace(normal_errors(10), truth=np.arange(1.0, 11))
    assert estimate(name, ten).interval is not None


def test_undefined_metric_has_a_reason():
    assert estimate("r2", numbers([1.0] * 20, [2.0] * 20)) == Estimate(
        None, None, "the target is the same in all rows"
    )


def test_values_come_without_intervals():
    assert values({"mae": metric("mae")}, numbers([1.0], [3.0])) == {"mae": Estimate(2.0, None)}


@pytest.mark.parametrize("name", metrics.usual("classification", CLASSES))
def test_interval_of_a_classification_contains_the_value(name):
    value, limits, reason = estimate(name, noisy(90))
    assert limits is not None
    assert value is not None
    assert 0 <= limits[0] <= value <= limits[1]
    assert reason == ""


@pytest.mark.parametrize("name", metrics.usual("regression", ()))
def test_interval_of_a_regression_contains_the_value(name):
    value, limits, _ = estimate(name, normal_errors(50))
    assert limits is not None
    assert value is not None
    assert limits[0] < value < limits[1]


def test_perfect_model_has_an_interval_of_some_width():
    scores = classified([0, 1, 2] * 20, [0, 1, 2] * 20, sure=0.99)
    names = [name for name in metrics.usual("classification", CLASSES) if name != "ece"]
    found = estimates({name: metric(name) for name in names}, scores, seed=1)
    assert {name for name, one in found.items() if one.interval is None} == set()
    assert min(one.interval[1] - one.interval[0] for one in found.values() if one.interval) > 0.01


def test_interval_depends_only_on_its_seed():
    one, same, other = (estimate("mae", normal_errors(40), seed=seed) for seed in (1, 1, 2))
    assert one == same != other


def test_interval_does_not_depend_on_other_metrics():
    scores = normal_errors(40)
    both = estimates({"mse": metric("mse"), "mae": metric("mae")}, scores, seed=1)
    assert both["mae"] == estimate("mae", scores)


def test_many_rows_are_drawn_in_blocks():
    low, high = interval("mae", normal_errors(60_000))
    assert high - low == pytest.approx(2 * 1.96 * 0.5 * 0.603 / math.sqrt(60_000), rel=0.15)


def test_jackknife_of_a_mean_is_nearly_its_interval():
    """A metric with only `compute` has nearly the interval that it has with `per_row`."""
    whole = Metric(
        task="regression",
        larger_is_better=False,
        compute=lambda scores: float(np.mean(np.abs(scores.truth - scores.prediction))),
    )
    scores = normal_errors(600)
    low, high = interval("mae", scores)
    limits = estimates({"mine": whole}, scores, seed=1)["mine"].interval
    assert limits is not None
    assert limits[1] - limits[0] == pytest.approx(high - low, rel=0.15)


def difference(name: str, one: Scores, other: Scores) -> Estimate:
    found = against({name: metric(name)}, one, {"other": other}, seed=1)
    return found["other"][name].difference


def test_difference_of_accuracies_is_by_row():
    one, other = of_hits(60, 100), of_hits(50, 100)
    value, limits, _ = difference("accuracy", one, other)
    assert value == pytest.approx(0.1)
    assert limits is not None
    # The models differ in ten rows, so the interval is narrower than that of each share.
    assert 0.02 < limits[0] < 0.1 < limits[1] < 0.21


def test_difference_adds_a_row_of_the_rarest_class():
    """Its weight of 0.1 with 0.2 makes the recall of the rarest class 2/3 or 1."""
    rare = [0] * 20 + [1] * 10
    perfect = metric("balanced_accuracy").varies(classified(rare, rare, classes=2))
    weights = np.array([[0.4 / 20] * 20 + [0.2 / 10] * 10])
    low, high = sampled_difference(perfect, perfect).draws(weights, np.array([0.1]))
    assert low == pytest.approx([(1 + 0.2 / 0.3) / 2 - 1])
    assert high == pytest.approx(-low)


def test_equal_models_have_an_interval_around_zero():
    scores = noisy(90)
    for name in ("accuracy", "macro_f1", "f1/cat", "mcc", "ece"):
        value, limits, _ = difference(name, scores, scores)
        assert value == 0
        assert limits is not None
        assert limits[0] < 0 < limits[1]


@pytest.mark.parametrize(
    "name", ["accuracy", "brier", "log_loss", "roc_auc", "average_precision/cat", "macro_f1", "mcc"]
)
def test_difference_changes_its_sign_with_the_order(name):
    one, other = noisy(300), noisy(300, seed=1)
    value, limits, _ = difference(name, one, other)
    turned, turned_limits, _ = difference(name, other, one)
    assert value == pytest.approx(-turned)
    assert limits == pytest.approx((-turned_limits[1], -turned_limits[0]))


@pytest.mark.parametrize("name", metrics.usual("regression", ()))
def test_difference_of_errors_contains_the_value(name):
    scores = normal_errors(60)
    value, limits, _ = difference(name, scores, NumberScores(scores.truth, scores.prediction + 0.1))
    assert limits is not None
    assert limits[0] < value < limits[1]


def test_paired_difference_is_narrower_than_two_intervals():
    scores = normal_errors(300)
    other = NumberScores(scores.truth, scores.prediction + 0.05)
    for name in ("r2", "mse", "mae"):
        low, high = interval(name, scores)
        limits = difference(name, scores, other).interval
        assert limits is not None
        assert limits[1] - limits[0] < 0.5 * (high - low)


def test_difference_of_an_undefined_metric_has_a_reason():
    scores = numbers([1.0] * 20, [2.0] * 20)
    assert difference("r2", scores, scores) == Estimate(
        None, None, "the target is the same in all rows"
    )
