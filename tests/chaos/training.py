"""Kills trainings by SIGKILL, and compares their results with those of uninterrupted trainings.

    python -m tests.chaos.training --kills 200
    python -m tests.chaos.training --every-write-point
    python -m tests.chaos.training --kills 1 --flip-a-bit      must find a difference

A run is a chain of lives in its own repository. Each life runs the same command, and all but the
last are killed. The run must leave the same bits, history, files and MLflow record as one
uninterrupted life. The libraries are imported once. Each life is a fork of that process, and the
process itself runs no TensorFlow operation.
"""

import argparse
import csv
import dataclasses
import hashlib
import importlib
import json
import math
import os
import re
import select
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import chdir, closing
from pathlib import Path
from random import Random
from typing import Any, NoReturn
from zipfile import ZipFile

import h5py
import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from pipeline.config.experiment_composition import compose_experiment
from tests.support import ROOT
from tests.support.toy import prepare_all

# There are 36 training rows. Batches of 8 make five steps in each epoch, the last one of four rows.
# Batches of 16 make three steps.
CASES = {
    "mlp": """
defaults: [override /data: shapes, override /model: layers]
model:
  layers:
    - {class_name: Flatten}
    - {class_name: Dense, units: 12, activation: relu}
    - {class_name: BatchNormalization}
    - {class_name: Dropout, rate: 0.4}
optimizer: {learning_rate: 0.03}
training:
  epochs: 30
  batch_size: 8
  early_stopping: {patience: 3, min_delta: 0.01}
  reduce_on_plateau: {patience: 2, min_delta: 0.01}
""",
    "cnn": """
defaults: [override /data: shapes, override /model: layers]
model:
  layers:
    - {class_name: RandomFlip}
    - {class_name: RandomTranslation, height_factor: 0.2, width_factor: 0.2}
    - {class_name: Conv2D, filters: 3, kernel_size: 3, activation: relu}
    - {class_name: Flatten}
training: {xla: false, epochs: 3, batch_size: 8, evaluate_at: [0, 2, 7], early_stopping: null}
""",
    "regression": """
defaults: [override /data: prices]
model: {units: [8]}
optimizer: {learning_rate: 0.05}
training: {xla: false, epochs: 12, batch_size: 16, early_stopping: {patience: 2, min_delta: 0.02}}
""",
    "diverging": """
defaults: [override /data: prices, override /optimizer: sgd]
model: {units: []}
optimizer: {learning_rate: 100, clipnorm: null}
training: {xla: false, epochs: 12, batch_size: 16, early_stopping: {patience: null}}
""",
    "new_store": """
defaults: [override /data: pairs, override /model: linear]
training: {epochs: 2, batch_size: 16, early_stopping: null}
""",
    "own_code": """
defaults: [override /data: pairs, override /model: python, override /optimizer: python]
model: {build: mine.py:build, arguments: {units: 6}}
optimizer: {build: mine.py:Sign, arguments: {momentum: 0.8}, learning_rate: 0.05}
training:
  xla: false
  epochs: 12
  batch_size: 16
  loss: mine.py:careful
  loss_arguments: {weight: 2.0}
  metrics: [mine.py:cost, accuracy]
  callbacks: [{build: mine.py:Cooling, arguments: {factor: 0.7}}]
  early_stopping: {monitor: validation/mine.py:cost, direction: min, patience: 5}
""",
}
# What the case `own_code` names: every kind of the user's own code that a training calls.
OWN_FILE = "mine.py"
OWN_CODE = """
import keras
from keras import ops


class Gate(keras.layers.Layer):
    def build(self, shape):
        self.openness = self.add_weight(shape=(shape[-1],), initializer="zeros", name="openness")

    def call(self, features):
        return features * ops.sigmoid(self.openness)


class Net(keras.Model):
    def __init__(self, units, outputs, seed=0, **shared):
        super().__init__(**shared)
        self.facts = {"units": units, "outputs": outputs, "seed": seed}
        self.gate = Gate()
        self.hidden = keras.layers.Dense(units, activation="relu")
        self.dropout = keras.layers.Dropout(0.2, seed=seed)
        self.last = keras.layers.Dense(outputs)

    def call(self, x, training=False):
        return self.last(self.dropout(self.hidden(self.gate(x)), training=training))

    def get_config(self):
        return super().get_config() | self.facts


def build(shape, outputs, units, seed=0):
    return Net(units, outputs, seed)


def careful(y_true, y_pred, weight):
    truth = ops.cast(y_true, y_pred.dtype)
    return ops.mean(weight * truth * ops.softplus(-y_pred) + (1 - truth) * ops.softplus(y_pred), -1)


def cost(y_true, y_pred):
    return (y_true == 1) * (y_pred < 0.5) * 5.0 + (y_true == 0) * (y_pred >= 0.5) * 1.0


class Sign(keras.optimizers.Optimizer):
    def __init__(self, learning_rate=0.01, momentum=0.5, **shared):
        super().__init__(learning_rate=learning_rate, **shared)
        self.momentum = momentum

    def build(self, variables):
        super().build(variables)
        self.means = [self.add_variable_from_reference(one, name="mean") for one in variables]

    def update_step(self, gradient, variable, learning_rate):
        mean = self.means[self._get_variable_index(variable)]
        self.assign(mean, self.momentum * mean + (1 - self.momentum) * gradient)
        self.assign_sub(variable, learning_rate * ops.sign(mean))


class Cooling(keras.callbacks.Callback):
    def __init__(self, factor):
        super().__init__()
        self.factor, self.seen = factor, []

    def on_epoch_end(self, epoch, logs=None):
        if self.seen and logs["val_loss"] > min(self.seen):
            optimizer = self.model.optimizer
            optimizer.learning_rate = optimizer.learning_rate * self.factor
        self.seen.append(logs["val_loss"])

    def get_state(self):
        return {"seen": self.seen}

    def set_state(self, state):
        self.seen = state["seen"]
"""
ANY_TIME, SOON_AFTER, AT, AMID = KINDS = (
    "from outside, at any time",
    "from outside, soon after a write point",
    "from inside, at a write point",
    "from inside, amid the bytes of a file",
)
_LONGEST_CHAIN = 5
_SOON = 0.03
_LIFE_LIMIT = 300.0
_TIMINGS = ("timestamp", "seconds", "training_seconds", "examples_per_second")
_OF_ONE_LIFE = ("process.", "resumed", "mlflow.log-model.history", "mlflow.note.content")
_WITHOUT_EFFECT = "checkpoint.every_seconds"
_READY = 2
_SETTINGS = ("MLFLOW_TRACKING_URI", "DVC_ROOT", "DVC_STAGE", "DVC_EXP_NAME", "XLA_FLAGS")
_IMPORTED_ON_DEMAND = (
    "mlflow.keras",
    "mlflow.store.tracking.sqlalchemy_store",
    "pipeline.train",
    "pipeline.experiment",
)
_ADDRESS = re.compile(rb'"shared_object_id": \d+')
# The positions of the path, and of the folder it starts from, in the arguments of an audit event.
_PATHS = {
    "open": (0, None),
    "os.rename": (1, 3),
    "os.remove": (0, 1),
    "os.mkdir": (0, 2),
    "os.rmdir": (0, 1),
}
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CHANGES = ("INSERT", "UPDATE", "DELETE", "CREATE", "ALTER", "DROP")


