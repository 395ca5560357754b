"""One epoch of training by several ways, measured alternately: python -m tests.benchmarks.training [CASE…]

plain: `model.fit` on numpy arrays, as a course writes it. tuned: the best `fit` of several `steps_per_execution`, with and
without `jit_compile`. torch: a loop as PyTorch's tutorials write it, where PyTorch is installed. ours: the compiled engine
as the pipeline runs it, with deterministic operations and pinned threads. Each way lives in a process of its own; after a
warm-up, each trains an epoch in turn, ROUNDS times.

The last column is what checkpoints, MLflow and the progress line add to a whole training with its evaluations: the same
training with and without them, in turn.
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
LENGTHS = {"mnist_cnn": 4, "california_mlp": 200}  # epochs of a whole training; 20 of the others
TUNINGS = [(steps, jit) for jit in (False, True) for steps in (10, 50, 200)]


@dataclass
class Worker:
    """A process that trains an epoch whenever it is told to."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, case: str, way: str) -> "Worker":
        command = [sys.executable, "-m", "tests.benchmarks.training", "--worker", case, way]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        return cls(subprocess.Popen(command, text=True, **pipes))

    def measure(self) -> float:
        """Seconds of one epoch, or of one training."""
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
        title=f"Median of {ROUNDS} epochs, examples/s; matrix-product peak {peak / 1e9:,.0f} GFLOP/s",
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
    shown = {way: f"{rate:,.0f}" for way, rate in rates.items()}
    shown[tuned] += f" ({tuned.removeprefix('tuned:')})"
    ours = rates["ours"]
    whole = _medians(name, ["bare", "recorded"])
    return [
        *shown.values(),
        *(f"{ours / rates[way]:.2f}" for way in others),
        f"{ours * flops / 1e9:,.1f}",
        f"{ours * flops / peak:.0%}",
        f"{whole['recorded'] / whole['bare'] - 1:+.1%}",
    ]


def _has_torch() -> bool:
    return importlib.util.find_spec("torch") is not None


def _best_tuning(name: str) -> str:
    """The fastest of the tunings in its second epoch; a network that convolves is not tried with jit."""
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
    """Rows of an epoch, and floating-point operations to train on one of them."""
    command = [sys.executable, "-m", "tests.benchmarks.training", "--facts", name]
    rows, flops = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(rows), float(flops)


def work(arguments: list[str]) -> None:
    """What a worker process does."""
    if arguments[-1] != "torch":
        from pipeline.models import backend

        backend.load()
    match arguments:
        case ["--peak"]:
            print(_matrix_product_peak())
        case ["--facts", name]:
            parts = _parts(name)
            print(parts["schedule"].rows, _flops(parts["network"]))
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


def _parts(name: str) -> dict[str, Any]:
    from pipeline.config.resolved import compose_experiment
    from pipeline.data.prepared import load_meta, load_part
    from pipeline.layout import PREPARED
    from pipeline.models import families
    from pipeline.training import objectives
    from pipeline.training.schedule import Schedule

    config = compose_experiment(CASES[name])
    folder = PREPARED / config.data.name
    meta, train = load_meta(folder), load_part(folder, "train")
    loss = objectives.loss_name(config.training.loss, meta)
    return {
        "config": config,
        "network": families.build(config.model, meta, seed=config.seed),
        "optimizer": objectives.build_optimizer(config.optimizer, steps=1),
        "loss": objectives.build_loss(loss),
        "metrics": objectives.build_metrics(meta, loss),
        "train": train,
        "schedule": Schedule(len(train), config.training.batch_size, 10**6, config.seed),
    }


def _ours(name: str) -> Callable[[], float]:
    from pipeline.training import process
    from pipeline.training.engines import build_engine

    process.pin(threads=2)
    parts = _parts(name)
    config = parts.pop("config")
    engine, schedule = build_engine(config.training, **parts), parts["schedule"]
    steps = iter(range(0, 10**6, schedule.steps_per_epoch))

    def epoch() -> None:
        start = next(steps)
        engine.reset()
        engine.run(start, start + schedule.steps_per_epoch, on_step=lambda _step, _progress: None)

    return _timed(epoch)


def _whole(name: str) -> list[str]:
    """Overrides for a training of fixed length."""
    length = LENGTHS.get(name, 20)
    return [
        *CASES[name],
        f"training.epochs={length}",
        "training.steps=null",
        "training.evaluate_at=[]",
        "training.early_stopping=null",
    ]


def _span(history: list[Any]) -> float:
    """Seconds from the end of the first epoch, which compiles, to that of the last."""
    return float(history[-1].seconds - history[0].seconds)


def _bare(name: str) -> Callable[[], float]:
    from pipeline.config.resolved import compose_experiment
    from pipeline.data.prepared import load_part
    from pipeline.layout import PREPARED
    from pipeline.training import process
    from pipeline.training.engines import build_engine
    from pipeline.training.loop import Rules, train
    from pipeline.training.schedule import Schedule

    process.pin(threads=2)
    config = compose_experiment(_whole(name))

    def training() -> float:
        parts = _parts(name)
        parts |= {
            "schedule": Schedule.of(config.training, rows=len(parts["train"]), seed=config.seed)
        }
        del parts["config"]
        engine = build_engine(config.training, **parts)
        validation = load_part(PREPARED / config.data.name, "validation")
        return _span(
            train(
                engine, parts["schedule"], validation=validation, rules=Rules(), listeners=[]
            ).history
        )

    return training


def _recorded(name: str) -> Callable[[], float]:
    from pipeline import experiment
    from pipeline.config.resolved import compose_experiment

    config = compose_experiment(
        [*_whole(name), "tracking=mlflow", "tracking.log_model=false", "force=true"]
    )
    folder = TemporaryDirectory()
    os.environ["DVC_ROOT"] = folder.name  # its mlruns/ holds what is recorded

    def training() -> float:
        assert folder
        return _span(experiment.run(config).history)

    return training


def _torch(name: str) -> Callable[[], float]:
    """Loads no TensorFlow: the two cannot live in one process."""
    import numpy as np
    import torch

    from pipeline.config.resolved import compose_experiment
    from pipeline.data.prepared import load_meta, load_part
    from pipeline.layout import PREPARED

    config = compose_experiment(CASES[name])
    meta, train = (
        load_meta(PREPARED / config.data.name),
        load_part(PREPARED / config.data.name, "train"),
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
    """The network of an `mlp` or a `cnn` in PyTorch, with the scaling of pixels as its first layer."""
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

    parts = _parts(name)
    steps, jit = (1, False) if way == "plain" else _tuning(way)
    network = parts["network"]
    network.compile(
        parts["optimizer"],
        parts["loss"],
        metrics=parts["metrics"],
        steps_per_execution=steps,
        jit_compile=jit,
    )
    x, y = (
        np.asarray(parts["train"].x, dtype=np.float32),
        np.asarray(parts["train"].y).reshape(-1, 1),
    )
    return _timed(
        lambda: network.fit(x, y, batch_size=parts["schedule"].batch_size, epochs=1, verbose=0)
    )


def _tuning(way: str) -> tuple[int, bool]:
    steps, jit = way.removeprefix("tuned:").split(",")
    return int(steps), jit == "True"


def _flops(network: Any) -> float:
    """Multiplications and additions of the matrix products: forward, and backward to weights and to inputs."""
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
        total += 2 * kernel * places * (3 if number else 2)  # nothing is passed back to the data
    return total


def _matrix_product_peak() -> float:
    """Floating-point operations a second of the fastest of ten products of 2,048 by 2,048 matrices."""
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
