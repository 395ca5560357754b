"""One epoch of training by three ways, measured alternately: python -m tests.benchmark [CASE…]

plain: `model.fit` on numpy arrays, as a course writes it. tuned: the best `fit` of several `steps_per_execution`, with and
without `jit_compile`. ours: the compiled engine as the pipeline runs it, with deterministic operations and pinned
threads. Each way lives in a process of its own; after a warm-up, each trains an epoch in turn, ROUNDS times.
"""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.table import Table

ROUNDS = 5
CASES = {
    "mnist_mlp": ["experiment=mnist_mlp"],
    "mnist_dnn_300_100": [
        "data=mnist_first_5000",
        "model.units=[300,100]",
        "optimizer=sgd",
        "optimizer.learning_rate=0.01",
        "training.batch_size=50",
    ],
    "mlp, Adam, dropout": ["experiment=mnist_mlp", "optimizer=adam", "model.dropout=0.2"],
    "mnist_cnn": ["experiment=mnist_cnn"],
    "california_mlp": ["experiment=california_mlp"],
}
TUNINGS = [(steps, jit) for jit in (False, True) for steps in (10, 50, 200)]


@dataclass
class Worker:
    """A process that trains an epoch whenever it is told to."""

    process: subprocess.Popen[str]

    @classmethod
    def start(cls, case: str, way: str) -> "Worker":
        command = [sys.executable, "-m", "tests.benchmark", "--worker", case, way]
        return cls(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True))

    def epoch(self) -> float:
        """Seconds of one epoch."""
        assert self.process.stdin
        assert self.process.stdout
        print("epoch", file=self.process.stdin, flush=True)
        return float(self.process.stdout.readline())

    def stop(self) -> None:
        self.process.communicate()


def main(names: list[str]) -> None:
    console = Console(width=None if sys.stdout.isatty() else 150)
    peak = float(subprocess.run([sys.executable, "-m", "tests.benchmark", "--peak"], capture_output=True, text=True).stdout)
    table = Table(
        title=f"Median of {ROUNDS} epochs, examples/s; matrix-product peak {peak / 1e9:,.0f} GFLOP/s", title_justify="left"
    )
    for heading in ("case", "plain fit", "tuned fit", "ours", "ours / plain", "ours / tuned", "GFLOP/s", "of peak"):
        table.add_column(heading, justify="left" if heading == "case" else "right")
    for name in names or CASES:
        table.add_row(name, *_measured(name, peak))
        console.print(table)


def _measured(name: str, peak: float) -> list[str]:
    rows, flops = _facts(name)
    tuned = _best_tuning(name)
    seconds = _alternate(name, ["plain", tuned, "ours"])
    plain, best, ours = (rows / statistics.median(seconds[way]) for way in ("plain", tuned, "ours"))
    rate = ours * flops
    return [
        f"{plain:,.0f}",
        f"{best:,.0f} ({tuned.removeprefix('tuned:')})",
        f"{ours:,.0f}",
        f"{ours / plain:.2f}",
        f"{ours / best:.2f}",
        f"{rate / 1e9:,.1f}",
        f"{rate / peak:.0%}",
    ]


def _best_tuning(name: str) -> str:
    """The fastest of the tunings in its second epoch; a network that convolves is not tried with jit."""
    ways = [f"tuned:{steps},{jit}" for steps, jit in TUNINGS if not (jit and "cnn" in name)]
    return min(ways, key=lambda way: _alternate(name, [way], rounds=1)[way][0])


def _alternate(name: str, ways: list[str], *, rounds: int = ROUNDS) -> dict[str, list[float]]:
    workers = {way: Worker.start(name, way) for way in ways}
    for worker in workers.values():
        worker.epoch()
    seconds: dict[str, list[float]] = {way: [] for way in ways}
    for _ in range(rounds):
        for way, worker in workers.items():
            seconds[way].append(worker.epoch())
    for worker in workers.values():
        worker.stop()
    return seconds


def _facts(name: str) -> tuple[int, float]:
    """Rows of an epoch, and floating-point operations to train on one of them."""
    command = [sys.executable, "-m", "tests.benchmark", "--facts", name]
    rows, flops = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return int(rows), float(flops)


def work(arguments: list[str]) -> None:
    """What a worker process does."""
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from pipeline.models import backend

    backend.load()
    match arguments:
        case ["--peak"]:
            print(_matrix_product_peak())
        case ["--facts", name]:
            parts = _parts(name)
            print(parts["schedule"].rows, _flops(parts["network"]))
        case ["--worker", name, way]:
            epoch = _ours(name) if way == "ours" else _fit(name, way)
            for _ in sys.stdin:
                began = time.perf_counter()
                epoch()
                print(time.perf_counter() - began, flush=True)


def _parts(name: str) -> dict[str, Any]:
    from pipeline.config.resolved import compose_experiment
    from pipeline.data.prepared import PREPARED, load_meta, load_part
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
        "optimizer": objectives.build_optimizer(config.optimizer),
        "loss": objectives.build_loss(loss),
        "metrics": objectives.build_metrics(meta, loss),
        "train": train,
        "schedule": Schedule(len(train), config.training.batch_size, 10**6, config.seed),
    }


def _ours(name: str) -> Callable[[], None]:
    from pipeline.training import process
    from pipeline.training.engines import build_engine

    process.pin(threads=2)
    parts = _parts(name)
    config = parts.pop("config")
    engine, schedule = build_engine(config.training, **parts), parts["schedule"]
    steps = iter(range(0, 10**6, schedule.steps_per_epoch))

    def epoch() -> None:
        start = next(steps)
        engine.run(start, start + schedule.steps_per_epoch, on_step=lambda _step, _means: None)

    return epoch


def _fit(name: str, way: str) -> Callable[[], None]:
    import numpy as np

    parts = _parts(name)
    steps, jit = (1, False) if way == "plain" else _tuning(way)
    network = parts["network"]
    network.compile(parts["optimizer"], parts["loss"], metrics=parts["metrics"], steps_per_execution=steps, jit_compile=jit)
    x, y = np.asarray(parts["train"].x, dtype=np.float32), np.asarray(parts["train"].y).reshape(-1, 1)
    return lambda: network.fit(x, y, batch_size=parts["schedule"].batch_size, epochs=1, verbose=0)


def _tuning(way: str) -> tuple[int, bool]:
    steps, jit = way.removeprefix("tuned:").split(",")
    return int(steps), jit == "True"


def _flops(network: Any) -> float:
    """Multiplications and additions of the matrix products: forward, and backward to weights and to inputs."""
    import keras

    total = 0.0
    weighted = [layer for layer in network.layers if isinstance(layer, (keras.layers.Dense, keras.layers.Conv2D))]
    for number, layer in enumerate(weighted):
        kernel = float(layer.kernel.shape.num_elements())
        places = float(layer.output.shape[1] * layer.output.shape[2]) if isinstance(layer, keras.layers.Conv2D) else 1.0
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