@dataclasses.dataclass(frozen=True)
class Way:
    """What may differ between lives and must not change a bit.

    Args:
        single_steps: slices of one step instead of half a second.
        every_slice: a checkpoint after every slice.
        every_evaluation: a checkpoint after every evaluation, even if epochs are short.
    """

    single_steps: bool = False
    every_slice: bool = False
    every_evaluation: bool = True

    @property
    def dense(self) -> bool:
        return self.single_steps and self.every_slice


@dataclasses.dataclass(frozen=True)
class Kill:
    """How a life ends: by `kind`, after a write point.

    Args:
        delay: seconds after the write point.
        share: the part of a file that is written before the kill.
    """

    kind: str
    point: int
    delay: float = 0.0
    share: float = 0.0


@dataclasses.dataclass(frozen=True)
class Life:
    """One process: its exit code, its write points, and the planned kill.

    The code is negative after a signal.
    """

    code: int
    points: list[str]
    seconds: float
    kill: Kill | None

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL and self.kill is not None

    @property
    def last(self) -> str:
        return self.points[-1]

    def __str__(self) -> str:
        if not self.killed or self.kill is None:
            return f"ended with {self.code}"
        words = {ANY_TIME: "after", SOON_AFTER: "soon after", AT: "before", AMID: "amid"}
        return f"{words[self.kill.kind]} {len(self.points) - 1} {self.last}"


