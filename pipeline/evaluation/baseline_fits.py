"""Fits baselines and keeps their predictions.

They are stored in `mlruns/baselines/`, because many experiments share their data. The name of each
folder is a digest of all that the predictions depend on. You can delete the folders.
"""

import hashlib
import json
import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import environment
from pipeline.baselines import BASELINES, Baseline, features, suiting
from pipeline.code import PACKAGE
from pipeline.console import log
from pipeline.data.prepared import Meta, Split, load_meta, load_split
from pipeline.errors import PipelineError
from pipeline.files import read_sealed, replacing, require_files, sha256, write_sealed
from pipeline.layout import mlruns
from pipeline.locks import locked

# One thread, because the number of threads changes the last digits of sums. Two threads of OpenMP
# also wait for each other: on a busy machine they took fifty times as long.
_THREADS = 1
_LEAST_ROWS = 1000  # a baseline that learned from fewer, although there are more, would say little
_SEED = 0  # of the sample of training rows
_CHUNK = 10_000  # rows that are predicted at once
_LEAST_LOGARITHM = float(np.log(np.finfo(np.float64).tiny))  # for a class that no training row has

_NO_AND_YES = (0, 1)  # the classes of a label

_RECORD, _PREDICTIONS = "record.json", "predictions.npz"


@dataclass(frozen=True)
class Fit:
    """A baseline that has learned.

    Args:
        rows: the number of training rows that it learned from.
        seconds: the time to read, learn and predict.
        left_out: why there are no predictions; empty if there are.
        predictions: by split. Classes: logarithms of probabilities, float64 `(rows, classes)`, or
            class numbers `(rows,)` if the baseline has no probabilities. Numbers: float64
            `(rows,)`, in the unit of the prepared `y`. Of several targets, one after the other
            along axis 1.
    """

    rows: int
    seconds: float
    left_out: str
    predictions: dict[str, NDArray[Any]]


def fits(data: Path, predicted: Mapping[str, Split]) -> dict[str, tuple[Baseline, Fit]]:
    """The baselines of prepared data by name, fitted now or before; simple ones come first.

    Args:
        data: the folder of the prepared data.
        predicted: by name, the splits to predict. The truth in them is not used.
    """
    meta, train = load_meta(data), load_split(data, "train")
    return {
        name: (baseline, _read_or_fit(name, baseline, meta, train, predicted))
        for name, baseline in suiting(meta).items()
    }


def _read_or_fit(
    name: str, baseline: Baseline, meta: Meta, train: Split, predicted: Mapping[str, Split]
) -> Fit:
    """Reads the fit of a baseline. Fits it if no undamaged fit is stored."""
    folder = mlruns() / "baselines" / _key(name, meta)
    with locked(folder, f"fits {baseline.title} to {meta.name}", wait=True):
        stored = _read(folder)
        if stored is not None:
            return stored
        fit = _fit(baseline, meta, train, predicted)
        _write(fit, folder)
    log(f"{meta.name}: {baseline.title}: {_in_words(fit, meta)}")
    return fit


def _key(name: str, meta: Meta) -> str:
    """A digest of all that the predictions depend on."""
    code = PACKAGE.closure(__name__, chosen={BASELINES.package: [name]})
    origin = {
        "name": name,
        "data": meta.identity,
        "code": PACKAGE.digest(code),
        "versions": environment.versions() | {"scipy": version("scipy")},
        "cpu": str(environment.cpu()),
    }
    return hashlib.sha256(json.dumps(origin, sort_keys=True).encode()).hexdigest()[:32]


def _read(folder: Path) -> Fit | None:
    """Reads what `_write` wrote; None if it is missing or damaged."""
    try:
        record = read_sealed(folder / _RECORD, made_by="pipeline.evaluate")
        require_files(folder, record.pop("files"), made_by="pipeline.evaluate")
    except PipelineError:
        return None
    with np.load(folder / _PREDICTIONS, allow_pickle=False) as predictions:
        return Fit(**record, predictions=dict(predictions))


def _write(fit: Fit, folder: Path) -> None:
    """Writes a fit. The record comes last, so a killed process leaves nothing that is read."""
    with replacing(folder / _PREDICTIONS) as temporary:
        arrays: dict[str, Any] = fit.predictions
        np.savez(temporary, **arrays)
    files = {_PREDICTIONS: sha256(folder / _PREDICTIONS)}
    record = {"rows": fit.rows, "seconds": fit.seconds, "left_out": fit.left_out, "files": files}
    write_sealed(folder / _RECORD, record)


