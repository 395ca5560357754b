"""Runs as DVC carries them, so that a clone has them after `dvc pull`.

Each stage that trains or tests writes a folder, `outputs/<experiment>/records/<stage>/`:

index.json       its runs, and the looks at their test rows
<run id>.json    the record of a run, as the tracking store holds it
files/<sha256>   the files of records, models and results; equal files are one

If several stages work on a run, each folder holds the whole record that its stage left.
DVC keeps equal files once, so the files of the model and the figures take no more space.
"""

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path, PurePosixPath
from typing import Any

from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.files import read_json, read_sealed, replacing, replacing_folder, sha256, state_of
from pipeline.layout import OUTPUTS
from pipeline.runs import record

INDEX, FILES = "index.json", "files"
_MADE_BY = "dvc pull --force"
_RUN_ID = re.compile(r"[0-9a-f]{32}")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MODEL_ID = re.compile(r"m-[0-9a-f]{32}")

Points = Sequence[tuple[int, int, float | None]]


@dataclass(frozen=True)
class CarriedModel:
    """A model that the store holds for a run.

    Args:
        step: that of its weights.
        created, updated: milliseconds since 1970.
        metrics: by name, the step, the time and the value of each; see `CarriedRun`.
        files: the sha256 of each file, by path.
    """

    model_id: str
    name: str
    step: int
    created: int
    updated: int
    kind: str | None
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, Points]
    files: Mapping[str, str]


@dataclass(frozen=True)
class CarriedRun:
    """The record of a run.

    Args:
        experiment: its name in the store.
        started, ended: milliseconds since 1970.
        metrics: by name, the step, the time and the value of each point. None stands for NaN.
        data_sets: as MLflow describes them, with their tags.
        files: the sha256 of each file of the record, by path.
        result: the same for the files that `pipeline.runs.result` wrote; empty without them.
    """

    run_id: str
    run_key: str
    experiment: str
    experiment_tags: Mapping[str, str]
    name: str
    user: str
    status: str
    started: int
    ended: int
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, Points]
    data_sets: Sequence[Mapping[str, Any]]
    models: Sequence[CarriedModel]
    files: Mapping[str, str]
    result: Mapping[str, str]

    @property
    def size(self) -> int:
        """How much the record holds. A record only grows, so the later one of a run is larger."""
        points = sum(map(len, self.metrics.values()))
        return points + len(self.tags) + len(self.files)


@dataclass(frozen=True)
class Entry:
    """What the indexes say of a run.

    Args:
        evaluations: the tags that name its evaluation, one for each folder where it has been
            tested.
        folders: those that hold it.
    """

    run_id: str
    run_key: str
    evaluations: list[str] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)


def folder_of(output: Path, stage: str) -> Path:
    """The folder that a stage of an experiment writes."""
    return output / "records" / stage


def indexes() -> list[Path]:
    """The indexes in `outputs/`."""
    return sorted(OUTPUTS.glob(f"*/records/*/{INDEX}"))


def entries(files: Iterable[Path]) -> list[Entry]:
    """The runs of some indexes. A damaged index is left out, with a warning."""
    by_run: dict[str, Entry] = {}
    for folder, content in _contents(files):
        for run_id, one in content["runs"].items():
            entry = by_run.setdefault(run_id, Entry(run_id, one["run_key"]))
            entry.folders.append(folder)
            entry.evaluations.extend(filter(None, [one["evaluation"]]))
    return list(by_run.values())


def looks(files: Iterable[Path]) -> list[str]:
    """The sealed lines of the ledger that some indexes hold."""
    return [line for _, content in _contents(files) for line in content["looks"]]


def _contents(files: Iterable[Path]) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    for file in files:
        content = _content(file, state_of(file))
        if content is not None:
            yield file.parent, content


@lru_cache(maxsize=4096)
def _content(file: Path, _state: tuple[int, ...]) -> Mapping[str, Any] | None:
    """The content of an index; None if it is damaged. It is read again only after a change."""
    try:
        return read_sealed(file, made_by=_MADE_BY)
    except PipelineError as error:
        _warn(f"the runs of {file.parent} are left out. {error}")
        return None