@dataclasses.dataclass(frozen=True)
class Run:
    """A chain of lives, and how its result differs from that of an uninterrupted life."""

    case: str
    lives: list[Life]
    differences: list[str]

    @property
    def kills(self) -> list[Life]:
        return [life for life in self.lives if life.killed]

    def __str__(self) -> str:
        verdict = f"DIFFERENT: {'; '.join(self.differences)}" if self.differences else "equal"
        return f"{self.case}: killed {', '.join(map(str, self.kills)) or 'never'}: {verdict}"


class Lab:
    """Repositories in one folder, the process to fork, and the uninterrupted lives."""

    def __init__(self, folder: Path, cases: list[str], *, flip: bool = False) -> None:
        self.folder = folder
        self.flip = flip
        self.count = 0
        self._template = folder / "template"
        self._load()
        self._fork(self._make_template)
        self._configs = {case: self._compose(case) for case in cases}
        self._whole: dict[tuple[str, Way], Life] = {}
        self._reference: dict[str, dict[str, Any]] = {}

    def _load(self) -> None:
        """Imports everything that a life needs. Later edits of the code change nothing."""
        for name in _SETTINGS:
            os.environ.pop(name, None)
        os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
        os.environ["TMPDIR"] = tempfile.tempdir = str(self.folder / "tmp")
        Path(tempfile.tempdir).mkdir(parents=True)
        from pipeline.models import backend

        backend.load()
        for name in _IMPORTED_ON_DEMAND:
            importlib.import_module(name)
        from mlflow.utils import requirements_utils

        from pipeline.code import PACKAGE

        requirements_utils._init_modules_to_packages_map()
        PACKAGE.digest(PACKAGE.paths)

    def _make_template(self) -> None:
        """Prepares data and an empty store in a repository with an uncommitted edit."""
        prepare_all(self._template)
        shutil.copy(ROOT / ".gitignore", self._template)
        author = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        for case, text in CASES.items():
            (self._template / f"conf/experiment/{case}.yaml").write_text(
                f"# @package _global_{text}", encoding="utf-8"
            )
        (self._template / OWN_FILE).write_text(OWN_CODE, encoding="utf-8")
        for command in (
            ["init", "--quiet"],
            ["add", "."],
            [*author, "commit", "--quiet", "--message", "begin"],
        ):
            subprocess.run(["git", *command], cwd=self._template, check=True)
        (self._template / "notes.txt").write_text("not committed\n", encoding="utf-8")
        os.chdir(self._template)
        from pipeline.tracking import connection

        connection.client()

    def _compose(self, case: str) -> Any:
        with chdir(self._template):
            return compose_experiment([f"experiment={case}"], conf=self._template / "conf")

    def reference(self, case: str) -> dict[str, Any]:
        """The results of an uninterrupted life."""
        if case not in self._reference:
            self.whole(case, Way())
        return self._reference[case]

    def whole(self, case: str, way: Way) -> Life:
        """An uninterrupted life. All ways must leave the same results."""
        if (case, way) not in self._whole:
            folder = self.repository(case)
            life = self.live(case, folder, way)
            assert life.code == 0, self.log(folder)
            results = examine(folder, case)
            reference = self._reference.setdefault(case, results)
            assert not differences(reference, results), (case, way)
            _require_meaningful(case, results)
            self._whole[case, way] = life
        return self._whole[case, way]

    def repository(self, case: str) -> Path:
        """A new repository. That of the case `new_store` has no store."""
        self.count += 1
        folder = self.folder / f"{case}_{self.count}"
        ignored = shutil.ignore_patterns("mlruns") if case == "new_store" else None
        shutil.copytree(self._template, folder, ignore=ignored)
        return folder

    def log(self, folder: Path) -> str:
        """What the lives in a repository have printed."""
        return folder.with_suffix(".log").read_text(encoding="utf-8")

    def live(self, case: str, folder: Path, way: Way, kill: Kill | None = None) -> Life:
        """Runs one life in a repository, to its end or its kill."""
        began = time.monotonic()
        reading, writing = os.pipe()
        child = self._start(
            lambda: self._train(case, folder, way, Watch(folder, writing, kill)),
            folder.with_suffix(".log"),
        )
        os.close(writing)
        points = _follow(reading, child, kill)
        os.close(reading)
        _, status = os.waitpid(child, 0)
        return Life(os.waitstatus_to_exitcode(status), points, time.monotonic() - began, kill)

    def _train(self, case: str, folder: Path, way: Way, watch: "Watch") -> None:
        from pipeline import layout, train
        from pipeline.config.experiment import Checkpointing
        from pipeline.signals import Interruption
        from pipeline.training import loop
        from pipeline.training.engines import compiled as compiled_engine

        os.chdir(folder)
        config = self._configs[case]
        if self.flip:
            _flip_a_bit()
        if way.single_steps:
            compiled_engine._SLICE_SECONDS, compiled_engine._FIRST_SLICE = 0.0, 1
        if way.every_slice:
            config = dataclasses.replace(config, checkpoint=Checkpointing(every_seconds=1e-9))
        if way.every_evaluation:
            loop._LARGEST_SHARE = 1e9
        watch.begin()
        interruption = Interruption()
        with interruption.handling():
            train.train(config, interruption, output=layout.OUTPUTS / case)

    def _fork(self, act: Callable[[], None]) -> None:
        log = self.folder / "template.log"
        _, status = os.waitpid(self._start(act, log), 0)
        assert status == 0, log.read_text(encoding="utf-8")

    def _start(self, act: Callable[[], None], log: Path) -> int:
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            act_forked(act, log)
        return child


