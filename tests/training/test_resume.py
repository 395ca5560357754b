"""A training that resumes in new objects ends with the bits of an uninterrupted one.

The tests use real engines and the real loop, with networks of a few units. Each negative control
omits one part of the state, and the comparison must notice.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pipeline.config.model import Model
from pipeline.config.training import EarlyStopping, ReduceOnPlateau, Training
from pipeline.data.prepared import Meta, Split
from pipeline.models.families.cnn import Cnn
from pipeline.models.families.layers import Layers
from pipeline.models.families.tabular import Embedding, Tabular
from pipeline.models.fingerprint import fingerprint
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.signals import Interrupted
from pipeline.training import measuring
from pipeline.training.engines import compiled as compiled_engine
from pipeline.training.engines.compiled import CompiledEngine
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.loop import Checkpoints, Rules, train
from pipeline.training.measuring import Measuring
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401 - pins TensorFlow's threads before its first operation
from tests.support.interruptions import Signalled
from tests.support.metas import images, regression, table
from tests.support.rules import rules_of
from tests.support.tasks import optimizer_of, task_of

ROWS = 35
# An epoch is 5 steps. Batches of 8 leave one of 3, and engines compile a second program for it.
WHOLE, PARTIAL = (
    Schedule(rows=ROWS, batch_size=batch, total=40, seed=1, evaluate_at=[16]) for batch in (7, 8)
)
RANDOM = np.random.default_rng(0)
POINTS = Split(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), (np.arange(ROWS) % 2).astype(np.int32), None
)
PRICES = Split(POINTS.x, POINTS.x.sum(axis=1).astype(np.float32), None)
PICTURES = Split(
    RANDOM.integers(0, 256, size=(ROWS, 8, 8, 1)).astype(np.uint8),
    (np.arange(ROWS) % 3).astype(np.int32),
    None,
)
NORMALISED = Layers(
    layers=[
        {"class_name": "Dense", "units": 6},
        {"class_name": "BatchNormalization"},
        {"class_name": "ReLU"},
        {"class_name": "Dropout", "rate": 0.5},
    ]
)
# No gain is ever large enough: the first epoch is the best, the rate falls after the epochs 3, 5
# and 7, and training stops at step 30, after the sixth.
STRICT = rules_of(
    early_stopping=EarlyStopping(patience=5, min_delta=1000.0),
    reduce_on_plateau=ReduceOnPlateau(patience=2, min_delta=1000.0, factor=0.5),
)
LENIENT = rules_of(
    early_stopping=EarlyStopping(patience=None), reduce_on_plateau=ReduceOnPlateau(patience=1)
)


@dataclass(frozen=True)
class Case:
    """A network, its training, and the steps after which it is interrupted."""

    settings: Model
    meta: Meta
    split: Split
    rules: Rules
    stops: list[int]
    schedule: Schedule = WHOLE
    engine: Callable[..., Any] = CompiledEngine
    compiled: dict[str, Any] = field(default_factory=lambda: {"xla": False})

    def build(self) -> Any:
        """Builds an engine of new objects only."""
        optimizer = optimizer_of("adam", learning_rate=0.05)
        task = task_of(self.settings, self.meta, self.split, optimizer, self.schedule)
        return self.engine(task, **self.compiled)

    def measuring(self) -> Measuring:
        """Measures the rows that it trains on."""
        training = Training(epochs=1)
        return measuring.build(training, self.meta, train=self.split, validation=self.split)


# Inside the first epoch, at its last slice, at the last slice before a snapshot, inside an epoch
# that already has a point, when the learning rate falls, and when training stops early.
EVERYWHERE = [3, 5, 16, 18, 25, 30]
CNN = Cnn(filters=[3], kernel_size=3, units=[5], dropout=0.25)
ENSEMBLE = Tabular(
    embedding=Embedding.periodic,
    embedding_size=2,
    frequencies=3,
    frequency_scale=0.5,
    members=2,
    units=[5],
    dropout=0.25,
)
CASES = {
    "mlp": Case(NORMALISED, table(), POINTS, STRICT, EVERYWHERE, PARTIAL),
    "mlp by XLA": Case(NORMALISED, table(), POINTS, STRICT, [18], compiled={"xla": True}),
    "mlp by Keras": Case(
        NORMALISED, table(), POINTS, STRICT, [18, 30], PARTIAL, engine=KerasEngine, compiled={}
    ),
    "cnn": Case(CNN, images(), PICTURES, LENIENT, [18]),
    "ensemble": Case(ENSEMBLE, regression(), PRICES, LENIENT, [18, 33]),
}
MLPS = [name for name in CASES if name.startswith("mlp")]
STOP = 18  # for the negative controls: at this step every part of the state matters


@dataclass(frozen=True)
class Bits:
    """The part of a finished training that must not depend on interruptions."""

    variables: str
    weights: str
    final_step: int
    history: list[tuple[int, str, dict[str, str]]]


class Trained:
    """A case, and its result without an interruption."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self._folder = case, folder
        self.engine = case.build()
        self.fresh = self.engine.get_state()
        self.whole = self.finished(self.engine)

    @cached_property
    def other(self) -> Any:
        """An engine of new objects. It resumes from one checkpoint after the other."""
        return self.case.build()

    def finished(self, engine: Any, latest: Checkpoint | None = None) -> Bits:
        """Trains to the end, from a checkpoint or from the start."""
        checkpoints = Checkpoints(save=lambda _state: None, every_seconds=1e9, latest=latest)
        outcome = train(
            engine,
            self.case.schedule,
            measuring=self.case.measuring(),
            rules=self.case.rules,
            listeners=[],
            checkpoints=checkpoints,
        )
        return Bits(
            fingerprint(engine.variables),
            fingerprint(engine.network.variables),
            outcome.final.step,
            [
                (
                    point.step,
                    point.learning_rate.hex(),
                    {name: value.hex() for name, value in point.metrics.items()},
                )
                for point in outcome.history
            ],
        )

    def stopped(self, step: int, latest: Checkpoint | None = None) -> Checkpoint:
        """The checkpoint of a training that a signal ended after `step`."""
        began = latest.facts["step"] if latest else 0
        file = self._folder / f"{began}-{step}.checkpoint"
        if not file.exists():
            self.engine.set_state(self.fresh)
            self._stop(Signalled(step), file, latest)
        saved = checkpoint.read(file)
        assert saved.facts["step"] == step
        return saved

    def _stop(self, signalled: Signalled, file: Path, latest: Checkpoint | None) -> None:
        with pytest.raises(Interrupted):
            train(
                self.engine,
                self.case.schedule,
                measuring=self.case.measuring(),
                rules=self.case.rules,
                listeners=[signalled],
                checkpoints=Checkpoints(
                    lambda state: checkpoint.write(state, file), every_seconds=1e9, latest=latest
                ),
                interruption=signalled.interruption,
            )


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """Trains each case once."""
    cases: dict[str, Trained] = {}

    def of(name: str) -> Trained:
        if name not in cases:
            cases[name] = Trained(CASES[name], tmp_path_factory.mktemp("checkpoints"))
        return cases[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_engine, "_SLICE_SECONDS", 0.0)  # then a slice is one step
        patch.setattr(compiled_engine, "_FIRST_SLICE", 1)
        yield of


