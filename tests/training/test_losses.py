"""Losses: their values, and the data that they suit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import mean_pinball_loss

from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.metrics import METRICS, modules_of
from pipeline.config.training import LOSSES, Reduction, Training
from pipeline.errors import ConfigError
from pipeline.training import losses
from tests.support import ROOT
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import images, regression, table
from tests.support.refusals import refusal

LABELS, RAW = (
    np.array([[0.0], [2.0], [1.0]]),
    np.array([[2.0, -1.0, 0.5], [0.0, 1.0, 3.0], [1.0, 1.0, 1.0]], dtype=np.float32),
)
SURPRISE = -np.log(np.exp(RAW) / np.exp(RAW).sum(axis=1, keepdims=True))
OF_TRUTH = SURPRISE[[0, 1, 2], [0, 2, 1]]


def training(loss: str | None = None, **settings) -> Training:
    return Training(epochs=1, loss=loss, **settings)


def build(loss: str, meta=None, **settings):
    return losses.build(training(loss, **settings), meta or images())


def compose(*overrides: str) -> ExperimentConfig:
    return compose_experiment(overrides, conf=ROOT / "conf")


@pytest.mark.parametrize(
    ("meta", "usual"),
    [
        (images(), "sparse_categorical_crossentropy"),
        (table(), "binary_crossentropy"),
        (regression(), "mean_squared_error"),
    ],
)
def test_each_kind_of_target_has_its_usual_loss(meta, usual):
    assert losses.name_of(training(), meta) == usual


@pytest.mark.parametrize(
    ("loss", "meta", "target", "names"),
    [
        (
            "mean_squared_error",
            images(),
            "several classes",
            "categorical_crossentropy or focal or sparse_categorical_crossentropy",
        ),
        (
            "sparse_categorical_crossentropy",
            table(),
            "two classes",
            "binary_crossentropy or focal or perceptron",
        ),
        (
            "perceptron",
            regression(),
            "a number",
            "huber or mean_absolute_error or mean_squared_error or quantile",
        ),
    ],
)
def test_loss_for_other_data_is_refused(loss, meta, target, names):
    assert refusal(losses.build, training(loss), meta, error=ConfigError) == (
        f"training.loss does not suit {target}. Received: {loss}. Choose {names}."
    )


def test_metric_of_each_loss_exists():
    metrics = {module.LOSS.metric for module in LOSSES.all().values()} - {None}
    assert metrics == {"log_loss", "mae", "mse", "pinball/{level}"}
    assert set(modules_of(metrics)) <= set(METRICS.names())


def test_one_hot_labels_give_the_same_loss():
    one_hot, numbers = build("categorical_crossentropy"), build("sparse_categorical_crossentropy")
    assert float(one_hot(LABELS, RAW)) == pytest.approx(float(numbers(LABELS, RAW)), rel=1e-6)


def test_label_smoothing_spreads_over_all_classes():
    smoothed = build("categorical_crossentropy", label_smoothing=0.3)
    truth = 0.7 * np.eye(3)[[0, 2, 1]] + 0.1
    assert float(smoothed(LABELS, RAW)) == pytest.approx(
        (truth * SURPRISE).sum(axis=1).mean(), rel=1e-6
    )


def test_label_smoothing_spreads_over_two_classes():
    smoothed = build("binary_crossentropy", table(), label_smoothing=0.2)
    truth, raw = np.array([[1.0], [0.0]]), np.array([[3.0], [-1.0]])
    # 0.9 · -log(p) of the class, and 0.1 · -log(p) of the other.
    expected = [0.9 * np.log1p(np.exp(-3)) + 0.1 * np.log1p(np.exp(3))]
    expected += [0.9 * np.log1p(np.exp(-1)) + 0.1 * np.log1p(np.exp(1))]
    assert float(smoothed(truth, raw)) == pytest.approx(np.mean(expected), rel=1e-6)


def test_label_smoothing_needs_a_loss_that_supports_it():
    text = refusal(
        training, "sparse_categorical_crossentropy", label_smoothing=0.1, error=ConfigError
    )
    assert text == (
        "training.label_smoothing is invalid. Received: 0.1. "
        "Expected: 0, or a training.loss such as binary_crossentropy or categorical_crossentropy."
    )


def values(loss: str, meta, truth: list[float], raw: list[float], **arguments) -> list[float]:
    """The loss of each row."""
    built = build(loss, meta, loss_arguments=arguments)
    return [
        float(built(np.array([[one]]), np.array([[output]], np.float32)))
        for one, output in zip(truth, raw, strict=True)
    ]


def test_huber_is_squared_and_then_linear():
    # 0.5 · e², and beyond delta: delta · (|e| - 0.5 · delta)
    assert values("huber", regression(), [0, 0, 0], [0.5, -1, 3]) == [0.125, 0.5, 2.5]
    assert values("huber", regression(), [0, 0, 0], [0.5, -1, 3], delta=2) == [0.125, 0.5, 4.0]


def test_quantile_weighs_the_sides_by_its_level():
    numbers = ([1, 1, 1], [0, 1, 3])
    assert values("quantile", regression(), *numbers, level=0.9) == pytest.approx([0.9, 0, 0.2])
    assert values("quantile", regression(), *numbers) == [0.5, 0, 1.0]


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=30), st.sampled_from([0.1, 0.25, 0.5, 0.9]))
def test_quantile_is_the_pinball_loss_of_scikit_learn(targets, level):
    targets = np.array(targets, np.float32)
    outputs = np.sin(np.arange(len(targets))).astype(np.float32)
    loss = build("quantile", regression(), loss_arguments={"level": level})
    assert float(loss(targets[:, None], outputs[:, None])) == pytest.approx(
        mean_pinball_loss(targets, outputs, alpha=level), rel=1e-5, abs=1e-6
    )


P = 1 / (1 + np.exp(-2.0))  # of class 1, for a raw output of 2
FOCAL_OF_TWO = [(1 - P) ** 2 * -np.log(P), P**2 * -np.log(1 - P)]


def test_focal_loss_of_two_classes():
    assert values("focal", table(), [1, 0], [2, 2]) == pytest.approx(FOCAL_OF_TWO, rel=1e-5)


def test_alpha_weighs_two_classes():
    expected = [0.25 * FOCAL_OF_TWO[0], 0.75 * FOCAL_OF_TWO[1]]
    assert values("focal", table(), [1, 0], [2, 2], alpha=0.25) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(("alpha", "factor"), [({}, 0.25), ({"alpha": 0.5}, 0.5)])
def test_focal_loss_of_several_classes(alpha, factor):
    focal = build("focal", loss_arguments={"gamma": 3.0} | alpha)
    expected = factor * (1 - np.exp(-OF_TRUTH)) ** 3 * OF_TRUTH
    assert float(focal(LABELS, RAW)) == pytest.approx(expected.mean(), rel=1e-5)


def test_focal_loss_smooths_labels():
    smoothed = build("focal", label_smoothing=0.3)
    truth = 0.7 * np.eye(3)[[0, 2, 1]] + 0.1
    rows = (0.25 * truth * (1 - np.exp(-SURPRISE)) ** 2 * SURPRISE).sum(axis=1)
    assert float(smoothed(LABELS, RAW)) == pytest.approx(rows.mean(), rel=1e-5)


def test_losses_of_probabilities_are_known():
    without = [name for name, one in LOSSES.all().items() if not one.LOSS.gives_probabilities]
    assert without == ["focal", "perceptron"]


def minimiser(loss: str, share: float) -> float:
    """The output that minimises a loss over rows with this share of class 1."""
    by_row = losses.by_row(training(loss), table())
    raw = np.linspace(-4, 4, 1601, dtype=np.float32)
    of = [np.asarray(by_row(np.full((len(raw), 1), label), raw[:, None])) for label in (0.0, 1.0)]
    return float(raw[np.argmin(share * of[1] + (1 - share) * of[0])])


def test_only_cross_entropy_finds_the_probability():
    found = {loss: minimiser(loss, 0.9) for loss in ("binary_crossentropy", "focal")}
    shares = {loss: 1 / (1 + np.exp(-raw)) for loss, raw in found.items()}
    assert shares["binary_crossentropy"] == pytest.approx(0.9, abs=0.002)
    assert shares["focal"] == pytest.approx(0.694, abs=0.002)


REFUSED_ARGUMENTS = {
    ("huber", "delta", 0): "is invalid. Received: 0. Expected: a number above 0.",
    ("huber", "delta", "big"): "is invalid. Received: big. Expected: a number above 0.",
    ("huber", "delta", None): "is invalid. Expected: a number above 0.",
    ("huber", "delt", 1): "is not an argument of huber. Received: delt. "
    "Did you mean delta? Allowed: delta.",
    ("quantile", "level", 1): "is invalid. Received: 1. Expected: a number above 0 and below 1.",
    ("focal", "gamma", 0.5): "is invalid. Received: 0.5. Expected: a number from 1.",
    ("focal", "alpha", True): "is invalid. Received: True. Expected: a number above 0 and below 1.",
    (None, "delta", 1): "is not an argument of the usual loss. Received: delta. Allowed: nothing.",
}


@pytest.mark.parametrize(("loss", "name", "value"), REFUSED_ARGUMENTS)
def test_invalid_argument_of_a_loss_is_refused(loss, name, value):
    text = refusal(training, loss, loss_arguments={name: value}, error=ConfigError)
    message = REFUSED_ARGUMENTS[loss, name, value]
    assert text == f"training.loss_arguments.{name} {message}"


def test_arguments_of_a_loss_have_names():
    text = refusal(training, "huber", loss_arguments=[2.0], error=ConfigError)
    assert text == (
        "training.loss_arguments is invalid. Received: [2.0]. "
        "Expected: {argument: number, …} or null."
    )


def test_settings_name_all_arguments_of_a_loss():
    settings = compose("data=diabetes", "training.loss=quantile").training
    assert settings.loss_arguments == {"level": 0.5}
    settings = compose("data=diabetes", "training.loss=huber", "training.loss_arguments={delta: 2}")
    assert settings.training.loss_arguments == {"delta": 2}


def test_summed_loss_is_the_sum_over_rows():
    summed = build("sparse_categorical_crossentropy", loss_reduction=Reduction.sum)
    assert float(summed(LABELS, RAW)) == pytest.approx(OF_TRUTH.sum(), rel=1e-6)


def test_perceptron_criterion_counts_mistakes_only():
    truth, raw = np.array([[1.0], [0.0], [1.0], [0.0]]), np.array([[2.0], [-2.0], [-3.0], [0.5]])
    values = [float(build("perceptron", table())(truth[[i]], raw[[i]])) for i in range(4)]
    assert values == [0.0, 0.0, 3.0, 0.5]


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_loss_by_row_is_neither_summed_nor_smoothed(loss):
    smoothing = 0.3 if loss == "categorical_crossentropy" else 0.0
    settings = training(loss, loss_reduction=Reduction.sum, label_smoothing=smoothing)
    assert np.array(losses.by_row(settings, images())(LABELS, RAW)) == pytest.approx(
        OF_TRUTH, rel=1e-6
    )