def _flip_a_bit() -> None:
    """Changes one bit of the weights of each checkpoint that this process reads."""
    from pipeline.runs import checkpoint

    read = checkpoint.read

    def with_one_bit_off(path: Path) -> Any:
        saved = read(path)
        first = saved.arrays["engine"][0]
        flipped = first.reshape(-1).copy()
        flipped.view(np.uint8)[0] ^= 1
        saved.arrays["engine"][0] = flipped.reshape(first.shape)
        return saved

    checkpoint.read = with_one_bit_off


def act_forked(act: Callable[[], None], log: Path) -> NoReturn:
    """Everything that a forked process does."""
    code = 1
    try:
        sys.stdout = sys.stderr = log.open("a", buffering=1, encoding="utf-8")
        act()
        code = 0
    except BaseException:
        traceback.print_exc()
        raise
    finally:
        os._exit(code)  # in every case, because this process is not the driver


def _follow(reading: int, child: int, kill: Kill | None) -> list[str]:
    """Collects the write points of a life until its end, and kills it from outside if planned."""
    outside = kill is not None and kill.kind in (ANY_TIME, SOON_AFTER)
    limit: float = time.monotonic() + _LIFE_LIMIT
    due = math.inf
    output = b""
    while True:
        wait = max(0.0, min(due, limit) - time.monotonic())
        if not select.select([reading], [], [], wait)[0]:
            os.kill(child, signal.SIGKILL)
            due, limit = math.inf, time.monotonic() + _LIFE_LIMIT
        elif data := os.read(reading, 1 << 16):
            output += data
            if (
                outside
                and due == math.inf
                and kill is not None
                and output.count(b"\n") > kill.point
            ):
                due = time.monotonic() + kill.delay
        else:
            return output.decode().splitlines()


