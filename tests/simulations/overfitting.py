"""Counts how often the flag for overfitting is raised, with networks that do and do not overfit.

    python -m tests.simulations.overfitting --seeds 20

- `linear` is a linear model of 11 parameters on the diabetes data, trained by SGD. It cannot
  overfit. Its losses only wander, more with a larger learning rate.
- `wide` has 256 hidden units and learns 60 rows by heart. Its validation loss climbs.
"""

import argparse
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_diabetes
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPRegressor
from sklearn.preprocessing import StandardScaler

from pipeline.reporting.overfitting import overfitting
from pipeline.runs.history import Point

Array = NDArray[np.float64]
Losses = tuple[list[float], list[float]]

_BATCH = 32


def linear(seed: int, *, rate: float, epochs: int) -> Losses:
    """Least squares by SGD: the losses of the training and the validation rows by epoch."""
    x, y, held_x, held_y = _rows(283)
    random = np.random.default_rng(seed)
    weights, bias = random.normal(size=x.shape[1]) * 0.3, 0.0
    fitted, held_out = [], []
    for _ in range(epochs):
        order = random.permutation(len(x))
        for rows in np.array_split(order, len(x) // _BATCH):
            residuals = x[rows] @ weights + bias - y[rows]
            weights = weights - rate * 2 * x[rows].T @ residuals / len(rows)
            bias -= rate * 2 * float(residuals.mean())
        fitted.append(float(np.mean((x @ weights + bias - y) ** 2)))
        held_out.append(float(np.mean((held_x @ weights + bias - held_y) ** 2)))
    return fitted, held_out


def wide(seed: int, *, epochs: int) -> Losses:
    """A wide network on few rows: the losses by epoch."""
    x, y, held_x, held_y = _rows(60)
    network = MLPRegressor(
        hidden_layer_sizes=(256,), learning_rate_init=0.01, batch_size=_BATCH, random_state=seed
    )
    fitted, held_out = [], []
    for _ in range(epochs):
        network.partial_fit(x, y)
        fitted.append(float(np.mean((network.predict(x) - y) ** 2)))
        held_out.append(float(np.mean((network.predict(held_x) - held_y) ** 2)))
    return fitted, held_out


def flagged(train: Callable[[int], Losses], *, seeds: int) -> int:
    """The number of seeds with a flagged training."""
    return sum(overfitting(_history(*train(seed))) is not None for seed in range(seeds))


def _rows(count: int) -> tuple[Array, Array, Array, Array]:
    """`count` standardised training rows, and 71 validation rows."""
    x, y = load_diabetes(return_X_y=True)
    x, held_x, y, held_y = train_test_split(x, y, train_size=count, test_size=71, random_state=42)
    scale_x, scale_y = StandardScaler().fit(x), StandardScaler().fit(y[:, None])
    return (
        scale_x.transform(x),
        scale_y.transform(y[:, None])[:, 0],
        scale_x.transform(held_x),
        scale_y.transform(held_y[:, None])[:, 0],
    )


def _history(fitted: list[float], held_out: list[float]) -> list[Point]:
    return [
        Point(
            step=epoch,
            epoch=float(epoch),
            timestamp=0,
            seconds=0.0,
            training_seconds=0.0,
            timed_examples=0,
            learning_rate=0.1,
            metrics={"train/loss": own, "validation/loss": held},
        )
        for epoch, (own, held) in enumerate(zip(fitted, held_out, strict=True), start=1)
    ]


def main() -> None:
    """Prints a row for each case, as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    seeds = parser.parse_args().seeds
    print("| network | learning rate | epochs | flagged |\n|---|--:|--:|--:|")
    for epochs in (30, 200):
        for rate in (0.1, 0.05, 0.02, 0.01):
            count = flagged(
                lambda seed, rate=rate, epochs=epochs: linear(seed, rate=rate, epochs=epochs),
                seeds=seeds,
            )
            print(f"| linear | {rate} | {epochs} | {count} of {seeds} |", flush=True)
    for epochs in (30, 100):
        count = flagged(lambda seed, epochs=epochs: wide(seed, epochs=epochs), seeds=seeds)
        print(f"| wide | 0.01 | {epochs} | {count} of {seeds} |", flush=True)


if __name__ == "__main__":
    main()
