"""The run to make again: what its record says that it was made from, and its results."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import params
from pipeline.data.prepared import SPLITS
from pipeline.errors import PipelineError, suggestion
from pipeline.files import read_sealed, sha256
from pipeline.layout import OUTPUTS, mlruns
from pipeline.runs import history, record
from pipeline.runs.history import Point
from pipeline.runs.identity import difference, run_key
from pipeline.runs.result import HISTORY, MADE_BY, MODEL
from pipeline.runs.run_id import is_run_id
from pipeline.tracking import logged_models, recorded
from pipeline.tracking.facts import HINDSIGHT
from pipeline.tracking.names import LINEAGE, PATCH, SETTINGS
from pipeline.tracking.recorded import RecordedRun, Steps

_REPORT = re.compile(r"(?:.*/)?report\.(?:html|md)#(?P<experiment>.+)")


@dataclass(frozen=True)
class Original:
    """A finished run.

    Args:
        name: of the experiment.
        settings: the resolved configuration.
        lineage: see `pipeline.runs.lineage`.
        patch: from the commit to the files that the run was made with.
        fingerprint: of its variables; empty for a run that diverged.
        points: its history in the store: by metric and step, without what was added in hindsight.
        tests: its test metrics in the store, in the same way.
        times: when it was measured, in milliseconds since 1970, by step.
        resumed_at: the steps from which it was resumed.
        result: the folder of its files; None if they are not in this project.
        faults: what in the record does not fit the rest of it, each in one line.
    """

    run_id: str
    name: str
    settings: Mapping[str, Any]
    lineage: Mapping[str, Any]
    patch: bytes
    fingerprint: str
    points: Steps
    tests: Steps
    times: Mapping[int, int]
    resumed_at: list[int]
    result: Path | None
    faults: list[str] = field(default_factory=list)

    @property
    def identity(self) -> Mapping[str, Any]:
        """See `pipeline.runs.identity`."""
        identity: Mapping[str, Any] = self.lineage["identity"]
        return identity

    @property
    def has_its_patch(self) -> bool:
        """Whether `patch` has the digest that the lineage names. Only then is its code known."""
        git = self.lineage["git"]
        return not git or hashlib.sha256(self.patch).hexdigest() == git["patch"]

    @property
    def folder(self) -> Path:
        """The folder of its checkpoints and files in this project."""
        return _folder(self.lineage)

    @property
    def last_step(self) -> int:
        """The step of its last evaluation."""
        return max(self.times, default=0)

    @property
    def history(self) -> list[Point]:
        """The history in the run's own files; empty without them."""
        return history.read(self.result / HISTORY) if self.result else []


def find(name: str) -> str:
    """The id of a run, from its first characters, an experiment, or `report.html#<experiment>`.

    Raises:
        PipelineError: there is no such run.
    """
    of_report = _REPORT.fullmatch(name)
    experiment = of_report["experiment"] if of_report else name
    if (OUTPUTS / experiment / record.FILE).is_file():
        return _run_of(experiment)
    if of_report is None and is_run_id(name):
        return logged_models.find_run(name)
    experiments = params.read().experiments
    if experiment in experiments:
        return _run_of(experiment)  # it says how to train it
    raise PipelineError(
        "this is neither an experiment nor the id of a run",
        received=name,
        expected=suggestion(experiment, experiments),
    )


def _run_of(experiment: str) -> str:
    return record.read(OUTPUTS / experiment, made_by=f"dvc repro train@{experiment}").run_id


def _folder(lineage: Mapping[str, Any]) -> Path:
    return mlruns() / "checkpoints" / str(lineage["run_key"])