class Watch:
    """Counts the write points of a life, reports each one, and kills the life at one of them.

    A write point comes before a file is opened for writing, renamed or removed, before a folder is
    created or removed, before a statement that changes the store, and before its commit. Functions
    of `shutil` consist of such points.
    """

    def __init__(self, folder: Path, report: int, kill: Kill | None) -> None:
        self._folder, self._report, self._kill = f"{folder}/", report, kill
        self._number, self._uncommitted = 0, False

    def begin(self) -> None:
        from pipeline.tracking.sqlite import PatientConnection, PatientCursor

        self._say("begin")
        for kind, name, before in (
            (PatientCursor, "execute", self._statement),
            (PatientCursor, "executemany", self._statement),
            (PatientConnection, "commit", self._commit),
        ):
            setattr(kind, name, _after(before, getattr(kind, name)))
        sys.addaudithook(self._audit)

    def _audit(self, name: str, arguments: tuple[Any, ...]) -> None:
        if name not in _PATHS or (name == "open" and not (arguments[2] or 0) & _WRITING):
            return
        path_at, folder_at = _PATHS[name]
        path = arguments[path_at]
        if isinstance(path, int):
            return
        folder = -1 if folder_at is None else arguments[folder_at]
        # Only Linux has this link.
        above = os.getcwd() if folder == -1 else os.readlink(f"/proc/self/fd/{folder}")  # noqa: PTH115, PTH109
        whole = os.path.join(above, os.fsdecode(path))  # noqa: PTH118
        if whole.startswith(self._folder) and not _is_done(name, whole):
            self._point(
                f"{name.removeprefix('os.')} {_plain(whole)}",
                arguments[0] if name == "os.rename" else None,
            )

    def _statement(self, cursor: sqlite3.Cursor, statement: str, *_rest: Any) -> None:
        words = statement.split(maxsplit=3)
        if words[0].upper() in _CHANGES and _database(cursor.connection).startswith(self._folder):
            self._uncommitted = True
            self._point(" ".join(words[:3]))

    def _commit(self, _connection: Any) -> None:
        if self._uncommitted:
            self._uncommitted = False
            self._point("commit")

    def _point(self, what: str, renamed: Any = None) -> None:
        self._number += 1
        self._say(what)
        kill = self._kill
        if kill is None or self._number < kill.point:
            return
        if kill.kind == AMID and renamed is not None and Path(renamed).is_file():
            os.truncate(renamed, int(kill.share * Path(renamed).stat().st_size))
            os.kill(os.getpid(), signal.SIGKILL)
        if kill.kind == AT:
            os.kill(os.getpid(), signal.SIGKILL)

    def _say(self, what: str) -> None:
        os.write(self._report, f"{what}\n".encode())


def _after(before: Callable[..., None], method: Callable[..., Any]) -> Callable[..., Any]:
    def called(*arguments: Any) -> Any:
        before(*arguments)
        return method(*arguments)

    return called


def _database(connection: Any) -> str:
    """The file of a connection. It is asked for once."""
    if not hasattr(connection, "file_of_the_test"):
        (_, _, path) = sqlite3.Connection.execute(connection, "PRAGMA database_list").fetchone()
        connection.file_of_the_test = str(path)
    return str(connection.file_of_the_test)


def _is_done(name: str, path: str) -> bool:
    """Whether the file to remove is already gone, or the folder to create already exists."""
    return (name == "os.remove" and not os.path.lexists(path)) or (
        name == "os.mkdir" and Path(path).is_dir()
    )


def _plain(path: str) -> str:
    """A file's name without the number of its process."""
    return re.sub(r"^(\..*)\.\d+(-\d+)?(?=\.|$)", r"\1.N", path.rpartition("/")[2])


def examine(folder: Path, case: str) -> dict[str, Any]:
    """Everything that a finished run leaves, without times and random names."""
    output = folder / "outputs" / case
    ids = json.loads((output / "run.json").read_text(encoding="utf-8"))
    run_folder = folder / "mlruns/checkpoints" / ids["run_key"]
    temporary = [
        path for root in ("mlruns/checkpoints", "outputs") for path in (folder / root).rglob(".*")
    ]
    return {
        "fingerprint": ids["fingerprint"],
        "run key": ids["run_key"],
        "history": _history(output / "history.csv"),
        "final step and snapshots": json.loads(
            (output / "snapshots/index.json").read_text(encoding="utf-8")
        ),
        "files in outputs": [name for name in _names(output) if not name.startswith("records/")],
        "carried record": _carried(output / "records/train", ids["run_id"]),
        "weights in outputs": _weights(output),
        "folders of runs": sorted(path.name for path in run_folder.parent.glob("[!.]*")),
        "files in the run's folder": _names(run_folder),
        "weights in the run's folder": _weights(run_folder),
        "history in the run's folder": _history(run_folder / "result/history.csv"),
        "temporary files": sorted(path.relative_to(folder).as_posix() for path in temporary),
        **_record(folder, ids["run_id"]),
    }


