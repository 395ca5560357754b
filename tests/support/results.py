"""Results that no training made, in the files that the report reads."""

import json
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import log_softmax

from pipeline.config import plan_file, resolved_file
from pipeline.config.params import Params
from pipeline.config.values import write_yaml
from pipeline.data.prepared import Meta
from pipeline.evaluation import predictions, record
from pipeline.evaluation.looks import Ledger, Look
from pipeline.files import sha256, write_sealed
from pipeline.models.scores import ClassScores, Scores
from pipeline.reporting import results
from pipeline.reporting.results import Row
from pipeline.runs import history
from pipeline.runs.history import Point
from pipeline.runs.record import RunRecord
from tests.support import ROOT
from tests.support.metas import images
from tests.support.toy import params_of

RUN = {"run_id": "0123456789abcdef" * 2, "run_key": "a" * 64, "fingerprint": "b" * 64}
TEST: dict[str, dict[str, Any]] = {
    "accuracy": {"value": 0.95, "low": 0.9, "high": 0.975},
    "log_loss": {"value": 0.2, "low": 0.1, "high": 0.3},
}
METRICS: dict[str, Any] = {
    "headline": "accuracy",
    "beside": [],
    "train": {"accuracy": 1.0, "log_loss": 0.1},
    "validation": {"accuracy": 0.9, "log_loss": 0.3},
    "test": TEST,
    "not_defined": {"train": {}, "validation": {}},
    "tables": {"validation": {}, "test": {}},
    "parameters": 1234,
    "epochs": 4.0,
    "steps": 12,
    "seconds": 1.25,
    "examples_per_second": 13_000.4,
}
CLAIMS: list[dict[str, Any]] = [
    {"metric": "test/accuracy", "at_least": 0.9},
    {"metric": "parameters", "at_most": 100},
]
PARAMS = params_of(
    sources=["shapes"],
    data={"shapes": "shapes"},
    experiments={"shapes": "shapes", "pairs": "shapes", "deep": "shapes"},
)
FALLING = ((0.9, 0.8), (0.7, 0.6), (0.5, 0.5), (0.4, 0.45))
CLIMBING = ((0.9, 0.8), (0.7, 0.6), (0.5, 0.7), (0.4, 0.75))
DATA = images().identity
SETTINGS: dict[str, Any] = {
    "data": {"name": "shapes"},
    "seed": 1,
    "training": {"early_stopping": None},
    "tracking": {"store": "memory"},
}
NO_LOOKS = Ledger(())
_TRUTH = np.arange(12) % 3
SURE = ClassScores(_TRUTH, log_softmax(9.0 * np.eye(3)[_TRUTH], axis=1), ["a", "b", "c"])
SERIES: dict[str, dict[str, Any]] = {
    "seeds": {
        "description": "3 seeds of one split",
        "runs": {
            seed: {"run_id": seed * 32, "test": {"accuracy": 0.97, "log_loss": 0.2}}
            for seed in ("1", "10", "2")
        },
        "mean": {"accuracy": 0.971, "log_loss": 0.2},
        "sd": {"accuracy": 0.006, "log_loss": 0.1},
    },
    "split_seeds": {
        "description": "2 splits",
        "runs": {
            seed: {"run_id": seed * 32, "test": {"accuracy": 0.91, "log_loss": 0.4}}
            for seed in ("7", "8")
        },
        "mean": {"accuracy": 0.912, "log_loss": 0.4},
        "sd": {"accuracy": 0.02, "log_loss": 0.1},
        "low": {"accuracy": 0.872, "log_loss": 0.1},
        "high": {"accuracy": 0.952, "log_loss": 0.7},
    },
}


def points(
    losses: tuple[tuple[float, float], ...], *, name: str = "loss", steps: int = 3
) -> list[Point]:
    """A point at the end of each epoch, one second after the last, from 1970 on.

    Args:
        losses: of training and validation, by epoch.
        steps: of an epoch.
    """
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


def write_history(folder: Path, *, step: int, loss: float) -> None:
    """The history of a training of one epoch, which ended at `step`."""
    history.write(points(((loss, loss),), name="loss", steps=step), folder / "history.csv")


