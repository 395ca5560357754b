"""Measures the training of one epoch in several ways: python -m tests.benchmarks.training [CASE…]

plain: `model.fit` on numpy arrays, as in a course. tuned: the fastest `fit` over several values of
`steps_per_execution`, with and without `jit_compile`. torch: the loop of PyTorch's tutorials, if
PyTorch is installed. ours: the compiled engine with deterministic operations and pinned threads.
Each way has its own process. After a warm-up, the processes train an epoch in turn, ROUNDS times.

The last column is the cost of checkpoints, MLflow and the progress display. It compares a whole
training with its evaluations with the same training on the bare loop, in turn.
"""

import importlib.util
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console
from rich.table import Table

ROUNDS = 5
CASES = {
    "mnist_mlp": ["experiment=mnist_mlp"],
    "mnist_dnn_300_100": ["experiment=mnist_dnn_300_100"],
    "mlp, Adam, dropout": ["experiment=mnist_mlp", "optimizer=adam", "model.dropout=0.2"],
    "mnist_cnn": ["experiment=mnist_cnn"],
    "california_mlp": ["experiment=california_mlp"],
}
# Epochs of a whole training; the others have 20.
LENGTHS = {"mnist_cnn": 4, "california_mlp": 200}
TUNINGS = [(steps, jit) for jit in (False, True) for steps in (10, 50, 200)]


