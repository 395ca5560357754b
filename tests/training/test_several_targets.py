"""Training with several targets: losses, measured figures, and what is refused."""

import numpy as np
import pytest

from pipeline.config import usual
from pipeline.config.data import Task
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.training import EarlyStopping, Training
from pipeline.data.prepared import Split
from pipeline.errors import ConfigError
from pipeline.models.members import MeanOfMembers
from pipeline.training import losses, measuring
from pipeline.training.class_weights import class_weights
from pipeline.training.fitted_model import columns
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import labels, numbers
from tests.support.refusals import refusal
from tests.support.toy import config_of

TOPICS, LOADS = labels("spam", "insult"), numbers("heating", "cooling")
Y = {"labels": np.array([[1, 0], [0, 1], [1, 1]]), "numbers": np.array([[1.0, 8], [2, 4], [4, 0]])}
RAW = np.array([[2.0, -1.0], [0.5, 3.0], [-1.0, 1.0]], dtype=np.float32)
LOGISTIC = np.log1p(np.exp(-RAW * (2 * Y["labels"] - 1)))


def split(y: np.ndarray) -> Split:
    return Split(np.arange(len(y)).reshape(-1, 1), y, None)


def measured(meta, y: np.ndarray, **settings) -> dict[str, float]:
    built = measuring.build(
        Training(epochs=1, **settings), meta, train=split(y), validation=split(y)
    )
    values = built.measure(lambda one: RAW[one.x[:, 0]])
    named = {name.partition("/")[2]: value for name, value in values.items()}
    assert built.figures() == list(values)
    return named


def compose(repository, *overrides: str) -> ExperimentConfig:
    return config_of(repository, "data=pairs", *overrides)


def test_loss_of_labels_is_the_mean_cross_entropy():
    values = measured(TOPICS, Y["labels"])
    assert list(values) == ["loss", "macro_f1", "log_loss"]
    assert values["loss"] == pytest.approx(LOGISTIC.mean(), rel=1e-6)
    assert values["log_loss"] == pytest.approx(LOGISTIC.mean())


def test_loss_of_numbers_is_the_mean_over_targets():
    values = measured(LOADS, Y["numbers"])
    assert list(values) == ["loss", "r2", "mae/heating", "mae/cooling"]
    assert values["loss"] == pytest.approx(np.mean((RAW - Y["numbers"]) ** 2), rel=1e-6)
    assert values["mae/heating"] == pytest.approx((1 + 1.5 + 5) / 3)


@pytest.mark.parametrize(
    ("meta", "y"), [(LOADS, Y["numbers"]), (TOPICS, Y["labels"])], ids=["numbers", "labels"]
)
def test_each_row_has_one_loss(meta, y):
    rows = losses.by_row(Training(epochs=1), meta)(y.astype(np.float32), RAW)
    assert rows.shape == (3,)
    members = MeanOfMembers(losses.by_row(Training(epochs=1), meta))
    stacked = np.stack([RAW, RAW], axis=1)
    of_members = np.array(members.call(y.astype(np.float32), stacked))
    assert of_members == pytest.approx(np.array(rows), rel=1e-6)


def test_engine_gets_a_column_for_each_target():
    _, y = columns(split(Y["labels"]))
    assert y.shape == (3, 2)


@pytest.mark.parametrize("loss", ["huber", "mean_absolute_error", "quantile"])
def test_losses_of_a_number_learn_several(loss):
    settings = {name: one.default for name, one in losses.named(loss).arguments.items()}
    names = list(measured(LOADS, Y["numbers"], loss=loss, loss_arguments=settings))
    assert names == ["loss", "r2", "mae/heating", "mae/cooling"]


@pytest.mark.parametrize(
    ("loss", "usable"),
    [
        ("keras.losses:BinaryCrossentropy", True),
        ("keras.losses:BinaryFocalCrossentropy", True),
        ("focal", False),
        ("keras.losses:Hinge", False),
        ("mean_squared_error", False),
    ],
)
def test_only_losses_of_each_label_suit_labels(loss, usable):
    settings = Training(epochs=1, loss=loss)
    if usable:
        losses.build(settings, TOPICS)
    else:
        assert "does not suit several labels" in refusal(losses.build, settings, TOPICS)


def test_weights_of_classes_do_not_suit_labels():
    with pytest.raises(ConfigError, match="class_weight does not suit multi_label"):
        class_weights(Training(epochs=1, class_weight="balanced"), TOPICS, Y["labels"])


def test_monitored_metric_of_a_missing_label_is_refused():
    rule = EarlyStopping(monitor="validation/roc_auc/spam")
    message = refusal(measured, TOPICS, np.array([[1, 0], [1, 1]]), early_stopping=rule)
    assert "is not defined on these rows" in message


def test_many_numbers_are_not_measured_one_by_one():
    names = [f"y{number}" for number in range(7)]
    training = Training(epochs=1)
    assert usual.measured_metrics(training, Task.regression, [], names) == ["r2"]
    assert len(usual.measured_metrics(training, Task.regression, [], names[:6])) == 7


@pytest.mark.parametrize("override", ["training.metrics=[mae]", "training.metrics=[mae/y]"])
def test_composition_refuses_a_metric_of_another_target(repository, override):
    data = ("data.task=regression", "data.target=[x,side]")
    assert "training.metrics names a metric" in refusal(compose, repository, *data, override)


def test_targets_can_be_set_on_the_command_line(repository):
    config = compose(repository, "data.task=multi_label", "data.target=[x,side]")
    assert (config.data.targets, config.data.several) == (["x", "side"], ["x", "side"])
