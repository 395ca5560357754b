"""What was proven about the runs of the report: certificates and audits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.files import read_sealed
from pipeline.layout import CERTIFICATES
from pipeline.reporting.results import Row

_FILES = {"certificate.json": "made again", "audit.json": "audited"}
_GOOD = ("identical", "no difference")


@dataclass(frozen=True)
class Proof:
    """The result of a reproduction or an audit of a run.

    Args:
        deed: `made again` or `audited`.
        verdict: such as `identical` or `no difference in 3 of 12 stretches`; `damaged` if its file
            cannot be read.
        is_good: whether there is no difference.
        sentence: what was compared, when, and what makes a difference.
        file: relative to the report.
    """

    deed: str
    verdict: str
    is_good: bool
    sentence: str
    file: str


def collect(rows: Sequence[Row], folder: Path = CERTIFICATES) -> dict[str, list[Proof]]:
    """The proofs of each experiment that has any, by its name."""
    by_experiment = {
        row.experiment: _of_run(folder / row.result.run.run_id) for row in rows if row.result
    }
    return {experiment: proofs for experiment, proofs in by_experiment.items() if proofs}


def _of_run(folder: Path) -> list[Proof]:
    return [
        _read(folder / name, deed) for name, deed in _FILES.items() if (folder / name).is_file()
    ]


def _read(file: Path, deed: str) -> Proof:
    place = "/".join(file.parts[-3:])
    try:
        content = read_sealed(file, made_by=f"python -m pipeline.reproduce {file.parent.name[:8]}")
        verdict, sentence = str(content["verdict"]), _sentence(content)
    except (PipelineError, KeyError) as error:
        return Proof(deed, "damaged", False, str(error), place)
    return Proof(deed, verdict, verdict.startswith(_GOOD), sentence, place)


def _sentence(content: Mapping[str, Any]) -> str:
    if "stretches" in content:
        return f"Trained again between kept checkpoints on {_day(content['time'])}"
    compared = f"{content['points']:,} figures of the history and {content['tests']:,} test metrics"
    day = _day(content["facts"]["time"])
    return ". ".join([f"Fingerprint, {compared} compared on {day}", *content["culprits"]])


def _day(time: str) -> str:
    return time.partition("T")[0]
