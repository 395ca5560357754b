"""What all metrics promise: names, arguments, directions, limits."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline import metrics
from pipeline.metrics import METRICS, Metric, UndefinedError
from pipeline.models.scores import Scores
from tests.metrics.toy import CLASSES, classified, numbers
from tests.support.modules import loaded_by
from tests.support.refusals import refusal

FALLING = {
    *("log_loss", "brier", "ece", "mae", "mape", "median_ae", "mse", "pinball", "rmse"),
    "hamming_loss",
}
USUAL = [*metrics.usual("classification", CLASSES), *metrics.usual("regression", ())]


def named(name: str) -> Metric:
    return metrics.named(name, key="training.metrics")


def refused(name: str) -> str:
    return refusal(metrics.named, name, key="training.metrics")


def test_only_errors_fall():
    falling = {name for name, one in METRICS.all().items() if not one.METRIC.larger_is_better}
    assert falling == FALLING


@pytest.mark.parametrize(
    ("task", "headline"),
    [("classification", "accuracy"), ("regression", "r2"), ("multi_label", "macro_f1")],
)
def test_each_task_has_one_headline(task, headline):
    names = [name for name, one in METRICS.all().items() if one.METRIC.headline == task]
    assert names == [headline]
    assert metrics.headline(task) == headline


def test_headline_comes_first_and_single_classes_last():
    names = metrics.usual("classification", ["a", "b"])
    assert names[:3] == ["accuracy", "average_precision", "balanced_accuracy"]
    assert names[-2:] == ["roc_auc/a", "roc_auc/b"]
    assert metrics.usual("regression", ()) == [
        "r2",
        "mae",
        "mape",
        "median_ae",
        "mse",
        "rmse",
    ]


@pytest.mark.parametrize(("classes", "expected"), [(4, []), (5, ["3"]), (10, ["3", "5"])])
def test_top_k_is_measured_from_five_classes_on(classes, expected):
    names = metrics.usual("classification", [str(number) for number in range(classes)])
    top_k = [name.partition("/")[2] for name in names if name.startswith("top_k_accuracy/")]
    assert top_k == expected


def test_single_classes_are_measured_up_to_a_hundred():
    many = metrics.usual("classification", [str(number) for number in range(101)])
    assert not [name for name in many if name.startswith("recall/")]
    assert "top_k_accuracy/5" in many


def test_unknown_metric_is_refused_with_a_suggestion():
    assert refused("acuracy").startswith(
        "training.metrics is not a metric. Received: acuracy. Did you mean accuracy? Allowed: "
    )


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("recall", "recall/<class>, where class is the name of a class of the data."),
        ("roc_auc/", "roc_auc or roc_auc/<class>, where class is the name of a class of the data."),
        ("pinball/1", "pinball/<quantile>, where quantile is a number between 0 and 1."),
        ("pinball/nan", "pinball/<quantile>, where quantile is a number between 0 and 1."),
        (
            "top_k_accuracy/0",
            "top_k_accuracy/<k>, where k is a whole number from 1, below the number of classes.",
        ),
    ],
)
def test_invalid_argument_is_refused(name, expected):
    assert refused(name) == f"training.metrics is invalid. Received: {name}. Expected: {expected}"


def test_argument_of_a_metric_without_one_is_refused():
    message = refusal(metrics.require_of_data, "accuracy/a", "classification", [], key="claims")
    assert message == (
        "claims is invalid. Received: accuracy/a. Expected: accuracy, without an argument."
    )


def test_class_that_the_data_lack_is_refused():
    assert refusal(metrics.require_suited, "recall/birrd", CLASSES, key="training.metrics") == (
        "training.metrics names a metric that does not suit the data. Received: recall/birrd. "
        "Did you mean recall/bird? Allowed: recall/bird, recall/cat, recall/dog/wolf é."
    )


def test_k_of_all_classes_is_refused():
    metrics.require_suited("top_k_accuracy/2", CLASSES, key="training.metrics")
    assert "does not suit the data" in refusal(
        metrics.require_suited, "top_k_accuracy/3", CLASSES, key="training.metrics"
    )


def test_class_name_may_hold_slashes_and_accents():
    assert named("recall/dog/wolf é").value(classified([0, 2, 2], [0, 2, 1])) == 0.5


def test_metric_is_defined_in_exactly_one_way():
    for functions in ({}, {"compute": max, "per_row": max}):
        with pytest.raises(TypeError, match="either compute or per_row"):
            Metric(task="regression", larger_is_better=True, **functions)


def test_metrics_import_scikit_learn_when_used():
    loaded = loaded_by("from pipeline import metrics; metrics.usual('classification', ['a'])")
    assert "sklearn" not in loaded


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_usual_training_imports_no_scikit_learn(task):
    names = {"classification": ("accuracy", "log_loss"), "regression": ("mae", "mse", "r2")}[task]
    measure = f"[metrics.named(name, key='').value(scores) for name in {names}]"
    scores = {
        "classification": "ClassScores(np.array([0, 1]), np.log(np.full((2, 2), .5)), ['a', 'b'])",
        "regression": "NumberScores(np.array([0.0, 1.0]), np.array([0.5, 0.5]))",
    }[task]
    head = "import numpy as np; from pipeline import metrics; from pipeline.models.scores import *"
    assert "sklearn" not in loaded_by(f"{head}; scores = {scores}; {measure}")


def value_or_reason(name: str, scores: Scores) -> bool | str:
    try:
        return bool(np.isfinite(named(name).value(scores)))
    except UndefinedError as error:
        return str(error)


@settings(max_examples=12)
@given(
    truth=st.lists(st.integers(0, 2), min_size=1, max_size=12),
    seed=st.integers(0, 2**32 - 1),
)
def test_value_is_finite_or_undefined_with_a_reason(truth, seed):
    random = np.random.default_rng(seed)
    predicted = random.integers(0, 3, size=len(truth)).tolist()
    scores = {
        "classification": classified(truth, predicted),
        "regression": numbers([float(value) for value in truth], random.normal(size=len(truth))),
    }
    for name in USUAL:
        assert value_or_reason(name, scores[named(name).task]), name


def test_metrics_of_probabilities_say_so():
    of_probabilities = {name for name in USUAL if named(name).needs_probabilities}
    assert of_probabilities == {"brier", "ece", "log_loss"}