def _history(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            {
                name: float(value).hex()
                for name, value in row.items()
                if name not in _TIMINGS and value != ""
            }
            for row in csv.DictReader(file)
        ]


def _names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def _carried(folder: Path, run_id: str) -> dict[str, Any]:
    """What DVC carries of the record: the names of its files, which lie under their digests."""
    record = json.loads((folder / f"{run_id}.json").read_text(encoding="utf-8"))
    models = [model["files"] for model in record["models"]]
    digests = {
        one for files in (record["files"], record["result"], *models) for one in files.values()
    }
    return {
        "names": [sorted(files) for files in (record["files"], record["result"], *models)],
        "metrics": {name: [step for step, *_ in of] for name, of in record["metrics"].items()},
        "missing": sorted(digests - set(_names(folder / "files"))),
        "not listed": sorted(set(_names(folder / "files")) - digests),
        "records": [
            name.replace(run_id, "run") for name in _names(folder) if name.endswith(".json")
        ],
    }


def _weights(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): _digest(path)
        for path in sorted(folder.rglob("[!.]*.keras"))
    }


def _digest(path: Path) -> str:
    """sha256 over the weights and the configuration of a saved model."""
    digest = hashlib.sha256()
    with (
        ZipFile(path) as archive,
        archive.open("model.weights.h5") as file,
        h5py.File(file) as weights,
    ):
        digest.update(_ADDRESS.sub(b"", archive.read("config.json")))
        datasets: dict[str, Any] = {}
        weights.visititems(
            lambda name, item: (
                datasets.update({name: item}) if isinstance(item, h5py.Dataset) else None
            )
        )
        for name, dataset in sorted(datasets.items()):
            value = np.asarray(dataset)
            digest.update(f"{name}|{value.shape}|{value.dtype.str}|".encode() + value.tobytes())
    return digest.hexdigest()


def _record(folder: Path, run_id: str) -> dict[str, Any]:
    """The MLflow store's rows, read without MLflow."""
    with closing(sqlite3.connect(folder / "mlruns/mlflow.db")) as store:

        def rows(query: str, *values: object) -> list[Any]:
            return sorted(store.execute(query, values).fetchall())

        models = rows(
            "SELECT artifact_location, status FROM logged_models WHERE lifecycle_stage = 'active'"
        )
        ready = [_path(uri) for uri, status in models if status == _READY]
        return {
            "runs": rows(
                "SELECT status, lifecycle_stage, name, end_time IS NULL, run_uuid = ? FROM runs",
                run_id,
            ),
            "runs of the key": rows(
                "SELECT count(*) FROM tags WHERE key = 'run_key' GROUP BY value"
            ),
            "metrics": _points(rows("SELECT key, step, value, is_nan FROM metrics")),
            "latest metrics": _points(rows("SELECT key, step, value, is_nan FROM latest_metrics")),
            "parameters": [
                row for row in rows("SELECT key, value FROM params") if row[0] != _WITHOUT_EFFECT
            ],
            "tags": [
                row
                for row in rows("SELECT key, value FROM tags")
                if not row[0].startswith(_OF_ONE_LIFE)
            ],
            "data sets": rows(
                "SELECT name, digest FROM inputs JOIN datasets ON source_id = dataset_uuid"
            ),
            "logged models": rows(
                "SELECT name, inputs.step FROM logged_models"
                " JOIN inputs ON destination_id = model_id"
                " WHERE status = ? AND lifecycle_stage = 'active' AND source_run_id = ?",
                _READY,
                run_id,
            ),
            "models that are not ready": len(models) - len(ready),
            "files of logged models": [_names(folder) for folder in ready],
            "weights of logged models": [_weights(folder) for folder in ready],
            "artifacts": [_listed(_path(uri)) for [uri] in rows("SELECT artifact_uri FROM runs")],
        }


