"""The callbacks of the settings: what is refused, what is called, what a checkpoint holds."""

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.config.training import Callback, Training
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.training import callbacks
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals

SCHEDULE = Schedule(rows=70, batch_size=16, total=10, seed=1)  # two epochs of five steps
POINT = Point(5, 1.0, 0, 0.0, 0.0, 0, 0.1, {"running/loss": 0.5, "validation/loss": 0.6})
TEXT = """
import keras
import numpy as np

class Plain(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        print("epoch", epoch)

class Keeping(keras.callbacks.Callback):
    def __init__(self, start=0):
        super().__init__()
        self.state = {"calls": [], "array": np.zeros(2), "start": start}
    def note(self, name):
        self.state["calls"].append(name)
        self.state["array"] = self.state["array"] + 1
    def on_train_begin(self, logs=None):
        self.note("train begins")
    def on_epoch_begin(self, epoch, logs=None):
        self.note(f"epoch {epoch} begins")
    def on_epoch_end(self, epoch, logs=None):
        self.note(f"epoch {epoch} ends with {logs['val_loss']}")
    def on_train_end(self, logs=None):
        self.note("train ends")
    def get_state(self):
        return self.state
    def set_state(self, state):
        self.state = state

class Batches(Keeping):
    def on_train_batch_end(self, batch, logs=None):
        self.note(f"batch {batch} ends")

class Testing(Keeping):
    def on_test_end(self, logs=None):
        pass

class Zeroing(Keeping):
    def on_train_end(self, logs=None):
        self.model.set_weights([0 * value for value in self.model.get_weights()])

class Freezing(Keeping):
    def on_epoch_end(self, epoch, logs=None):
        self.model.layers[-1].trainable = False

class Failing(Keeping):
    def on_epoch_end(self, epoch, logs=None):
        logs["gone"]

class Odd(Keeping):
    def get_state(self):
        return {"model": self.model}

class Foreign:
    pass

def made(start):
    return Keeping(start)
"""


@pytest.fixture(autouse=True)
def _file(in_empty_folder):
    Path("mine.py").write_text(TEXT)


def build(name: str, *, engine: str = "compiled", exact: bool = True, **arguments):
    module = "" if ":" in name else "mine.py:"
    one = Callback(build=f"{module}{name}", arguments=arguments, exact=exact)
    network = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    settings = Training(epochs=2, engine=engine, callbacks=[one])
    return callbacks.build(settings, network, keras.optimizers.SGD(0.1), SCHEDULE)


def calls(own) -> list[str]:
    return own._own[0].state["calls"]


def run_an_epoch(own) -> None:
    own.on_begin([])
    own.on_segment(0)
    own.on_step(5, {"loss": 0.5})
    own.on_point(POINT)


REFUSED = {
    "Plain": "training.callbacks[0] has no get_state and no set_state, so a checkpoint cannot hold "
    "what it remembers. Received: mine.py:Plain. Write get_state, to return a dictionary, and "
    "set_state, to take it. Or set exact: false, and a resumed training may end with other "
    "bits.",
    "Batches": "training.callbacks[0] has a method on_train_batch_end, but "
    "the engine compiled runs an epoch as one program. Received: mine.py:Batches. Write "
    "on_epoch_end, or set training.engine: keras.",
    "Testing": "training.callbacks[0] has a method on_test_end, but nothing calls it. "
    "Received: mine.py:Testing. Write on_epoch_end; its logs hold val_loss.",
    "Foreign": "training.callbacks[0] names no callback of Keras. Received: mine.py:Foreign. Name "
    "a class of keras.callbacks.Callback, or a function of a file of this repository that returns "
    "one.",
    "keras.callbacks:EarlyStopping": "training.callbacks[0] is a callback of Keras, but only "
    "your own callbacks run here. Received: keras.callbacks:EarlyStopping. Set "
    "training.early_stopping.",
    "scipy.special:expit": "training.callbacks[0] names no callback of Keras. "
    "Received: scipy.special:expit. Name a class of keras.callbacks.Callback, or a function of a "
    "file of this repository that returns one.",
}


@pytest.mark.parametrize("name", REFUSED)
def test_callback_is_refused_in_one_line(name):
    assert refusals.refusal(build, name) == REFUSED[name]


def test_inexact_callback_needs_no_state(capsys):
    own = build("Plain", exact=False)
    run_an_epoch(own)
    assert capsys.readouterr() == ("", "epoch 0\n")
    facts, arrays = own.get_state()
    assert (facts["states"], arrays) == ([None], [])


def test_epoch_and_end_are_called_once():
    own = build("Keeping")
    run_an_epoch(own)
    own.on_end()
    assert own.finish() is False
    assert calls(own) == [
        "train begins",
        "epoch 0 begins",
        "epoch 0 ends with 0.6",
        "train ends",
    ]


def test_function_of_the_file_makes_a_callback():
    assert build("made", start=3)._own[0].state["start"] == 3


def test_batches_are_called_by_the_engine_of_keras():
    own = build("Batches", engine="keras")
    run_an_epoch(own)
    assert "batch 4 ends" in calls(own)


def test_state_passes_through_a_checkpoint(tmp_path):
    own = build("Keeping")
    run_an_epoch(own)
    facts, arrays = own.get_state()
    checkpoint.write(Checkpoint(facts, {"callbacks": arrays}), tmp_path / "one")
    read = checkpoint.read(tmp_path / "one")
    other = build("Keeping")
    other.on_begin([])
    other.set_state(read.facts, read.arrays["callbacks"])
    before, after = own._own[0].state, other._own[0].state
    assert after["calls"] == before["calls"]
    assert np.array_equal(after["array"], before["array"])


def test_resumed_epoch_does_not_begin_again():
    own = build("Keeping")
    own.on_begin([])
    own.on_segment(0)
    other = build("Keeping")
    other.on_begin([])
    other.set_state(*own.get_state())
    other.on_segment(3)
    assert calls(other) == ["train begins", "epoch 0 begins"]


def test_weights_changed_at_the_end_are_restored():
    own = build("Zeroing")
    own.on_begin([])
    before = own._network.get_weights()
    assert own.finish() is True
    assert np.array_equal(own._network.get_weights()[0], before[0])


def test_change_of_trained_weights_is_refused():
    text = refusals.refusal(run_an_epoch, build("Freezing"))
    assert text.startswith(
        "training.callbacks changes which weights are trained, but this has no effect here: "
        "Freezing. "
    )
    assert "model.weights_from" in text


def test_failing_callback_names_its_line():
    own = build("Failing")
    text = refusals.refusal(run_an_epoch, own)
    assert text.startswith(
        "training.callbacks fails: Failing. Received: KeyError: 'gone' (mine.py, line "
    )


def test_state_that_no_checkpoint_can_hold_is_refused():
    text = refusals.refusal(build("Odd").get_state)
    assert text.startswith(
        "training.callbacks has a state that a checkpoint cannot hold: get_state of Odd. "
    )


def test_unknown_argument_is_refused_before_the_import():
    Path("mine.py").write_text(f"raise RuntimeError\n{TEXT}")
    assert "training.callbacks.arguments.strat is not an argument of mine.py:Keeping" in (
        refusals.refusal(build, "Keeping", strat=1)
    )
