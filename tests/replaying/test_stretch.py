"""Stretches that are trained again in this process, and what is seen in them."""

from pathlib import Path

import numpy as np
import pytest

from pipeline import experiment
from pipeline.layout import PREPARED
from pipeline.replaying.messages import Replayed, Request
from pipeline.replaying.stretch import Stretch
from pipeline.reproducing.differences import figures_of
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.folder import kept_file
from pipeline.runs.run import Run
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal
from tests.support.toy import config_of

RATE = 0.5
# An epoch has three steps.
PLAIN = (
    "data=pairs",
    "model=linear",
    "optimizer=sgd",
    f"optimizer.learning_rate={RATE}",
    "training.xla=false",
    "training.epochs=4",
    "training.evaluate_at=[1]",
    "checkpoint.keep_every=1",
    "tracking=mlflow",
    "tracking.log_model=false",
)
DROPOUT = (*PLAIN, "model=mlp", "model.dropout=0.5", "optimizer=adam")


@pytest.fixture(autouse=True)
def folder(in_repository):
    return in_repository


class Trained:
    """A run that kept the checkpoints of its epochs."""

    def __init__(self, folder: Path, *overrides: str) -> None:
        self.config = config_of(folder, *overrides)
        self.result = experiment.run(self.config)
        self.run = Run.of(self.config, PREPARED / self.config.data.name)
        self.folder = Path("mlruns/checkpoints") / self.run.key

    def replayed(self, start: int = 0, stop: int = 12, **wanted: object) -> Replayed:
        request = Request(
            experiment=self.run.name,
            run_id=self.result.run_id,
            identity=self.run.identity,
            kept=str(self.folder),
            stretches=[(start, stop)],
            **wanted,  # type: ignore[arg-type]
        )
        return Stretch(request, self.run, start, stop).replay()


@pytest.fixture(scope="module")
def trained(repository):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        yield Trained(repository, *PLAIN)


@pytest.fixture(scope="module")
def dropped(repository):
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(repository)
        return Trained(repository, *DROPOUT)


def test_whole_replay_has_the_bits_of_the_run(trained):
    replayed = trained.replayed()
    assert replayed.fingerprint == trained.result.fingerprint
    assert replayed.figures == figures_of(trained.result.history)
    assert replayed.other_state == []


def test_replay_from_a_checkpoint_ends_at_the_first_evaluation_after_its_stop(trained):
    replayed = trained.replayed(start=3, stop=8)
    assert (replayed.start, replayed.stop, replayed.fingerprint) == (3, 9, None)
    assert replayed.figures == figures_of(trained.result.history[:4])


def test_metrics_in_hindsight_match_logged_ones(folder, trained):
    names = ["roc_auc", "recall/above", "brier", "mcc", "ece"]
    start = config_of(folder, *PLAIN, f"training.metrics=[{','.join(['accuracy', *names])}]")
    logged = figures_of(experiment.run(start).history)
    replayed = trained.replayed(metrics=names)
    assert replayed.figures.keys() - figures_of(trained.result.history).keys() == {
        f"{split}/{name}" for split in ("train", "validation") for name in names
    }
    for name, steps in logged.items():
        assert replayed.figures[name] == steps


def test_watching_keeps_the_bits_of_dropout(dropped):
    replayed = dropped.replayed(probes=[("grad_norm", "")], steps=list(range(1, 13)))
    assert replayed.fingerprint == dropped.result.fingerprint
    assert sorted(replayed.values["grad_norm"]) == list(range(1, 13))


def weights_at(trained: Trained, step: int) -> np.ndarray:
    """Kernel and bias of a linear network after a step."""
    arrays = checkpoint.read(kept_file(trained.folder, step)).arrays["engine"][:2]
    return np.concatenate([array.ravel() for array in arrays]).astype(np.float64)


def test_gradient_norm_is_a_plain_step_length(folder):
    whole_batches = Trained(folder, *PLAIN, "training.batch_size=36", "training.evaluate_at=[]")
    replayed = whole_batches.replayed(start=1, stop=2, probes=[("grad_norm", "")], steps=[2])
    moved = weights_at(whole_batches, 2) - weights_at(whole_batches, 1)
    length = np.linalg.norm(moved) / RATE
    assert replayed.values == {"grad_norm": {2: pytest.approx(length, rel=1e-5)}}


def test_weight_norm_is_measured_before_the_step(trained):
    replayed = trained.replayed(start=3, stop=6, probes=[("weight_norm", "")], steps=[4])
    assert replayed.values == {
        "weight_norm": {4: pytest.approx(np.linalg.norm(weights_at(trained, 3)))}
    }


