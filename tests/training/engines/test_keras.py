"""The engine that trains by Keras: real steps on toy data."""

import json
import zipfile

import keras
import numpy as np
import pytest

from pipeline.config import model
from pipeline.config.optimizer import Adam
from pipeline.config.training import Loss
from pipeline.data.prepared import Part
from pipeline.models import families, serving
from pipeline.models.fingerprint import fingerprint
from pipeline.training import objectives
from pipeline.training.engine import Progress
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import regression, table

ROWS = 10
RANDOM = np.random.default_rng(0)
PART = Part(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), np.array([0, 1] * 5, dtype=np.int32), None
)
WHOLE = ((0, 3),)


def engine(
    seed: int = 1,
    loss: Loss = Loss.binary_crossentropy,
    meta=None,
    dropout: float = 0.0,
    optimizer=None,
) -> KerasEngine:
    """Epochs of three steps, of 4, 4 and 2 rows."""
    meta = meta or table()
    return KerasEngine(
        families.build(model.Mlp(units=[5], dropout=dropout), meta, seed=seed),
        optimizer=optimizer or objectives.build_optimizer(Adam(learning_rate=0.01), steps=6),
        loss=objectives.build_loss(loss),
        metrics=objectives.build_metrics(meta, loss),
        train=PART,
        schedule=Schedule(rows=ROWS, batch_size=4, total=6, seed=seed),
    )


def quiet(_step, _progress):
    pass


def segment(engine, start: int, stop: int, on_step=quiet) -> Progress:
    engine.reset()
    return engine.run(start, stop, on_step=on_step)


def after(segments, **given) -> str:
    built = engine(**given)
    for start, stop in segments:
        segment(built, start, stop)
    return fingerprint([*built.network.variables, *built.optimizer.variables])


def test_the_same_training_gives_the_same_bits():
    assert after([(0, 3), (3, 6)], dropout=0.5) == after([(0, 3), (3, 6)], dropout=0.5)


def test_another_seed_gives_other_bits():
    assert after(WHOLE, seed=1) != after(WHOLE, seed=2)


def test_an_epoch_in_segments_gives_the_bits_of_the_whole_one():
    assert after([(0, 1), (1, 3)], dropout=0.5) == after(WHOLE, dropout=0.5)


def test_the_last_partial_batch_is_trained():
    assert after(WHOLE) != after([(0, 2)])


def test_a_step_of_gradient_descent_is_the_one_done_by_hand():
    built = engine(
        optimizer=keras.optimizers.SGD(0.5), loss=Loss.mean_squared_error, meta=regression()
    )
    built.network.set_weights([np.eye(2, 5), np.ones(5), np.full((5, 1), 0.1), np.zeros(1)])
    rows = Schedule(rows=ROWS, batch_size=4, total=6, seed=1).indices(0, 1)
    hidden = np.maximum(PART.x[rows] @ np.eye(2, 5) + 1, 0)
    wrong = hidden @ np.full((5, 1), 0.1) - PART.y[rows].reshape(-1, 1)
    segment(built, 0, 1)
    assert built.network.get_weights()[3] == pytest.approx(-0.5 * 2 * wrong.mean(axis=0), abs=1e-6)
    assert built.network.get_weights()[2] == pytest.approx(
        0.1 - 0.5 * 2 * (hidden * wrong).mean(axis=0).reshape(-1, 1), abs=1e-6
    )


def test_steps_are_reported_with_means_so_far():
    heard = []
    segment(
        engine(),
        3,
        6,
        on_step=lambda step, progress: heard.append((step, sorted(progress.metrics))),
    )
    assert heard == [
        (4, ["accuracy", "loss"]),
        (5, ["accuracy", "loss"]),
        (6, ["accuracy", "loss"]),
    ]


def test_the_first_step_is_not_timed_because_it_is_compiled():
    built = engine()
    first, second = segment(built, 0, 3), segment(built, 3, 6)
    assert (first.timed_examples, second.timed_examples) == (6, 10)
    assert first.seconds > 0


def test_a_first_segment_of_one_step_has_nothing_timed():
    progress = segment(engine(), 0, 1)
    assert (progress.timed_examples, progress.seconds) == (0, 0.0)


def test_evaluation_is_over_all_rows_and_trains_nothing():
    built = engine(meta=regression(), loss=Loss.mean_squared_error)
    before = fingerprint(built.network.variables)
    found = built.evaluate(PART)
    wrong = np.array(built.network(PART.x))[:, 0] - PART.y
    assert found["loss"] == pytest.approx(np.mean(wrong**2), abs=1e-6)
    assert found["mae"] == pytest.approx(np.mean(np.abs(wrong)), abs=1e-6)
    assert fingerprint(built.network.variables) == before


def test_accuracy_of_two_classes_is_that_of_raw_outputs_above_0():
    built = engine()
    right = (np.array(built.network(PART.x))[:, 0] > 0) == (PART.y == 1)
    assert built.evaluate(PART)["accuracy"] == pytest.approx(right.mean(), abs=1e-6)


def test_a_saved_network_carries_no_loss_and_no_optimizer(tmp_path):
    built = engine()
    segment(built, 0, 3)
    assert not built.network.compiled
    serving.serve(built.network, table()).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        saved = json.loads(archive.read("config.json"))
    assert saved["compile_config"] == {}
