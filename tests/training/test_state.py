"""The state of a training, stored in a checkpoint and restored."""

from dataclasses import fields, replace

import numpy as np

from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.history import Point
from pipeline.training.state import EpochMeans, State
from pipeline.training.stopping import PlateauState, StoppingState

POINT = Point(2, 0.5, 1_700_000_000_123, 1.0, 0.5, 8, 0.1, {"running/loss": 0.3})
WEIGHTS = np.arange(3, dtype=np.float32)
STATE = State(
    step=3,
    stop_requested=True,
    history=[POINT],
    epoch=EpochMeans(8, {"loss": 2.4}),
    seconds=1.5,
    training_seconds=0.75,
    timed_examples=12,
    stopping=StoppingState(0.3, 2, 1),
    plateau=PlateauState(0.3, 1, 2),
    best_weights=[WEIGHTS],
)


def without_weights(state: State) -> State:
    return replace(state, best_weights=[])


def test_every_part_is_restored(tmp_path):
    assert all(getattr(STATE, one.name) != getattr(State(), one.name) for one in fields(State))
    checkpoint.write(STATE.to_checkpoint([np.ones(2)]), tmp_path / "a.checkpoint")
    restored = State.from_checkpoint(checkpoint.read(tmp_path / "a.checkpoint"))
    assert without_weights(restored) == without_weights(STATE)
    assert [weights.tolist() for weights in restored.best_weights] == [WEIGHTS.tolist()]


def test_checkpoint_shares_the_arrays():
    saved = STATE.to_checkpoint([WEIGHTS])
    assert saved.arrays["best_weights"][0] is saved.arrays["engine"][0] is WEIGHTS


def test_other_facts_of_a_checkpoint_are_ignored():
    saved = STATE.to_checkpoint([])
    labelled = Checkpoint({"run_id": "abc"} | saved.facts, saved.arrays)
    assert without_weights(State.from_checkpoint(labelled)) == without_weights(STATE)


def test_means_are_weighted_by_rows():
    means = EpochMeans()
    means.add({"loss": 1.0}, 1)
    means.add({"loss": 2.0}, 3)
    assert means.means() == {"running/loss": 1.75}
