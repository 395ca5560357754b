"""Keras callbacks receive the same calls, in the same order, as from `fit`."""

import keras
import numpy as np

from pipeline.runs.history import Point
from pipeline.training.listeners.keras_callbacks import KerasCallbacks, logs_of
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401 - pins TensorFlow's threads before its first operation

SCHEDULE = Schedule(rows=70, batch_size=16, total=10, seed=1)  # two epochs of five steps
MEANS = {"loss": 0.5}


class Diary(keras.callbacks.Callback):
    """Remembers its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list = []

    def on_train_begin(self, *_, **__):
        self.calls.append("train begins")

    def on_epoch_begin(self, epoch, *_, **__):
        self.calls.append(("epoch begins", epoch))

    def on_train_batch_begin(self, batch, *_, **__):
        self.calls.append(("batch begins", batch))

    def on_train_batch_end(self, batch, logs):
        self.calls.append(("batch ends", batch, logs))

    def on_epoch_end(self, epoch, logs):
        self.calls.append(("epoch ends", epoch, logs))

    def on_train_end(self, logs):
        self.calls.append(("train ends", logs))


def network() -> keras.Model:
    return keras.Sequential([keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="ones")])


def point(step: int, **metrics: float) -> Point:
    losses = {"running/loss": 0.5, "train/loss": 0.4, "validation/loss": 0.6}
    return Point(step, step / 5, 0, 0.0, 0.0, 0, 0.1, losses | metrics)


LOGS = {"loss": 0.5, "val_loss": 0.6}


def listening(*callbacks, optimizer=None) -> KerasCallbacks:
    optimizer = optimizer or keras.optimizers.SGD(0.1)
    return KerasCallbacks(callbacks, network(), optimizer, SCHEDULE)


def run(listener: KerasCallbacks, slices, *, start: int = 0, history=()) -> None:
    """Calls a listener as the loop does, with segments that end at the steps 5 and 10."""
    listener.on_begin(history)
    listener.on_segment(start)
    for step in slices:
        listener.on_step(step, MEANS)
        if step % 5 == 0:
            listener.on_point(point(step))
            if step < 10:
                listener.on_segment(step)
    listener.on_end()


def test_callback_receives_slices_as_batches():
    diary = Diary()
    run(listening(diary), [3, 5, 10])
    assert diary.calls == [
        "train begins",
        ("epoch begins", 0),
        ("batch begins", 0),
        ("batch ends", 2, MEANS),
        ("batch begins", 3),
        ("batch ends", 4, MEANS),
        ("epoch ends", 0, LOGS),
        ("epoch begins", 1),
        ("batch begins", 0),
        ("batch ends", 4, MEANS),
        ("epoch ends", 1, LOGS),
        ("train ends", LOGS),
    ]


def test_slices_of_one_step_equal_fit():
    diary, fitted = Diary(), Diary()
    run(listening(diary), range(1, 11))
    keras.utils.set_random_seed(1)
    model = network()
    model.compile(optimizer="sgd", loss="mse")
    x = np.zeros((70, 2), np.float32)
    model.fit(
        x,
        x[:, :1],
        validation_data=(x, x[:, :1]),
        batch_size=16,
        epochs=2,
        verbose=0,
        callbacks=[fitted],
    )
    assert [_named(entry) for entry in diary.calls] == [_named(entry) for entry in fitted.calls]


def _named(entry):
    """A call with the names of its logs instead of their values."""
    return (
        entry
        if isinstance(entry, str)
        else tuple(sorted(part) if isinstance(part, dict) else part for part in entry)
    )


def test_logs_have_the_names_of_keras():
    metrics = {"train/accuracy": 0.75, "validation/accuracy": 0.7}
    assert logs_of(point(5, **metrics)) == LOGS | {"accuracy": 0.75, "val_accuracy": 0.7}


def test_resumed_epoch_continues_its_batches():
    diary = Diary()
    run(listening(diary), [10], start=7, history=[point(5)])
    assert diary.calls[1:5] == [
        ("epoch begins", 1),
        ("batch begins", 2),
        ("batch ends", 4, MEANS),
        ("epoch ends", 1, LOGS),
    ]


def test_evaluation_inside_an_epoch_calls_nothing():
    diary = Diary()
    listener = listening(diary)
    listener.on_begin([])
    listener.on_segment(0)
    listener.on_point(point(2))
    listener.on_segment(2)
    assert diary.calls == ["train begins", ("epoch begins", 0)]


def test_callback_changes_the_learning_rate():
    optimizer = keras.optimizers.SGD(0.1)
    run(
        listening(
            keras.callbacks.LearningRateScheduler(lambda epoch: 0.5 / (epoch + 1)),
            optimizer=optimizer,
        ),
        [5, 10],
    )
    assert float(optimizer.learning_rate) == 0.25


def test_callback_saves_the_weights_of_the_network(tmp_path):
    checkpoint = keras.callbacks.ModelCheckpoint(
        str(tmp_path / "{epoch}.weights.h5"), save_weights_only=True
    )
    run(listening(checkpoint), [5, 10])
    restored = network()
    restored.load_weights(tmp_path / "2.weights.h5", skip_mismatch=False)
    assert restored.get_weights()[0].tolist() == [[1.0], [1.0]]


def test_callback_may_ask_for_the_end():
    listener = listening(keras.callbacks.EarlyStopping(monitor="val_loss", patience=1))
    assert not listener.stops
    run(listener, [5, 10])
    assert listener.stops


def test_callback_has_numbers_of_epochs_and_steps():
    diary = Diary()
    listening(diary)
    assert (diary.params["epochs"], diary.params["steps"]) == (2, 5)


def test_callback_may_change_its_logs():
    class Clearing(keras.callbacks.Callback):
        def on_epoch_end(self, _epoch, logs):
            logs.clear()

    diary = Diary()
    run(listening(Clearing(), diary), [5])
    assert diary.calls[-1] == ("train ends", LOGS)
