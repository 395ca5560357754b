"""What training measures at an evaluation: exact values of a few rows."""

from dataclasses import replace

import numpy as np
import pytest

from pipeline.config.training import EarlyStopping, Reduction, Training
from pipeline.data.prepared import Meta, Split, Target
from pipeline.training import measuring
from pipeline.training.measuring import Measuring
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table

PRICES = replace(regression(1), targets=[Target("price", 1000.0, mean=200.0, scale=50.0)])


def split(*y: float, dtype: str = "int32") -> Split:
    """Rows with their number as input."""
    return Split(np.arange(len(y)).reshape(-1, 1), np.array(y, dtype=dtype), None)


def measure(
    meta: Meta, raw: list[list[float]], y: Split, **settings
) -> tuple[Measuring, dict[str, float]]:
    """Measures raw outputs. They are the same for the training rows and the validation rows."""
    built = measuring.build(Training(epochs=1, **settings), meta, train=y, validation=y)
    outputs = np.array(raw, dtype=np.float32)
    return built, built.measure(lambda one: outputs[one.x[:, 0]])


def values(meta: Meta, raw: list[list[float]], y: Split, **settings) -> dict[str, float]:
    """The figures of the validation rows."""
    _, measured = measure(meta, raw, y, **settings)
    return {
        name.removeprefix("validation/"): value
        for name, value in measured.items()
        if name.startswith("validation/")
    }


def test_both_splits_are_measured_with_the_same_figures():
    built, measured = measure(images(), [[2, 0, 0], [0, 2, 0]], split(0, 2))
    names = ["loss", "accuracy", "log_loss"]
    assert list(measured) == [f"{name}/{one}" for name in ("train", "validation") for one in names]
    assert list(measured) == built.figures()
    assert measured["train/loss"] == measured["validation/loss"]


def test_classification_is_measured_from_raw_outputs():
    total = np.log(np.exp(2) + 2)
    assert values(images(), [[2, 0, 0], [0, 2, 0]], split(0, 2)) == {
        "loss": pytest.approx((total - 2 + total) / 2, rel=1e-6),
        "accuracy": 0.5,
        "log_loss": pytest.approx((total - 2 + total) / 2, rel=1e-6),
    }


def test_two_classes_have_one_raw_output():
    measured = values(table(), [[np.log(3)], [np.log(3)]], split(1, 0))
    expected = -np.mean(np.log([0.75, 0.25]))
    assert measured == {
        "loss": pytest.approx(expected, rel=1e-6),
        "accuracy": 0.5,
        "log_loss": pytest.approx(expected, rel=1e-6),
    }


def test_log_loss_of_a_sure_mistake_is_exact():
    measured = values(table(), [[60.0], [-60.0]], split(1, 1))
    assert measured["log_loss"] == pytest.approx(30.0)
    assert measured["loss"] == pytest.approx(30.0)


def test_regression_is_measured_in_the_target_unit():
    # Errors of 1 and 3 standard deviations are 50 and 150.
    measured = values(PRICES, [[1.0], [0.0]], split(0.0, 3.0, dtype="float32"))
    assert measured == {
        "loss": pytest.approx((1 + 9) / 2),
        "mae": pytest.approx(100.0),
        "mse": pytest.approx((50**2 + 150**2) / 2),
        "r2": pytest.approx(1 - (1 + 9) / (2 * 1.5**2)),
    }


def test_mean_over_rows_ignores_reduction_and_smoothing():
    raw, y = [[2, 0, 0], [0, 2, 0], [0, 0, 2]], split(0, 1, 0)
    plain = values(images(), raw, y, loss="categorical_crossentropy")
    assert plain == values(
        images(),
        raw,
        y,
        loss="categorical_crossentropy",
        loss_reduction=Reduction.sum,
        label_smoothing=0.2,
    )


def test_class_weights_give_a_loss_of_their_own():
    weight = {"yes": 3.0}
    measured = values(table(), [[0.0], [np.log(3)]], split(0, 1), class_weight=weight)
    losses = [-np.log(0.5), -np.log(0.75)]
    assert measured["loss"] == pytest.approx(np.mean(losses), rel=1e-6)
    assert measured["weighted_loss"] == pytest.approx((losses[0] + 3 * losses[1]) / 4, rel=1e-6)
    assert list(measured) == ["loss", "weighted_loss", "accuracy", "log_loss"]


def test_weights_of_rows_and_classes_are_multiplied():
    rows = replace(split(0, 1), sample_weight=np.array([2, 1], np.float32))
    measured = values(table(), [[0.0], [np.log(3)]], rows, class_weight={"yes": 3.0})
    losses = [-np.log(0.5), -np.log(0.75)]
    expected = (2 * losses[0] + 3 * losses[1]) / 5
    assert measured["weighted_loss"] == pytest.approx(expected, rel=1e-6)


def test_rows_without_weight_have_no_weighted_loss():
    weight = {"yes": 0.0}
    assert "weighted_loss" not in values(table(), [[0.0]], split(1), class_weight=weight)
    assert "weighted_loss" in values(table(), [[0.0]], split(0), class_weight=weight)


def test_perceptron_criterion_is_measured():
    measured = values(table(), [[2.0], [0.5], [-3.0]], split(1, 0, 1), loss="perceptron")
    assert measured["loss"] == pytest.approx((0 + 0.5 + 3) / 3)
    assert measured["accuracy"] == pytest.approx(1 / 3)


def test_outputs_that_are_not_finite_have_no_metrics():
    measured = values(images(), [[2, 0, 0], [0, float("inf"), 0]], split(0, 1))
    assert list(measured) == ["loss"]
    assert np.isnan(measured["loss"])


def test_listed_metrics_are_measured_with_those_monitored():
    settings = {"metrics": [], "early_stopping": EarlyStopping(monitor="validation/accuracy")}
    measured = values(table(), [[0.0], [1.0]], split(0, 1), loss="perceptron", **settings)
    assert list(measured) == ["loss", "accuracy"]


def rows_measured(rows: int, measure_train: bool | None) -> np.ndarray | None:
    train = split(*[0] * rows)
    training = Training(epochs=1, measure_train=measure_train)
    built = measuring.build(training, table(), train=train, validation=split(0, 1))
    return built.splits["train"].x[:, 0] if "train" in built.splits else None


@pytest.mark.parametrize(
    ("rows", "measure_train", "count"),
    [(10_000, None, 10_000), (10_001, None, 10_000), (10_001, True, 10_001)],
)
def test_at_most_10000_training_rows_are_measured(rows, measure_train, count):
    assert len(rows_measured(rows, measure_train)) == count


def test_measured_training_rows_are_the_same_each_time():
    first, again = (rows_measured(10_100, None) for _ in range(2))
    assert np.array_equal(first, again)
    assert np.array_equal(first, np.unique(first))


def test_training_rows_need_not_be_measured():
    assert rows_measured(10, measure_train=False) is None


@pytest.mark.parametrize("kind", [dict, tuple])
def test_rows_of_several_inputs_are_chosen_together(kind):
    numbers = np.arange(10_100)
    x = {"a": numbers, "b": -numbers} if kind is dict else (numbers, -numbers)
    train = Split(x, numbers % 2, None)
    built = measuring.build(Training(epochs=1), table(), train=train, validation=split(0, 1))
    one, other = built.splits["train"].x.values() if kind is dict else built.splits["train"].x
    assert np.array_equal(one, -other)
    assert np.array_equal(built.splits["train"].y, one % 2)
