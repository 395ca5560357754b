"""Which metrics are measured for a model."""

from pipeline import metrics
from pipeline.evaluation.intervals import Estimate
from pipeline.evaluation.scoring import defined, limits, measures
from pipeline.runs.history import Point
from tests.metrics.toy import classified, numbers
from tests.support.metas import images, regression, table

NO_PROBABILITIES = "the outputs of this model are not probabilities"


def point(**figures: float) -> Point:
    return Point(1, 1.0, 0, 0.0, 0.0, 0, 0.1, {"running/loss": 1.0, **figures})


def test_classification_has_all_its_metrics():
    measured = measures(images(), [point()], gives_probabilities=True)
    usual = metrics.usual("classification", ["a", "b", "c"])
    assert list(measured.metrics) == usual
    assert measured.main == [name for name in usual if "/" not in name]
    assert measured.refused == {}


def test_metric_that_training_measured_is_a_main_one():
    history = [point(**{"validation/recall/yes": 0.5}), point(**{"validation/loss": 1.0})]
    measured = measures(table(), history, gives_probabilities=True)
    assert measured.main[-1] == "recall/yes"
    assert list(measured.of_the_whole.metrics) == measured.main


def test_quantile_of_the_training_is_measured():
    history = [point(**{"train/pinball/0.9": 1.0, "validation/pinball/0.9": 1.0})]
    measured = measures(regression(), history, gives_probabilities=True)
    assert measured.main == [*metrics.usual("regression", ()), "pinball/0.9"]


def test_model_without_probabilities_has_none_of_their_metrics():
    meta = table(classes=["cat", "bird"])
    measured = measures(meta, [point()], gives_probabilities=False)
    estimates = measured.estimates(classified([0, 1] * 20, [0, 1] * 20, classes=2))
    refused = {name for name, one in estimates.items() if one.reason == NO_PROBABILITIES}
    assert refused == {"brier", "ece", "log_loss"}
    assert not refused & set(defined(estimates))
    assert estimates["accuracy"].value == 1.0


def test_only_defined_values_and_intervals_are_kept():
    estimates = {
        "r2": Estimate(None, None, "the target is the same in all rows"),
        "mae": Estimate(1.0, (0.5, 1.5)),
        "mse": Estimate(2.0, None, "too few rows"),
    }
    assert defined(estimates) == {"mae": 1.0, "mse": 2.0}
    assert limits(estimates) == {"mae": (0.5, 1.5)}


def test_values_have_no_intervals():
    measured = measures(regression(), [point()], gives_probabilities=True)
    found = measured.values(numbers([1.0, 2.0], [1.0, 3.0]))
    assert {one.interval for one in found.values()} == {None}
