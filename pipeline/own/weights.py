"""The weights that a training starts with, from another run or a file."""

import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import ConfigError, PipelineError
from pipeline.files import read_json, sha256
from pipeline.layout import OUTPUTS, mlruns

_KEY = "model.weights_from"
_SUFFIXES = (".keras", ".weights.h5")
_RUN_ID = re.compile(r"[0-9a-f]{4,32}")
_MODEL, _RECORD = "model.keras", "run.json"


@dataclass(frozen=True)
class Weights:
    """A file of weights.

    Args:
        digest: of the weights: the fingerprint of a run, or the sha256 of a file.
        is_file: whether the setting names the file, and not the run that made it.
    """

    path: Path
    digest: str
    is_file: bool


def find(name: str) -> Weights:
    """Finds the weights that `model.weights_from` names.

    Raises:
        ConfigError: there are none.
    """
    if name.endswith(_SUFFIXES):
        if not Path(name).is_file():
            raise ConfigError(_KEY, "names a file that is missing", received=name)
        return Weights(Path(name), sha256(Path(name)), is_file=True)
    if Path(name).name == name and (OUTPUTS / name / _MODEL).is_file():
        return _of_result(OUTPUTS / name)
    if _RUN_ID.fullmatch(name):
        results = (mlruns() / "checkpoints").glob(f"*/result/{_RECORD}")
        matches = [file.parent for file in results if _run_id(file).startswith(name)]
        if len(matches) == 1:
            return _of_result(matches[0])
    raise ConfigError(
        _KEY,
        "names neither a trained experiment, nor one finished run of this project, nor a file",
        received=name,
        expected=f"Train the experiment first, or name a file with {' or '.join(_SUFFIXES)}",
    )


def _run_id(record: Path) -> str:
    try:
        return str(read_json(record, made_by=_KEY)["run_id"])
    except (PipelineError, KeyError, TypeError):  # a damaged result of some other run
        return ""


def _of_result(folder: Path) -> Weights:
    record = read_json(folder / _RECORD, made_by="the command that trained it")
    return Weights(folder / _MODEL, str(record["fingerprint"]), is_file=False)
