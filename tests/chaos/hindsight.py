"""Adds metrics to finished runs in hindsight, and compares them with those logged from the start.

    python -m tests.chaos.hindsight

For three kinds of network, twenty metrics are logged by `pipeline.replay`, and by another training
with `training.metrics`. Every value of both must have the same bits. Then a loss that is NaN for
some rows ends a training, and the replay must name the step and the rows.
"""

import json
import sqlite3
import sys
import tempfile
from contextlib import closing
from pathlib import Path

import numpy as np

from tests.chaos.certificates import SHORT, create, trained
from tests.support.project import Project

METRICS = [
    *("balanced_accuracy", "macro_f1", "weighted_f1", "mcc", "brier", "ece"),
    *("roc_auc", "top_k_accuracy/2", "top_k_accuracy/3"),
    *(f"{name}/{digit}" for name in ("precision", "recall", "f1") for digit in (0, 4, 9)),
    *("average_precision/7", "recall/1"),
]
NETWORKS = {
    "convolutions": ("model=cnn", "checkpoint.keep_every=2"),
    "dense, with dropout": ("model=mlp", "model.dropout=0.3"),
    "residual, the engine of Keras": ("model=resnet", "training.engine=keras", "training.epochs=2"),
}
PLANTED = """from keras import ops


def planted(y_true, y_pred):
    logs = ops.log(ops.where(y_true > 2.1, -1.0, 1.0))
    return ops.square(y_true - y_pred) + logs * y_pred
"""


def main() -> None:
    """Tries every kind. Ends with code 1 unless all bits are the same and the batch is named."""
    assert len(METRICS) == 20
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        project = create(Path(folder))
        for name, overrides in NETWORKS.items():
            values, differing = _differing(project, overrides)
            print(f"{name}: {values} values, {differing} differ", flush=True)
            failures += [name] if differing or not values else []
        found, planted = _fault(project)
        print(f"planted NaN: {found} was found, {planted} was planted", flush=True)
        failures += ["planted NaN"] if found != planted else []
    sys.exit(1 if failures else 0)


def _differing(project: Project, overrides: tuple[str, ...]) -> tuple[int, int]:
    """How many values were logged from the start, and how many are others in hindsight.

    A metric that the rows do not define is missing in both.
    """
    common = ("data=digits", *overrides)
    run_id = trained(project, *common)
    wanted = [word for name in METRICS for word in ("--log", name)]
    project.run("python", "-m", "pipeline.replay", run_id, *wanted)
    named = f"training.metrics=[accuracy,log_loss,{','.join(METRICS)}]"
    start = trained(project, *common, named)
    names = [f"{split}/{name}" for split in ("train", "validation") for name in METRICS]
    one, two = (
        {(name, step): value for name, step, value in _values(project, run) if name in names}
        for run in (run_id, start)
    )
    return len(two), sum(one.get(key) != two.get(key) for key in one.keys() | two.keys())


def _values(project: Project, run_id: str) -> list[tuple[str, int, float]]:
    """Metric, step and value of all points of a run."""
    with closing(sqlite3.connect(project.folder / "mlruns/mlflow.db")) as store:
        query = "SELECT key, step, value FROM metrics WHERE run_uuid = ?"
        return store.execute(query, (run_id,)).fetchall()


def _fault(project: Project) -> tuple[object, object]:
    """Step and rows that a replay names, and those at which the loss becomes NaN."""
    project.write("planted.py", PLANTED)
    overrides = ("data=diabetes", "model=mlp", "training.loss=planted.py:planted")
    more = ("training.batch_size=8", "seed=5")
    command = ("python", "-m", "pipeline.train", *SHORT, *overrides, *more)
    assert project.run(*command, check=False).returncode == 1
    with closing(sqlite3.connect(project.folder / "mlruns/mlflow.db")) as store:
        [(run_id,)] = store.execute("SELECT run_uuid FROM runs WHERE status = 'FAILED'").fetchall()
    out = project.run("python", "-m", "pipeline.replay", run_id, "--find-fault").stdout
    fault = json.loads(out.splitlines()[-1])["fault"]
    y = np.load(project.folder / "data/prepared/diabetes/train/y.npy")
    order = np.random.Generator(np.random.Philox(key=[5, 0])).permutation(len(y))
    planted = set(np.flatnonzero(y > 2.1))
    step = next(place for place, row in enumerate(order) if row in planted) // 8
    rows = [int(row) for row in order[8 * step : 8 * step + 8] if row in planted]
    return (fault["step"], fault["rows_not_finite"]), (step + 1, rows)


if __name__ == "__main__":
    main()
