"""Results that no training made, in the files where the report looks for them."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

from pipeline.runs import history
from pipeline.runs.history import Point

RUN = {"run_id": "0123456789abcdef" * 2, "run_key": "a" * 64, "fingerprint": "b" * 64}
METRICS: dict[str, Any] = {
    "train": {"accuracy": 1.0, "log_loss": 0.1},
    "validation": {"accuracy": 0.9, "log_loss": 0.3},
    "test": {
        "accuracy": 0.95,
        "accuracy_low": 0.9,
        "accuracy_high": 0.975,
        "log_loss": 0.2,
        "log_loss_low": 0.1,
        "log_loss_high": 0.3,
    },
    "parameters": 1234,
    "epochs": 4.0,
    "steps": 12,
    "seconds": 1.25,
    "examples_per_second": 13_000.4,
}
FALLING = ((0.9, 0.8), (0.7, 0.6), (0.5, 0.5), (0.4, 0.45))
CLIMBING = ((0.9, 0.8), (0.7, 0.6), (0.5, 0.7), (0.4, 0.75))
SEEDS = {
    "seeds": {
        seed: {"run_id": seed * 32, "test": {"accuracy": 0.97, "log_loss": 0.2}}
        for seed in ("1", "10", "2")
    },
    "mean": {"accuracy": 0.971, "log_loss": 0.2},
    "low": {"accuracy": 0.965, "log_loss": 0.1},
    "high": {"accuracy": 0.977, "log_loss": 0.3},
}


def points(
    losses: tuple[tuple[float, float], ...], *, name: str = "loss", steps: int = 3
) -> list[Point]:
    """A point at the end of each epoch of `steps`, with its training and its validation loss; a second each, from 1970 on."""
    return [
        Point(
            step=steps * epoch,
            epoch=float(epoch),
            timestamp=1000 * epoch,
            seconds=float(epoch),
            training_seconds=float(epoch),
            timed_examples=100 * epoch,
            learning_rate=0.1,
            metrics={f"train/{name}": train, f"validation/{name}": validation},
        )
        for epoch, (train, validation) in enumerate(losses, start=1)
    ]


def write_result(
    outputs: Path,
    name: str,
    *,
    metrics: dict[str, Any] = METRICS,
    losses: tuple[tuple[float, float], ...] = FALLING,
    run_id: str = RUN["run_id"],
    figures: tuple[str, ...] = ("learning_curves",),
) -> None:
    """What `train` and `evaluate` leave of an experiment; the weights of the second epoch are kept."""
    folder = outputs / name
    (folder / "figures").mkdir(parents=True)
    (folder / "snapshots").mkdir()
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "run.json").write_text(json.dumps(RUN | {"run_id": run_id}))
    (folder / "snapshots/index.json").write_text(json.dumps({"kept": 6, "steps": []}))
    history.write(points(losses), folder / "history.csv")
    for figure in figures:
        (folder / f"figures/{figure}.png").write_bytes(png(4, 3))


def planned(**given: Any) -> dict[str, Any]:
    """A line of `plan.json`, with nothing in it but what is given."""
    empty: dict[str, Any] = {
        "description": "",
        "reported": "",
        "claims": [],
        "changed": {},
        "command": "",
    }
    return empty | given


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    rows = (b"\x00" + b"\x80" * width) * height
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0),
        b"IDAT": zlib.compress(rows),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        _chunk(kind, content) for kind, content in chunks.items()
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return (
        struct.pack(">I", len(content))
        + kind
        + content
        + struct.pack(">I", zlib.crc32(kind + content))
    )
