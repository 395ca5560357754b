"""The predictions of a test split, in `predictions.npz` next to its metrics.

With it, two models can be compared row by row without the models, the data and TensorFlow.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.data.prepared import Meta
from pipeline.errors import PipelineError
from pipeline.files import replacing
from pipeline.models.scores import ClassScores, NumberScores, Scores, ScoresByTarget

FILE = "predictions.npz"
_FACTS = "facts"
_VERSION = 1


@dataclass(frozen=True)
class Facts:
    """What the rows are, and what is predicted for them.

    Args:
        truth: identifies the rows, as in the ledger of looks.
        rows: the number of rows.
        targets: their names.
        classes: the names of the classes by number, or of no and yes for each target; none for a
            quantity.
    """

    task: str
    truth: str
    rows: int
    targets: list[str]
    classes: list[list[str]]


@dataclass(frozen=True)
class Predictions:
    """The content of `predictions.npz`."""

    facts: Facts
    scores: Scores


def write(path: Path, scores: Scores, meta: Meta, *, truth: str) -> None:
    """Writes the scores of a test split to the bit. Equal scores give equal bytes.

    Each target has two arrays: `truth`, and `log_probabilities` of shape (rows, classes) or
    `prediction` of shape (rows,), both float64. For several targets, names begin with `0/`, `1/`, …

    Args:
        truth: identifies the rows, as in the ledger of looks.
    """
    parts = _parts(scores)
    classes = [list(part.classes) for part in parts if isinstance(part, ClassScores)]
    names = [target.name for target in meta.targets]
    facts = Facts(meta.task, truth, len(scores), names, classes)
    arrays: dict[str, NDArray[Any]] = {}
    for number, part in enumerate(parts):
        beginning = _beginning(number, len(parts))
        arrays[f"{beginning}truth"] = part.truth
        if isinstance(part, ClassScores):
            arrays[f"{beginning}log_probabilities"] = part.log_probabilities
        else:
            arrays[f"{beginning}prediction"] = part.prediction
    text = json.dumps({"version": _VERSION, **asdict(facts)}, sort_keys=True, ensure_ascii=False)
    with replacing(path) as temporary:
        np.savez_compressed(temporary, **{_FACTS: np.array(text)}, **arrays)  # type: ignore[arg-type]


def read(path: Path, *, made_by: str) -> Predictions:
    """Reads what `write` wrote. The caller has checked the file against its record.

    Args:
        made_by: the command that makes the file. The error message names it.

    Raises:
        PipelineError: another version of this package wrote it.
    """
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    values = json.loads(str(arrays[_FACTS]))
    if values.pop("version") != _VERSION:
        raise PipelineError(
            f"{path} is of another version of this package",
            expected=f"Make it again with: {made_by}",
        )
    facts = Facts(**values)
    return Predictions(facts, _scores(arrays, facts))


def _parts(scores: Scores) -> Sequence[ClassScores | NumberScores]:
    return list(scores.parts.values()) if isinstance(scores, ScoresByTarget) else [scores]


def _beginning(number: int, targets: int) -> str:
    return f"{number}/" if targets > 1 else ""


def _scores(arrays: Mapping[str, NDArray[Any]], facts: Facts) -> Scores:
    parts: list[ClassScores | NumberScores] = []
    count = 1 if facts.task == "classification" else len(facts.targets)
    for number in range(count):
        beginning = _beginning(number, count)
        truth = arrays[f"{beginning}truth"]
        if facts.classes:
            logarithms = arrays[f"{beginning}log_probabilities"]
            parts.append(ClassScores(truth, logarithms, facts.classes[number]))
        else:
            parts.append(NumberScores(truth, arrays[f"{beginning}prediction"]))
    if count == 1:
        return parts[0]
    return ScoresByTarget(dict(zip(facts.targets, parts, strict=True)))