def write_result(
    outputs: Path,
    name: str,
    *,
    metrics: dict[str, Any] = METRICS,
    losses: tuple[tuple[float, float], ...] = FALLING,
    saved: int = 6,
    run_id: str = RUN["run_id"],
    figures: tuple[str, ...] = ("learning_curves",),
    scores: Scores | None = None,
    meta: Meta | None = None,
    truth: str = "t",
) -> None:
    """Writes what `train` and `evaluate` write.

    Args:
        saved: the step of the saved weights. Three steps are an epoch.
        scores: of the test split of `meta`; by default those of a model that is right and sure.
        truth: identifies the test rows.
    """
    folder = outputs / name
    (folder / "figures").mkdir(parents=True)
    (folder / "snapshots").mkdir()
    _write_json(folder / "metrics.json", metrics)
    _write_json(folder / "headline.json", {})
    file = folder / predictions.FILE
    predictions.write(file, scores or SURE, meta or images(), truth=truth)
    _write_json(folder / "snapshots/index.json", {"final": saved, "steps": []})
    history.write(points(losses), folder / "history.csv")
    for figure in figures:
        (folder / f"figures/{figure}.png").write_bytes(png(4, 3))
    index = [
        {"file": f"{figure}.png", "title": f"title of {figure}", "alt": f"{figure} of {name}"}
        for figure in figures
    ]
    _write_json(folder / "figures/index.json", index)
    settings = outputs / "configs" / f"{name}.yaml"
    if not settings.exists():
        write_yaml(SETTINGS, settings)
    bind(folder, run_id=run_id)


def bind(folder: Path, **ids: str) -> None:
    """Writes the records of the files of an experiment, as they are now."""
    run = RUN | ids
    settings = resolved_file.read(folder.parent / "configs" / f"{folder.name}.yaml").digest
    files = [folder / "history.csv", *(folder / "snapshots").iterdir()]
    digests = {str(path.relative_to(folder)): sha256(path) for path in files}
    RunRecord(
        **run,
        settings=settings,
        data=DATA,
        environment={"versions": {"keras": "3.0"}},
        cpus=["A CPU (x86_64)"],
        files=digests,
    ).write(folder)
    record.write(folder, run)


def write_seeds(folder: Path, *series: str, **changes: Any) -> None:
    """Writes what `repeat` writes: the named series, by default that over seeds."""
    settings = resolved_file.read(folder.parent / "configs" / f"{folder.name}.yaml")
    digests = {"seeds": settings.digest_without_seed}
    content = {
        "series": {varied: SERIES[varied] for varied in series or ["seeds"]},
        "settings": {
            varied: digests.get(varied, settings.digest) for varied in series or ["seeds"]
        },
        "data": DATA,
    }
    write_sealed(folder / "seeds.json", content | changes)


def _write_json(path: Path, content: Any) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def planned(**entry: Any) -> dict[str, Any]:
    """An entry of `plan.json`; empty except for the arguments."""
    empty: dict[str, Any] = {
        "description": "",
        "reported": "",
        "claims": [],
        "changed": {},
        "command": "",
    }
    return empty | entry


def write_plan(outputs: Path, **entries: dict[str, Any]) -> None:
    """Writes `plan.json`."""
    plan_file.write(entries, outputs / "plan.json")


def write_failure(outputs: Path, stage: str, error: str) -> None:
    """Writes what a failed stage leaves."""
    (outputs / "failures").mkdir(exist_ok=True)
    (outputs / f"failures/{stage}.txt").write_text(f"{error}\n", encoding="utf-8")


def write_outputs(outputs: Path) -> Path:
    """Writes a result of `shapes`, and a plan of `shapes` and `pairs`."""
    write_result(outputs, "shapes")
    write_plan(
        outputs,
        shapes=planned(claims=CLAIMS, reported="about 0.9"),
        pairs=planned(claims=CLAIMS[:1]),
    )
    return outputs


def look(run_id: str, *, truth: str = "t", rows: int = 12, **facts: Any) -> Look:
    """A look of `evaluate` at the model of epoch 2. Its digest is the id of its run."""
    own: dict[str, Any] = {
        "purpose": "evaluate",
        "data": "shapes",
        "split": "3" * 32,
        "models": {"6": run_id},
        "shown": ["accuracy", "log_loss"],
    }
    return Look(run_id=run_id, truth=truth, rows=rows, **own | facts)


def rows_of(
    outputs: Path, *names: str, params: Params = PARAMS, ledger: Ledger = NO_LOOKS
) -> list[Row]:
    """The rows of the named experiments; by default of `shapes` and `pairs`."""
    return results.collect(
        params,
        names or ["shapes", "pairs"],
        outputs=outputs,
        prepared=outputs.parent / "prepared",
        stages=ROOT / "dvc.yaml",
        ledger=ledger,
    )


def png(width: int, height: int) -> bytes:
    """A grey image."""
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