def _fit(baseline: Baseline, meta: Meta, train: Split, predicted: Mapping[str, Split]) -> Fit:
    from threadpoolctl import threadpool_limits

    began = time.perf_counter()
    rows = baseline.row_count(meta)
    least = min(_LEAST_ROWS, meta.rows["train"])
    if rows < least:
        return Fit(0, 0.0, _too_much_work(meta, least), {})
    predictions = {}
    with threadpool_limits(_THREADS), warnings.catch_warnings():
        # Estimators warn about intended limits, such as that of the iterations.
        warnings.simplefilter("ignore")
        try:
            estimators = _learned(baseline, meta, train, rows)
        except ValueError as error:
            return Fit(0, 0.0, f"scikit-learn cannot fit it: {error}", {})
        for name, split in predicted.items():
            x = split.x
            chunks = (slice(start, start + _CHUNK) for start in range(0, len(x), _CHUNK))
            inputs = (_inputs(baseline, x[chunk], meta) for chunk in chunks)
            answers = [
                _together([_predicted(baseline, one, part, meta) for one in estimators])
                for part in inputs
            ]
            predictions[name] = np.concatenate(answers)
    return Fit(rows, round(time.perf_counter() - began, 2), "", predictions)


def _together(answers: Sequence[NDArray[Any]]) -> NDArray[Any]:
    """The predictions of all targets, `(rows, targets, …)`; those of one target as they are."""
    return np.stack(answers, axis=1) if len(answers) > 1 else answers[0]


def _learned(baseline: Baseline, meta: Meta, train: Split, rows: int) -> list[Any]:
    """An estimator for each target, after learning from training rows that are drawn at random."""
    sample: Any = slice(None)
    if rows < len(train):
        random = np.random.default_rng(_SEED)
        sample = np.sort(random.choice(len(train), size=rows, replace=False))
    x, y = _inputs(baseline, train.x[sample], meta), np.asarray(train.y[sample])
    return [baseline.build(meta, rows).fit(x, own) for own in y.reshape(len(y), -1).T]


def _inputs(baseline: Baseline, x: NDArray[Any], meta: Meta) -> NDArray[Any]:
    """The inputs of an estimator `(rows, features)`, as a copy.

    Pixels are 32-bit numbers from 0 to 1. The features of a table are 64-bit numbers.
    """
    if baseline.ignores_features:
        return np.zeros((len(x), 1))
    if meta.pixel_maximum is None:
        return np.array(x, dtype=np.float64)
    pixels = np.array(x, dtype=np.float32).reshape(len(x), -1)
    pixels /= meta.pixel_maximum
    return pixels


def _predicted(baseline: Baseline, estimator: Any, x: NDArray[Any], meta: Meta) -> NDArray[Any]:
    if meta.task == "regression":
        return np.asarray(estimator.predict(x), dtype=np.float64)
    if not baseline.has_probabilities:
        return np.asarray(estimator.predict(x), dtype=np.int64)
    return log_probabilities(estimator, x, len(meta.classes or _NO_AND_YES))


def log_probabilities(estimator: Any, x: NDArray[Any], classes: int) -> NDArray[np.float64]:
    """Logarithms of probabilities `(rows, classes)`, from the raw output if there is one."""
    from scipy.special import log_softmax

    has_raw_output = hasattr(estimator, "decision_function")
    answer = estimator.decision_function if has_raw_output else estimator.predict_log_proba
    raw = np.asarray(answer(x), dtype=np.float64)
    if raw.ndim == 1:  # the output is the log-odds of the second class
        raw = np.column_stack([np.zeros_like(raw), raw])
    logits = np.full((len(x), classes), _LEAST_LOGARITHM)
    logits[:, estimator.classes_] = raw
    logarithms: NDArray[np.float64] = log_softmax(logits, axis=1)
    return logarithms


def _too_much_work(meta: Meta, rows: int) -> str:
    classes = f" and {len(meta.classes):,} classes" if meta.classes else ""
    if meta.several:
        classes = f" and {len(meta.several):,} targets"
    return (
        f"{features(meta):,} features{classes} are too much work, even with {rows:,} training rows"
    )


def _in_words(fit: Fit, meta: Meta) -> str:
    if fit.left_out:
        return f"left out: {fit.left_out}"
    total = meta.rows["train"]
    rows = f"{fit.rows:,} of {total:,}" if fit.rows < total else f"{total:,}"
    return f"learned from {rows} training rows in {fit.seconds:.1f} s"