@cache
def _warn(text: str) -> None:
    """Warns once in a process."""
    log(f"warning: {text}")


def read(entry: Entry) -> CarriedRun:
    """The latest record of a run, after a check that all its files are those of the record.

    Raises:
        PipelineError: a file is missing or damaged, or is of another run.
    """
    runs = [_read(folder, entry) for folder in entry.folders]
    run = max(runs, key=lambda run: run.size)
    for files in (run.files, run.result, *(model.files for model in run.models)):
        for name, digest in files.items():
            _require_inside(name, digest, entry)
            file_of(digest, entry.folders)
    _require_own_result(run, entry)
    return run


def _read(folder: Path, entry: Entry) -> CarriedRun:
    path = folder / f"{entry.run_id}.json"
    values = read_sealed(path, made_by=_MADE_BY)
    try:
        models = [CarriedModel(**model) for model in values.pop("models")]
        run = CarriedRun(**values, models=models)
    except (KeyError, TypeError) as error:
        raise PipelineError(
            f"{path} is of another version of this package",
            received=error,
            expected="Use the version that wrote it, or run the stage again",
        ) from None
    ids = [(_RUN_ID, run.run_id), (_DIGEST, run.run_key)]
    ids += [(_MODEL_ID, model.model_id) for model in models]
    own = (run.run_id, run.run_key) == (entry.run_id, entry.run_key)
    if not own or not all(pattern.fullmatch(one) for pattern, one in ids):
        raise PipelineError(f"{path} is of another run", received=run.run_id)
    return run


def _require_inside(name: str, digest: str, entry: Entry) -> None:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not _DIGEST.fullmatch(digest):
        raise PipelineError(
            f"the record of the run {entry.run_id} names a file that it cannot hold", received=name
        )


def _require_own_result(run: CarriedRun, entry: Entry) -> None:
    """Checks that the files of the result are those that the run wrote."""
    if not run.result:
        return
    path = file_of(run.result[record.FILE], entry.folders)
    own = read_json(path, made_by=_MADE_BY)
    files = {name: digest for name, digest in run.result.items() if name != record.FILE}
    if (own["run_id"], own["run_key"], own["files"]) != (run.run_id, run.run_key, files):
        raise PipelineError(f"{path} is of another run", received=own["run_id"])


def file_of(digest: str, folders: Iterable[Path]) -> Path:
    """The file with these bytes.

    Raises:
        PipelineError: it is missing or damaged.
    """
    paths = [folder / FILES / digest for folder in folders]
    for path in paths:
        if path.is_file() and sha256(path) == digest:
            return path
    present = [path for path in paths if path.is_file()]
    what = f"{present[0]} is damaged" if present else f"{paths[0]} is missing"
    raise PipelineError(what, expected=f"Bring it with: {_MADE_BY}")


def place(files: Mapping[str, str], entry: Entry, target: Path) -> None:
    """Copies files to a folder, by their paths. A file that is there stays as it is."""
    for name, digest in files.items():
        if not (target / name).exists():
            with replacing(target / name) as temporary:
                shutil.copyfile(file_of(digest, entry.folders), temporary)


def place_result(run: CarriedRun, entry: Entry, target: Path) -> None:
    """Writes the result of a run, whole or not at all."""
    with replacing_folder(target) as temporary:
        for name, digest in run.result.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file_of(digest, entry.folders), temporary / name)


def restore_result(run_key: str, target: Path) -> None:
    """Writes the result of a run that DVC carries, if there is one with this key.

    A damaged one is left out, with a warning.
    """
    for entry in entries(indexes()):
        if entry.run_key != run_key:
            continue
        try:
            run = read(entry)
        except PipelineError as error:
            _warn(f"the result that DVC carries for run {entry.run_id} is not used. {error}")
            continue
        if run.result:
            place_result(run, entry, target)
            return