@pytest.mark.parametrize(
    ("name", "step"), [(name, step) for name, case in CASES.items() for step in case.stops]
)
def test_resumed_training_has_the_same_bits(trained, name, step):
    training = trained(name)
    assert training.finished(training.other, training.stopped(step)) == training.whole


@pytest.mark.parametrize(
    ("name", "steps", "final_step", "rates"),
    [
        ("mlp", [5, 10, 15, 16, 20, 25, 30], 5, [0.05] * 3 + [0.025] * 3 + [0.0125]),
        ("mlp by XLA", [5, 10, 15, 16, 20, 25, 30], 5, [0.05] * 3 + [0.025] * 3 + [0.0125]),
    ],
)
def test_case_meets_plateau_and_early_stopping(trained, name, steps, final_step, rates):
    whole = trained(name).whole
    assert [step for step, _, _ in whole.history] == steps
    assert [float.fromhex(rate) for _, rate, _ in whole.history] == pytest.approx(rates)
    assert whole.final_step == final_step


@pytest.mark.parametrize("name", MLPS)
def test_repeatedly_resumed_training_has_the_same_bits(trained, name):
    training = trained(name)
    latest = training.stopped(3)
    for step in (8, 16, 29):
        latest = training.stopped(step, latest)
    assert training.finished(training.engine, latest) == training.whole


