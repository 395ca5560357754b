"""Finds out why an experiment has no result: the errors of failed stages."""

from pathlib import Path

import yaml

from pipeline.config.params import Params
from pipeline.layout import STAGES

_LAST = "evaluate"  # later stages do not contribute to a result


def first_failure(name: str, params: Params, folder: Path, *, stages: Path = STAGES) -> str:
    """Returns the error of the first failed stage of an experiment, or `""`.

    Args:
        folder: holds one file for each failed stage.
        stages: `dvc.yaml`, for the order of the stages and the items of each.
    """
    if not folder.is_dir():
        return ""
    data = params.experiments[name]
    source = params.data[data]
    keys = {"sources": source, "own_files": source, "data": data, "experiments": name}
    for stage, group in _groups(stages).items():
        if error := failure(f"{stage}@{keys.get(group, name)}" if group else stage, folder):
            return error
        if stage == _LAST:
            break
    return ""


def failure(stage: str, folder: Path) -> str:
    """Returns `<stage>: <error>`, or `""` if the stage did not fail."""
    file = folder / f"{stage}.txt"
    return f"{stage}: {file.read_text(encoding='utf-8').strip()}" if file.is_file() else ""


def _groups(stages: Path) -> dict[str, str]:
    """By stage, in order: the list of `params.yaml` that gives its items, or nothing."""
    content = yaml.safe_load(stages.read_text(encoding="utf-8"))["stages"]
    return {name: str(stage.get("foreach", "")).strip("${}") for name, stage in content.items()}