@dataclass
class Worker:
    """A process that trains an epoch for each line on its standard input."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, case: str, way: str) -> "Worker":
        command = [sys.executable, "-m", "tests.benchmarks.training", "--worker", case, way]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return cls(subprocess.Popen(command, text=True, **pipes))

    def measure(self) -> float:
        """The seconds of one epoch or of one training."""
        assert self.process.stdin
        assert self.process.stdout
        print("again", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.communicate()


def main(names: list[str]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 150)
    peak = float(
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.training", "--peak"],
            capture_output=True,
            text=True,
        ).stdout
    )
    table = Table(
        title=f"Median of {ROUNDS} epochs, examples/s; peak {peak / 1e9:,.0f} GFLOP/s",
        title_justify="left",
    )
    torch = ["PyTorch"] if _has_torch() else []
    ratios = ["ours / plain", "ours / tuned", *(f"ours / {name}" for name in torch)]
    for heading in (
        "case",
        "plain fit",
        "tuned fit",
        *torch,
        "ours",
        *ratios,
        "GFLOP/s",
        "of peak",
        "record",
    ):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for name in names or CASES:
        table.add_row(name, *_measured(name, peak))
        console.print(table)


def _measured(name: str, peak: float) -> list[str]:
    rows, flops = _facts(name)
    tuned = _best_tuning(name)
    others = ["plain", tuned, *(["torch"] if _has_torch() else [])]
    rates = {way: rows / seconds for way, seconds in _medians(name, [*others, "ours"]).items()}
    cells = {way: f"{rate:,.0f}" for way, rate in rates.items()}
    cells[tuned] += f" ({tuned.removeprefix('tuned:')})"
    ours = rates["ours"]
    whole = _medians(name, ["bare", "recorded"])
    return [
        *cells.values(),
        *(f"{ours / rates[way]:.2f}" for way in others),
        f"{ours * flops / 1e9:,.1f}",
        f"{ours * flops / peak:.0%}",
        f"{whole['recorded'] / whole['bare'] - 1:+.1%}",
    ]


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def _best_tuning(name: str) -> str:
    """The fastest tuning by its second epoch. `jit_compile` is not tried on convolutions."""
    ways = [f"tuned:{steps},{jit}" for steps, jit in TUNINGS if not (jit and "cnn" in name)]
    return min(ways, key=lambda way: _medians(name, [way], rounds=1)[way])


def _medians(name: str, ways: list[str], *, rounds: int = ROUNDS) -> dict[str, float]:
    """Median seconds of each way, measured in turn."""
    workers = {way: Worker.start(name, way) for way in ways}
    for worker in workers.values():
        worker.measure()
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, worker in workers.items():
            seconds[way].append(worker.measure())
    for worker in workers.values():
        worker.stop()
    return {way: statistics.median(measured) for way, measured in seconds.items()}


def _facts(name: str) -> tuple[int, float]:
    """The rows of an epoch, and the floating-point operations that train on one row."""
    command = [sys.executable, "-m", "tests.benchmarks.training", "--facts", name]
    rows, flops = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(rows), float(flops)


def work(arguments: list[str]) -> None:
    """Runs a worker process."""
    if arguments[-1] != "torch":
        from pipeline.models import backend

        backend.load()
    match arguments:
        case ["--peak"]:
            print(_matrix_product_peak())
        case ["--facts", name]:
            _, task = _task(name)
            print(task.schedule.rows, _flops(task.network))
        case ["--worker", name, way]:
            ways = {"ours": _ours, "torch": _torch, "bare": _bare, "recorded": _recorded}
            measure = ways[way](name) if way in ways else _fit(name, way)
            for _ in sys.stdin:
                print(measure(), flush=True)


def _timed(epoch: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        began = time.perf_counter()
        epoch()
        return time.perf_counter() - began

    return measure


def _task(name: str) -> tuple[Any, Any]:
    """The configuration of a case, and its training task."""
    from pipeline.config.experiment_composition import compose_experiment
    from pipeline.data.prepared import load_meta, load_split
    from pipeline.layout import PREPARED
    from pipeline.models import families
    from pipeline.training import losses, optimizers
    from pipeline.training.engine import TrainingTask
    from pipeline.training.schedule import Schedule

    config = compose_experiment(CASES[name])
    folder = PREPARED / config.data.name
    meta, train = load_meta(folder), load_split(folder, "train")
    network = families.build(config.model, meta, seed=config.seed)
    return config, TrainingTask(
        network=network,
        trained=network,
        optimizer=optimizers.build(config.optimizer, weights=network.trainable_variables, steps=1),
        loss=losses.build(config.training, meta),
        train=train,
        schedule=Schedule(len(train), config.training.batch_size, 10**6, config.seed),
    )


def _ours(name: str) -> Callable[[], float]:
    from pipeline.training import engines, process

    process.pin(threads=2)
    config, task = _task(name)
    engine, schedule = engines.build(task, config.training), task.schedule
    steps = iter(range(0, 10**6, schedule.steps_per_epoch))

    def epoch() -> None:
        start = next(steps)
        engine.reset()
        engine.run(start, start + schedule.steps_per_epoch, on_step=lambda _step, _progress: None)

    return _timed(epoch)


def _whole(name: str) -> list[str]:
    """The overrides of a training of fixed length."""
    length = LENGTHS.get(name, 20)
    return [
        *CASES[name],
        f"training.epochs={length}",
        "training.steps=null",
        "training.evaluate_at=[]",
        "training.early_stopping=null",
    ]


def _span(history: list[Any]) -> float:
    """The seconds from the end of the first epoch to that of the last. The first compiles."""
    return float(history[-1].seconds - history[0].seconds)


def _bare(name: str) -> Callable[[], float]:
    from pipeline.config.experiment_composition import compose_experiment
    from pipeline.data.prepared import load_meta
    from pipeline.layout import PREPARED
    from pipeline.training import fitting
    from pipeline.training.loop import NoStopRequest

    config = compose_experiment(_whole(name))
    folder = PREPARED / config.data.name

    def training() -> float:
        fit = fitting.build(config, load_meta(folder), folder)
        outcome = fit.run(listeners=[], checkpoints=None, interruption=NoStopRequest())
        return _span(outcome.history)

    return training


def _recorded(name: str) -> Callable[[], float]:
    from pipeline import experiment
    from pipeline.config.experiment_composition import compose_experiment

    config = compose_experiment(
        [*_whole(name), "tracking=mlflow", "tracking.log_model=false", "force=true"]
    )
    folder = TemporaryDirectory()
    os.environ["DVC_ROOT"] = folder.name  # The records go to mlruns/ in this folder.

    def training() -> float:
        assert folder
        return _span(experiment.run(config).history)

    return training


def _torch(name: str) -> Callable[[], float]:
    """Does not load TensorFlow, because one process cannot run both libraries."""
    import numpy as np
    import torch

    from pipeline.config.experiment_composition import compose_experiment
    from pipeline.data.prepared import load_meta, load_split
    from pipeline.layout import PREPARED

    config = compose_experiment(CASES[name])
    meta, train = (
        load_meta(PREPARED / config.data.name),
        load_split(PREPARED / config.data.name, "train"),
    )
    torch.set_num_threads(2)
    model = _torch_model(config.model, meta)
    kinds = {"sgd": torch.optim.SGD, "adam": torch.optim.Adam, "adagrad": torch.optim.Adagrad}
    update = kinds[config.optimizer.family](model.parameters(), lr=config.optimizer.learning_rate)
    regression = meta.task == "regression"
    loss_of = torch.nn.MSELoss() if regression else torch.nn.CrossEntropyLoss()
    x = torch.from_numpy(np.array(train.x, dtype=np.float32))
    x = x.permute(0, 3, 1, 2).contiguous() if x.ndim == 4 else x
    y = torch.from_numpy(
        np.array(train.y).reshape(-1, 1) if regression else np.array(train.y, dtype=np.int64)
    )
    batch = config.training.batch_size

    def epoch() -> None:
        order = torch.randperm(len(x))
        for start in range(0, len(x), batch):
            rows = order[start : start + batch]
            update.zero_grad()
            loss_of(model(x[rows]), y[rows]).backward()
            update.step()

    return _timed(epoch)


def _torch_model(model: Any, meta: Any) -> Any:
    """The network of an `mlp` or a `cnn` in PyTorch. Its first layer scales pixels."""
    from math import prod

    from torch import nn

    class Scale(nn.Module):
        def forward(self, pixels: Any) -> Any:
            low, high = model.pixel_range
            return pixels * ((high - low) / meta.pixel_maximum) + low

    layers: list[Any] = [Scale()] if meta.pixel_maximum else []
    features = prod(meta.shape)
    if model.family == "cnn":
        height, width, channels = meta.shape
        for filters in model.filters:
            layers += [
                nn.Conv2d(channels, filters, model.kernel_size, padding="same"),
                nn.ReLU(),
                nn.MaxPool2d(model.pool_size),
            ]
            height, width, channels = height // model.pool_size, width // model.pool_size, filters
        features = height * width * channels
    layers.append(nn.Flatten())
    for units in model.units:
        layers += [
            nn.Linear(features, units),
            nn.ReLU(),
            *([nn.Dropout(model.dropout)] if model.dropout else []),
        ]
        features = units
    return nn.Sequential(*layers, nn.Linear(features, meta.outputs))


def _fit(name: str, way: str) -> Callable[[], float]:
    import numpy as np

    _, task = _task(name)
    steps, jit = (1, False) if way == "plain" else _tuning(way)
    task.network.compile(
        task.optimizer,
        task.loss,
        steps_per_execution=steps,
        jit_compile=jit,
    )
    x = np.asarray(task.train.x, dtype=np.float32)
    y = np.asarray(task.train.y).reshape(-1, 1)
    batch_size = task.schedule.batch_size
    return _timed(lambda: task.network.fit(x, y, batch_size=batch_size, epochs=1, verbose=0))


def _tuning(way: str) -> tuple[int, bool]:
    steps, jit = way.removeprefix("tuned:").split(",")
    return int(steps), jit == "True"


def _flops(network: Any) -> float:
    """Multiplications and additions of the matrix products, forward and backward."""
    import keras

    total = 0.0
    weighted = [
        layer
        for layer in network.layers
        if isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D))
    ]
    for number, layer in enumerate(weighted):
        kernel = float(layer.kernel.shape.num_elements())
        places = (
            float(layer.output.shape[1] * layer.output.shape[2])
            if isinstance(layer, keras.layers.Conv2D)
            else 1.0
        )
        # The first layer passes no gradient back to its input.
        total += 2 * kernel * places * (3 if number else 2)
    return total


def _matrix_product_peak() -> float:
    """Operations per second of the fastest of ten products of 2,048 by 2,048 matrices."""
    import tensorflow as tf

    size = 2048
    matrix = tf.random.normal((size, size))
    seconds = []
    for _ in range(10):
        began = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        seconds.append(time.perf_counter() - began)
    return 2 * size**3 / min(seconds)


if __name__ == "__main__":
    if sys.argv[1:2] and sys.argv[1].startswith("--"):
        work(sys.argv[1:])
    else:
        main(sys.argv[1:])