def test_activations_are_those_of_the_batch(dropped):
    names = ["activation_mean", "activation_std", "zero_activations"]
    layer = "dense_1"
    replayed = dropped.replayed(
        start=9, stop=12, probes=[(name, layer) for name in names], steps=[10]
    )
    arrays = checkpoint.read(kept_file(dropped.folder, 9)).arrays["engine"]
    kernel, bias = arrays[:2]
    order = np.random.Generator(np.random.Philox(key=[dropped.config.seed, 3])).permutation(36)
    x = np.load(dropped.run.data_folder / "train/x.npy")[order[:12]]
    outputs = np.maximum(x @ kernel + bias, 0).astype(np.float64)
    assert replayed.values == {
        "activation_mean/dense_1": {10: pytest.approx(outputs.mean(), rel=1e-5)},
        "activation_std/dense_1": {10: pytest.approx(outputs.std(), rel=1e-5)},
        "zero_activations/dense_1": {10: float((outputs == 0).mean())},
    }


def test_probe_of_a_layer_needs_its_name(dropped):
    message = refusal(dropped.replayed, probes=[("activation_mean", "")], steps=[1])
    assert message == (
        "activation_mean looks at one layer. Received: activation_mean. "
        "Write activation_mean(<layer>)."
    )


def test_unknown_layer_is_refused(dropped):
    message = refusal(dropped.replayed, probes=[("grad_norm", "dense_9")], steps=[1])
    assert message.startswith(
        "the model has no layer of this name. Received: dense_9. Did you mean"
    )


def test_metric_of_another_task_is_refused(trained):
    message = refusal(trained.replayed, metrics=["r2"])
    assert message.startswith("training.metrics")


def changed(trained: Trained, step: int, facts: dict[str, object]) -> Checkpoint:
    """A kept checkpoint with one other bit, or other facts, and a right checksum."""
    path = kept_file(trained.folder, step)
    before = checkpoint.read(path)
    engine = [array.copy() for array in before.arrays["engine"]]
    if not facts:
        engine[0].reshape(-1).view(np.uint32)[0] ^= 1
    checkpoint.write(Checkpoint(before.facts | facts, before.arrays | {"engine": engine}), path)
    return before


def test_changed_checkpoint_differs_from_the_stretch_before_it(trained):
    before = changed(trained, 6, {})
    replayed = trained.replayed(start=3, stop=9)
    checkpoint.write(before, kept_file(trained.folder, 6))
    assert replayed.other_state == ["step 6: network/output/kernel"]


@pytest.mark.parametrize("facts", [{"run_id": "another"}, {"step": 9}])
def test_checkpoint_of_another_run_or_step_is_refused(trained, facts):
    before = changed(trained, 6, facts)
    message = refusal(trained.replayed, start=6)
    checkpoint.write(before, kept_file(trained.folder, 6))
    assert "is the checkpoint of another run or step. Received: step" in message


PLANTED = """from keras import ops


def planted(y_true, y_pred):
    logs = ops.log(ops.where(y_true > 1.4, -1.0, 1.0))
    return ops.square(y_true - y_pred) + logs * y_pred
"""


@pytest.mark.parametrize("engine", ["compiled", "keras"])
def test_batch_with_an_infinite_loss_is_found(folder, engine):
    (folder / "planted.py").write_text(PLANTED, encoding="utf-8")
    overrides = ("data=prices", *PLAIN[1:], "training.loss=planted.py:planted")
    config = config_of(folder, *overrides, f"training.engine={engine}", "training.metrics=[mae]")
    run = Run.of(config, PREPARED / "prices")
    request = Request("prices", "", run.identity, "", [(0, 12)], find_fault=True)
    fault = Stretch(request, run, 0, 12).replay().fault
    assert fault is not None
    order = np.random.Generator(np.random.Philox(key=[config.seed, 0])).permutation(36)
    planted = set(np.flatnonzero(np.load(run.data_folder / "train/y.npy") > 1.4))
    first = next(place for place, row in enumerate(order) if row in planted)
    step = first // 12 + 1
    batch = [int(row) for row in order[12 * (step - 1) : 12 * step]]
    assert (fault["step"], fault["epoch"], fault["rows"]) == (step, 1, batch)
    assert fault["rows_not_finite"] == [row for row in batch if row in planted]
    assert fault["variables_not_finite"] == []


def test_row_has_the_cells_of_the_source(folder):
    (folder / "planted.py").write_text(PLANTED, encoding="utf-8")
    overrides = ("data=prices", *PLAIN[1:], "training.loss=planted.py:planted")
    run = Run.of(config_of(folder, *overrides), PREPARED / "prices")
    request = Request("prices", "", run.identity, "", [(0, 12)], find_fault=True)
    fault = Stretch(request, run, 0, 12).replay().fault
    assert fault is not None
    [row, *_] = fault["rows_not_finite"]
    lines = (run.data_folder / "train/rows.csv").read_text(encoding="utf-8").splitlines()
    assert ",".join(fault["cells"][row]) == lines[row + 1]


def test_training_without_a_fault_has_none(trained):
    replayed = trained.replayed(find_fault=True)
    assert (replayed.fault, replayed.fingerprint) == (None, trained.result.fingerprint)
