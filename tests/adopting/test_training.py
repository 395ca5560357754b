"""Arguments of `compile` and `fit` as settings."""

import keras
import pytest

from pipeline.adopting import training
from pipeline.adopting.refusal import AdoptionError
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal


@pytest.mark.parametrize(
    ("loss", "name"),
    [
        ("mse", "mean_squared_error"),
        (keras.losses.mean_absolute_error, "mean_absolute_error"),
        ("sparse_categorical_crossentropy", "sparse_categorical_crossentropy"),
        (keras.losses.BinaryCrossentropy(), "binary_crossentropy"),
        (["categorical_crossentropy"], "categorical_crossentropy"),
        ("log_cosh", "keras.losses:LogCosh"),
        ("msle", "keras.losses:MeanSquaredLogarithmicError"),
    ],
)
def test_loss_has_a_name(loss, name):
    assert training.loss_of(loss).name == name


def test_loss_keeps_its_arguments():
    assert training.loss_of(keras.losses.Huber(delta=2.0)).settings == {
        "loss_arguments": {"delta": 2.0}
    }
    smooth = keras.losses.CategoricalCrossentropy(label_smoothing=0.1, from_logits=True)
    assert training.loss_of(smooth).settings == {"label_smoothing": 0.1}
    assert training.loss_of(smooth).from_logits


@pytest.mark.parametrize("loss", [lambda y, p: y - p, "cosine_similarity", None])
def test_other_loss_is_refused(loss):
    message = refusal(training.loss_of, loss, error=AdoptionError)
    assert message.startswith("the loss has no counterpart")


@pytest.mark.parametrize(
    ("optimizer", "family", "settings"),
    [
        ("adam", "adam", {"learning_rate": 0.001}),
        (keras.optimizers.SGD(0.1, momentum=0.9), "sgd", {"learning_rate": 0.1, "momentum": 0.9}),
        (
            keras.optimizers.AdamW(weight_decay=0.01),
            "adamw",
            {"learning_rate": 0.001, "weight_decay": 0.01, "decay_biases": True},
        ),
        (
            keras.optimizers.SGD(keras.optimizers.schedules.ExponentialDecay(0.1, 10, 0.5)),
            "sgd",
            {
                "learning_rate": 0.1,
                "schedule": "keras.optimizers.schedules:ExponentialDecay",
                "schedule_arguments": {"decay_steps": 10, "decay_rate": 0.5, "staircase": False},
            },
        ),
        (
            keras.optimizers.SGD(
                keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.1, 0.01])
            ),
            "sgd",
            {
                "schedule": "keras.optimizers.schedules:PiecewiseConstantDecay",
                "schedule_arguments": {"boundaries": [5], "values": [0.1, 0.01]},
            },
        ),
    ],
)
def test_optimizer_keeps_what_differs(optimizer, family, settings):
    read = training.optimizer_settings(keras.optimizers.get(optimizer))
    assert read == (family, settings)


class Halved(keras.optimizers.schedules.LearningRateSchedule):
    def __call__(self, step):
        return 0.5**step

    def get_config(self):
        return {}


def test_schedule_with_code_of_the_script_is_refused():
    message = refusal(
        training.optimizer_settings, keras.optimizers.SGD(Halved()), error=AdoptionError
    )
    assert message.startswith("the schedule of the learning rate has code of the script's own")


def rates(schedule, epochs=4):
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(0.1), "mse")
    fitted = {"callbacks": keras.callbacks.LearningRateScheduler(schedule)}
    return training.scheduled_rates(model, fitted, epochs, steps=10)


def test_scheduler_becomes_a_rate_for_each_epoch():
    assert rates(lambda epoch, rate: rate / 2 if epoch % 2 else rate) == {
        "learning_rate": 0.1,
        "schedule": "keras.optimizers.schedules:PiecewiseConstantDecay",
        "schedule_arguments": {"boundaries": [9, 29], "values": [0.1, 0.05, 0.025]},
    }


def test_scheduled_rate_changes_as_an_epoch_starts():
    arguments = rates(lambda epoch: 0.5**epoch)["schedule_arguments"]
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay(**arguments)
    assert [float(schedule(step)) for step in (0, 9, 10, 19, 20)] == [1, 1, 0.5, 0.5, 0.25]


def test_scheduler_of_one_rate_is_a_learning_rate():
    assert rates(lambda _: 0.25) == {"learning_rate": 0.25}


def test_scheduler_that_fails_is_refused():
    assert refusal(rates, lambda epoch: [0.1][epoch], error=AdoptionError) == (
        "LearningRateScheduler fails in epoch 2. Received: IndexError: list index out of range. "
        "Correct its function in the script."
    )


def test_callbacks_become_settings():
    missing = []
    callbacks = [
        keras.callbacks.EarlyStopping(
            "val_accuracy", patience=5, min_delta=0.01, restore_best_weights=True
        ),
        keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=2),
        keras.callbacks.TensorBoard("logs"),
        keras.callbacks.CSVLogger("log.csv"),
        keras.callbacks.LearningRateScheduler(lambda _: 0.1),
        keras.callbacks.LambdaCallback(),
    ]
    settings, tracking = training.callback_settings(callbacks, missing)
    assert settings["early_stopping"] == {
        "patience": 5,
        "monitor": "validation/accuracy",
        "min_delta": 0.01,
    }
    assert settings["reduce_on_plateau"]["factor"] == 0.5
    assert tracking == {"tensorboard": True}
    assert [one.partition(";")[0] for one in missing] == ["the callback LambdaCallback"]


def test_checkpoint_of_the_best_keeps_the_best():
    callback = keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)
    settings, _ = training.callback_settings(callback, [])
    assert settings == {"early_stopping": {"patience": None}}


def test_no_callback_trains_to_the_end():
    assert training.callback_settings(None, []) == ({"early_stopping": None}, {})


def test_metrics_beyond_the_usual_are_measured():
    missing = []
    metrics = ["acc", keras.metrics.AUC(), keras.metrics.MeanSquaredError()]
    assert training.metric_settings(metrics, "classes", missing) == [
        "accuracy",
        "log_loss",
        "roc_auc",
    ]
    assert missing == ["the metric mean_squared_error"]
    assert training.metric_settings(["accuracy"], "classes", []) is None


def test_arguments_of_fit_that_are_lost_are_named():
    missing = []
    fitted = {"epochs": 3, "shuffle": False, "steps_per_epoch": 5}
    assert training.length_settings(fitted, missing) == {"epochs": 3, "batch_size": 32}
    assert len(missing) == 2


def test_metric_without_a_counterpart_is_missing():
    missing = []
    assert training.metric_settings([keras.metrics.CosineSimilarity()], "number", missing) is None
    assert missing == ["the metric cosine_similarity"]
