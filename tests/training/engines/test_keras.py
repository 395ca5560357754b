"""The engine that trains with `fit`, on toy data."""

import json
import zipfile
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest

from pipeline.data.prepared import Split
from pipeline.models import serving
from pipeline.models.families.mlp import Mlp
from pipeline.models.fingerprint import fingerprint
from pipeline.training.engine import Reading
from pipeline.training.engines.keras import KerasEngine
from pipeline.training.schedule import Schedule
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.metas import regression, table
from tests.support.tasks import optimizer_of, task_of

ROWS = 10
RANDOM = np.random.default_rng(0)
SPLIT = Split(
    RANDOM.normal(size=(ROWS, 2)).astype(np.float32), np.array([0, 1] * 5, dtype=np.int32), None
)
WHOLE = ((0, 3),)


def engine(
    seed: int = 1, loss: str | None = None, meta=None, dropout: float = 0.0, optimizer=None
) -> KerasEngine:
    """An engine with epochs of three steps, of 4, 4 and 2 rows."""
    task = task_of(
        Mlp(units=[5], dropout=dropout),
        meta or table(),
        SPLIT,
        optimizer or optimizer_of("adam", learning_rate=0.01),
        Schedule(rows=ROWS, batch_size=4, total=6, seed=seed),
        loss=loss,
        seed=seed,
    )
    return KerasEngine(task)


def quiet(_step, _progress):
    pass


def segment(engine, start: int, stop: int, on_step=quiet) -> Reading:
    engine.reset()
    return engine.run(start, stop, on_step=on_step)


def after(segments, **settings) -> str:
    built = engine(**settings)
    for start, stop in segments:
        segment(built, start, stop)
    return fingerprint([*built.network.variables, *built.optimizer.variables])


@cache
def after_whole_epoch() -> str:
    return after(WHOLE)


def test_same_training_gives_the_same_bits():
    assert after([(0, 3), (3, 6)], dropout=0.5) == after([(0, 3), (3, 6)], dropout=0.5)


def test_another_seed_gives_other_bits():
    assert after_whole_epoch() != after(WHOLE, seed=2)


def test_segments_give_the_bits_of_a_whole_epoch():
    assert after([(0, 1), (1, 3)], dropout=0.5) == after(WHOLE, dropout=0.5)


def test_last_partial_batch_is_trained():
    assert after_whole_epoch() != after([(0, 2)])


def test_step_of_gradient_descent_matches_the_formula():
    built = engine(optimizer=optimizer_of("sgd", learning_rate=0.5), meta=regression())
    built.network.set_weights([np.eye(2, 5), np.ones(5), np.full((5, 1), 0.1), np.zeros(1)])
    rows = Schedule(rows=ROWS, batch_size=4, total=6, seed=1).indices(0, 1)
    hidden = np.maximum(SPLIT.x[rows] @ np.eye(2, 5) + 1, 0)
    wrong = hidden @ np.full((5, 1), 0.1) - SPLIT.y[rows].reshape(-1, 1)
    segment(built, 0, 1)
    assert built.network.get_weights()[3] == pytest.approx(-0.5 * 2 * wrong.mean(axis=0), abs=1e-6)
    assert built.network.get_weights()[2] == pytest.approx(
        0.1 - 0.5 * 2 * (hidden * wrong).mean(axis=0).reshape(-1, 1), abs=1e-6
    )


@dataclass(frozen=True)
class Trained:
    """An engine after two epochs, their progress, and the reports of the second."""

    engine: KerasEngine
    first: Reading
    second: Reading
    reports: list[tuple[int, list[str]]]


@pytest.fixture(scope="module")
def trained() -> Trained:
    built, reports = engine(), []
    first = segment(built, 0, 3)
    second = segment(
        built, 3, 6, lambda step, progress: reports.append((step, sorted(progress.metrics)))
    )
    return Trained(built, first, second, reports)


def test_each_step_is_reported_with_its_loss(trained):
    assert trained.reports == [(4, ["loss"]), (5, ["loss"]), (6, ["loss"])]


def test_first_step_is_not_timed(trained):
    assert (trained.first.timed_examples, trained.second.timed_examples) == (6, 10)
    assert trained.first.seconds > 0


def test_first_segment_of_one_step_has_no_time():
    progress = segment(engine(), 0, 1)
    assert (progress.timed_examples, progress.seconds) == (0, 0.0)


def test_saved_network_has_no_loss_and_no_optimizer(trained, tmp_path):
    network = trained.engine.network
    assert not network.compiled
    serving.serve(network, table()).save(tmp_path / "model.keras")
    with zipfile.ZipFile(tmp_path / "model.keras") as archive:
        saved = json.loads(archive.read("config.json"))
    assert saved["compile_config"] == {}