def read(run_id: str, *, or_failed: bool = False) -> Original:
    """Reads a finished run.

    Args:
        or_failed: or one that failed, for example because it diverged.

    Raises:
        PipelineError: it has not finished, or an earlier version recorded it without its lineage.
    """
    run = recorded.read(run_id)
    fingerprint = run.tags.get("fingerprint", "")
    failed = or_failed and run.status == "FAILED"
    if not failed and (run.status != "FINISHED" or not fingerprint):
        raise PipelineError(
            "only a finished training can be made again",
            received=f"run {run_id} with the status {run.status}",
        )
    with recorded.file_of(run, LINEAGE) as file:
        if file is None:
            raise PipelineError(
                "the record of this run has no lineage.json",
                received=run_id,
                expected="Train it again with this version: it records what a run is made from",
            )
        lineage = read_sealed(file, made_by=MADE_BY)
    with recorded.file_of(run, SETTINGS) as file:
        settings = yaml.safe_load(file.read_text(encoding="utf-8")) if file else {}
    with recorded.file_of(run, PATCH) as file:
        patch = file.read_bytes() if file else b""
    result = _folder(lineage) / "result"
    added = set(run.tags.get(HINDSIGHT, "").split(", "))
    history_of_run = {name: one for name, one in run.metrics.items() if name not in added}
    original = Original(
        run_id=run_id,
        name=run.tags.get("experiment", run.experiment),
        settings=settings,
        lineage=lineage,
        patch=patch,
        fingerprint=fingerprint,
        points=recorded.of_training(history_of_run),
        tests=recorded.of_tests(run.metrics),
        times=run.times,
        resumed_at=[int(step) for step in run.tags.get("resumed.at", "").split()],
        result=result if _is_of(result, run_id) else None,
    )
    original.faults.extend(_faults(original, run))
    return original


def _is_of(result: Path, run_id: str) -> bool:
    """Whether a folder holds the files of a run."""
    try:
        return record.read(result, made_by=MADE_BY).run_id == run_id
    except PipelineError:
        return False


def _faults(original: Original, run: RecordedRun) -> list[str]:
    """Says what was changed in the record after the run, without training it again."""
    lineage, settings = original.lineage, original.identity["settings"]
    faults = []
    if run_key(original.identity) != lineage["run_key"]:
        faults.append("lineage.json: its identity does not fit its run key")
    if not original.has_its_patch:
        faults.append(f"{PATCH} is not the one of the run")
    differing = difference(settings, {key: original.settings.get(key) for key in settings})
    if differing is not None:
        name, then, now = differing
        faults.append(f"{SETTINGS}: {name} was {then} in the run, and is {now} in the file")
    faults += [
        f"the parameter {name} is not that of the run"
        for name, value in recorded.params_of(settings).items()
        if not _same_text(run.params.get(name), value)
    ]
    faults += [
        f"the tag {name} is not that of the run"
        for name, value in _tags(lineage).items()
        if run.tags.get(name) != value
    ]
    faults += [
        f"the latest value of {name} is not the last one of its history"
        for name, value in run.latest.items()
        if not _same(value, run.metrics[name][max(run.metrics[name])])
    ]
    return faults + (_faults_of_files(original, original.result) if original.result else [])


def _same_text(one: str | None, two: str) -> bool:
    """Whether two parameters are equal. In JSON, the order of keys may differ."""
    if one is None or one == two:
        return one is not None
    try:
        return bool(json.loads(one) == json.loads(two))
    except ValueError:
        return False


def _same(one: float, two: float) -> bool:
    return one == two or (math.isnan(one) and math.isnan(two))


def _tags(lineage: Mapping[str, Any]) -> dict[str, str]:
    """The tags that repeat what the lineage says."""
    identity = lineage["identity"]
    tags = {"run_key": lineage["run_key"]}
    tags |= {f"version.{name}": number for name, number in identity["versions"].items()}
    splits = {name: one for name, one in identity["data"].items() if name in SPLITS}
    tags |= {f"data.digest.{name}": digest for name, digest in splits.items()}
    if lineage["git"]:
        tags["git.commit"] = lineage["git"]["commit"]
    return tags


def _faults_of_files(original: Original, result: Path) -> list[str]:
    """What was changed in the files of the run in this project."""
    own = record.read(result, made_by=MADE_BY)
    faults = [
        f"{result / name} was changed after the run"
        for name, digest in own.files.items()
        if not (result / name).is_file() or sha256(result / name) != digest
    ]
    if own.fingerprint != original.fingerprint:
        faults.append("the tag fingerprint is not that of the run")
    return faults


def model_of(original: Original) -> Path | None:
    """The file of the saved model; None if this project does not have it as the run wrote it."""
    if original.result is None:
        return None
    path = original.result / MODEL
    digest = record.read(original.result, made_by=MADE_BY).files.get(MODEL)
    return path if path.is_file() and sha256(path) == digest else None
