"""Opens the test split. No other module does, so every look at it is in the ledger."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.data import tables
from pipeline.data.prepared import Meta, Split, load_meta, load_split
from pipeline.evaluation import looks
from pipeline.evaluation.looks import Look
from pipeline.models.fingerprint import fingerprint


def open_test_split(
    folder: Path,
    *,
    purpose: str,
    run_id: str,
    models: Mapping[str, str],
    shown: Iterable[str],
) -> Split:
    """Opens the test split of a data variant. Records the look before it returns the split.

    Args:
        folder: the folder of the prepared data.
        purpose: the command that opens it, such as `evaluate`.
        run_id: the run that trained the models.
        models: by name, the digest of each model that is scored on all test rows; see `digests`.
        shown: what a reader will see: the names of metrics, or the number of a row.

    Raises:
        PipelineError: a file is missing or has changed since it was prepared, or the ledger cannot
            be written.
    """
    meta = load_meta(folder)
    split = load_split(folder, "test")
    looks.record(
        Look(
            purpose=purpose,
            run_id=run_id,
            data=meta.name,
            split=meta.digests["test"],
            truth=truth_of(split, meta),
            rows=len(split),
            models=dict(models),
            shown=list(shown),
        )
    )
    return split


def digests(models: Mapping[int, Any]) -> dict[str, str]:
    """The fingerprint of the variables of each served model, by its step."""
    return {str(step): fingerprint(model.variables) for step, model in models.items()}


def truth_of(split: Split, meta: Meta) -> str:
    """Identifies rows by their true values: 32 hexadecimal digits of sha256.

    They are the labels of images, or the cells of a table's targets. Other columns, features and
    encodings of the same rows change nothing.
    """
    if split.rows is None:
        content = np.asarray(split.y, dtype=np.int64).tobytes()
    else:
        target = meta.config["target"]
        names = target if isinstance(target, list) else [target]
        others = set(tables.columns_of(split.rows)).difference(names)
        columns = tables.read(split.rows, without=others).columns
        cells = [cell for name in names for cell in columns[name]]
        content = "\n".join(cells).encode()
    return hashlib.sha256(content).hexdigest()[:32]
