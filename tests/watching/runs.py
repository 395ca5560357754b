"""Runs and curves as a store would show them."""

from collections.abc import Mapping, Sequence

from pipeline.tracking.curves import Measured, Value, WatchedRun

EPOCHS = {"training.epochs": "10", "training.steps": "null", "data.task": "classification"}


def run(
    name: str = "toy", run_id: str = "a" * 32, *, state: str = "running", **tags: str
) -> WatchedRun:
    tags = {"run_key": "k"} | {
        key.replace("parent", "mlflow.parentRunId"): tag for key, tag in tags.items()
    }
    return WatchedRun(run_id, name, "toy", state, 1_000, tags)


def measured(settings: Mapping[str, str] = EPOCHS, **curves: Sequence[float]) -> Measured:
    """Curves with a value after each epoch of 5 steps; a split and a metric are joined by `_`."""
    count = max(map(len, curves.values()), default=0)
    facts = {"epoch": [*range(1, count + 1)], "seconds": [2 + 3 * n for n in range(count)]}
    values = facts | {name.replace("_", "/"): curve for name, curve in curves.items()}
    return Measured(
        settings,
        {
            name: [
                Value(5 * n + 5, float(value), 1_000 * (2 + 3 * n)) for n, value in enumerate(curve)
            ]
            for name, curve in values.items()
        },
    )