def test_state_of_another_network_is_refused(trained):
    with pytest.raises(ValueError, match=r"^\d+ values for \d+ variables; first difference: "):
        trained("mlp").engine.set_state(trained("ensemble").fresh)


Lose = Callable[[Checkpoint, Trained], Checkpoint]


def variables(chosen: Callable[[str], bool]) -> Lose:
    """Omits the variables with a chosen path: they are as in a new engine."""

    def lose(saved: Checkpoint, training: Trained) -> Checkpoint:
        paths = [variable.path for variable in training.engine.variables]
        numbers = [number for number, path in enumerate(paths) if chosen(path)]
        return without(saved, training, numbers)

    return lose


def accumulator(saved: Checkpoint, training: Trained) -> Checkpoint:
    """Omits the running mean of the loss. It comes after the variables."""
    return without(
        saved, training, list(range(len(training.engine.variables), len(training.fresh)))
    )


def without(saved: Checkpoint, training: Trained, numbers: list[int]) -> Checkpoint:
    values = list(saved.arrays["engine"])
    for number in numbers:
        values[number] = training.fresh[number]
    assert any((values[number] != saved.arrays["engine"][number]).any() for number in numbers)
    return replace(saved, arrays=saved.arrays | {"engine": values})


def fact(name: str, value: Any) -> Lose:
    """Replaces a fact by its value before the first step, or at the last evaluation."""

    def lose(saved: Checkpoint, _training: Trained) -> Checkpoint:
        assert saved.facts[name] != value
        return replace(saved, facts=saved.facts | {name: value})

    return lose


def best_weights(saved: Checkpoint, _training: Trained) -> Checkpoint:
    assert saved.arrays["best_weights"]
    return replace(saved, arrays=saved.arrays | {"best_weights": []})


LOST: dict[str, Lose] = {
    "weights": variables(lambda path: path.endswith(("kernel", "bias", "gamma", "beta"))),
    "moving statistics": variables(lambda path: path.endswith(("moving_mean", "moving_variance"))),
    "dropout": variables(lambda path: path.endswith(("counter", "seed_generator_state"))),
    "optimizer slots": variables(lambda path: path.endswith(("_momentum", "_velocity"))),
    "optimizer iterations": variables(lambda path: path == "adam/iteration"),
    "learning rate": variables(lambda path: path == "adam/learning_rate"),
    "loss accumulator": accumulator,
    "best weights": best_weights,
    "early stopping": fact("stopping", {"best": None, "best_step": 0, "wait": 0}),
    "plateau": fact("plateau", {"best": None, "wait": 0, "cooling": 0}),
    "means of the epoch": fact("epoch", {"rows": 0, "sums": {}}),
    "position": fact("step", 16),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("name", ["mlp", "mlp by XLA"])
def test_comparison_notices_each_lost_part(trained, name, lost):
    training = trained(name)
    less = LOST[lost](training.stopped(STOP), training)
    assert training.finished(training.engine, less) != training.whole


@pytest.mark.parametrize("name", MLPS)
def test_comparison_accepts_a_complete_state(trained, name):
    training = trained(name)
    assert training.finished(training.engine, training.stopped(STOP)) == training.whole