def _listed(artifacts: Path) -> list[str]:
    """The artifacts that MLflow lists. It hides half-written files, and never removes them."""
    return [name for name in _names(artifacts) if ".artifact.uploading." not in name]


def _path(uri: str) -> Path:
    return Path(uri.removeprefix("file://"))


def _points(rows: list[Any]) -> list[Any]:
    """Metrics for comparison. Values of times are omitted, so each only has to be there once."""
    return sorted(
        (key, step, "" if key in _TIMINGS else float(value).hex(), nan)
        for key, step, value, nan in rows
    )


def differences(reference: dict[str, Any], results: dict[str, Any]) -> list[str]:
    """The names of differing parts, with the first difference in each."""
    return [
        f"{name}: {_first(reference[name], results[name])}"
        for name in reference
        if reference[name] != results[name]
    ]


def _first(expected: Any, received: Any) -> str:
    if isinstance(expected, dict) and isinstance(received, dict):
        expected, received = list(expected.items()), list(received.items())
    if isinstance(expected, list) and isinstance(received, list):
        missing = [item for item in expected if item not in received]
        added = [item for item in received if item not in expected]
        counts = f"{len(expected)} expected, {len(received)} received"
        return f"{counts}; missing {missing[:1]}, added {added[:1]}"
    return f"{expected} expected, {received} received"


def _require_meaningful(case: str, results: dict[str, Any]) -> None:
    """Checks that a case meets early stopping, a plateau and snapshots, as it should."""
    points, index = results["history"], results["final step and snapshots"]
    if case in ("mlp", "regression"):
        assert float(index["final"]).hex() != points[-1]["step"], (
            f"{case}: the last epoch is the best: {points}"
        )
        longest = int(re.findall(r"epochs: (\d+)", CASES[case])[0])
        assert float.fromhex(points[-1]["epoch"]) < longest, f"{case}: nothing stopped early"
    if case in ("mlp", "own_code"):
        assert len({point["learning_rate"] for point in points}) > 1, (
            f"{case}: the learning rate never fell"
        )
    if case == "cnn":
        assert index["steps"] == [0, 2, 7]


def random_runs(lab: Lab, cases: list[str], *, kills: int, seed: int) -> Iterator[Run]:
    """Runs chains of the cases in turn, until `kills` lives were killed."""
    number = 0
    while kills > 0:
        case = cases[number % len(cases)]
        run = chain(lab, case, Random(f"{seed} {case} {number}"), most=kills)
        kills -= len(run.kills)
        number += 1
        yield run


def chain(lab: Lab, case: str, random: Random, *, most: int) -> Run:
    """Runs up to five lives with a planned kill, and a last one without."""
    folder = lab.repository(case)
    lives: list[Life] = []
    for remaining in range(min(random.randint(1, _LONGEST_CHAIN), most), 0, -1):
        way = Way(*(random.random() < 0.5 for _ in dataclasses.fields(Way)))
        whole = lab.whole(case, Way(way.dense, way.dense))
        lives.append(lab.live(case, folder, way, _draw(whole, random, share=remaining**-0.5)))
        if not lives[-1].killed:
            break
    else:
        lives.append(lab.live(case, folder, Way()))
    return _judged(lab, case, folder, lives)


def _draw(whole: Life, random: Random, *, share: float) -> Kill:
    """Draws a moment among the first `share` of the write points of `whole`."""
    kind = random.choice(KINDS)
    if kind == ANY_TIME:
        return Kill(kind, 0, delay=random.uniform(0, share * whole.seconds))
    last = int(share * (len(whole.points) - 1))
    if kind == SOON_AFTER:
        return Kill(kind, random.randint(0, last), delay=random.uniform(0, _SOON))
    if kind == AT:
        return Kill(kind, random.randint(1, last))
    renames = [number for number, point in enumerate(whole.points) if point.startswith("rename")]
    return Kill(
        kind, random.choice(renames[: math.ceil(share * len(renames))]), share=random.random()
    )


