"""`outputs/plan.json`: what the report needs to know about each experiment.

It holds a digest of the files that `compose` read. So the report can notice an edit of a
setting or a claim.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.files import read_sealed, write_sealed
from pipeline.layout import CONF, PARAMS, PLAN

_MADE_BY = "dvc repro compose"


def write(experiments: Mapping[str, Any], path: Path = PLAN) -> None:
    """Writes the entries of `pipeline.config.outline`, by experiment."""
    write_sealed(path, {"files": _digest(), "experiments": experiments})


def read(path: Path = PLAN) -> dict[str, Any]:
    """Reads the entries that `write` wrote.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    return dict(read_sealed(path, made_by=_MADE_BY)["experiments"])


def require_current(path: Path = PLAN) -> None:
    """Checks that no setting was edited since `compose` ran.

    Raises:
        PipelineError: a file of `conf/` or `params.yaml` has changed.
    """
    if read_sealed(path, made_by=_MADE_BY)["files"] != _digest():
        raise PipelineError(
            f"{path} is stale: {CONF} or {PARAMS} was edited after it was written",
            expected=f"Compose the experiments again with: {_MADE_BY}",
        )


def _digest() -> str:
    """sha256 of the names and bytes of all settings."""
    digest = hashlib.sha256()
    for path in [*sorted(CONF.rglob("*.yaml")), PARAMS]:
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{path.as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()