def enumerated_runs(lab: Lab, case: str) -> Iterator[Run]:
    """For each write point of a case, runs a life that is killed there, and one that resumes."""
    for number in range(1, len(lab.whole(case, Way()).points)):
        folder = lab.repository(case)
        lives = [lab.live(case, folder, Way(), Kill(AT, number))]
        if lives[0].killed:
            lives.append(lab.live(case, folder, Way()))
        yield _judged(lab, case, folder, lives)


def _judged(lab: Lab, case: str, folder: Path, lives: list[Life]) -> Run:
    if lives[-1].code != 0:
        return Run(
            case,
            lives,
            [
                f"the last life ended with {lives[-1].code}: "
                f"{lab.log(folder).splitlines()[-1]} ({folder})"
            ],
        )
    different = differences(lab.reference(case), examine(folder, case))
    if different:
        different.append(str(folder))
    else:
        shutil.rmtree(folder)
    return Run(case, lives, different)


def main(arguments: list[str]) -> int:
    """Runs the command line, and returns 1 if anything differs."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.chaos.training", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "--kills", type=int, default=200, help="how many lives end at random moments (200)"
    )
    parser.add_argument("--seed", type=int, default=1, help="draws those moments (1)")
    parser.add_argument(
        "--every-write-point", action="store_true", help="kill once at each write point instead"
    )
    parser.add_argument(
        "--case", choices=CASES, action="append", help="only this case; may be repeated"
    )
    parser.add_argument("--keep", type=Path, help="a new folder, in which the repositories stay")
    parser.add_argument(
        "--flip-a-bit", action="store_true", help="change each checkpoint, as proof that it counts"
    )
    options = parser.parse_args(arguments)
    cases = options.case or list(CASES)
    folder = options.keep or Path(tempfile.mkdtemp(prefix="chaos."))
    began = time.monotonic()
    lab = Lab(folder.resolve(), cases, flip=options.flip_a_bit)
    if options.every_write_point:
        total = sum(len(lab.whole(case, Way()).points) - 1 for case in cases)
        runs = (run for case in cases for run in enumerated_runs(lab, case))
    else:
        total, runs = options.kills, random_runs(lab, cases, kills=options.kills, seed=options.seed)
    done = _show(runs, total)
    for case in cases if options.every_write_point else []:
        print(f"{case}: {len(lab.whole(case, Way()).points) - 1} write points")
    different = _summarise(done, time.monotonic() - began)
    if not different and not options.keep:
        shutil.rmtree(folder)
    return int(different > 0)


def _show(runs: Iterator[Run], total: int) -> list[Run]:
    """Prints each run when it ends, and the progress on a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("kills"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.description}"),
    )
    bar = Progress(
        *columns,
        console=console,
        disable=not console.is_terminal,
        auto_refresh=False,
        redirect_stdout=sys.stdout.isatty(),
    )
    done: list[Run] = []
    with bar:
        task = bar.add_task("0 differences", total=total)
        for run in runs:
            done.append(run)
            print(run, flush=True)
            different = sum(bool(other.differences) for other in done)
            bar.update(
                task, advance=len(run.kills), description=f"{different} differences", refresh=True
            )
    return done


def _summarise(runs: list[Run], seconds: float) -> int:
    """Prints kills by kind and by write point, and returns the number of differing runs."""
    cases = list(dict.fromkeys(run.case for run in runs))
    table = Table("kind of moment", *cases, "kills", "runs", "differences")
    for kind in KINDS:
        touched = [
            run for run in runs if any(life.kill.kind == kind for life in run.kills if life.kill)
        ]
        counts = Counter(
            run.case
            for run in touched
            for life in run.kills
            if life.kill and life.kill.kind == kind
        )
        different = sum(bool(run.differences) for run in touched)
        table.add_row(
            kind,
            *(str(counts[case]) for case in cases),
            str(counts.total()),
            str(len(touched)),
            str(different),
        )
    Console(width=None if sys.stdout.isatty() else 150).print(table)
    kills = [life for run in runs for life in run.kills]
    words = Counter(life.last.split()[0] for life in kills)
    print(
        "last write point before a kill:",
        ", ".join(f"{word} {count}" for word, count in words.most_common()),
    )
    different = sum(bool(run.differences) for run in runs)
    print(f"{len(kills)} kills, {len(runs)} runs, {different} differences, {seconds:.0f} seconds")
    return different


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
