"""What is known of a sweep's trials, in `mlruns/sweeps/<sweep_id>/`: one file each, so that no two processes write one.

trials/000.json   where a trial stands, written by the process that runs it
logs/000.txt      what it printed
summary.csv       all trials, when the sweep has ended
figures/          how the objective hangs together with the settings
lock              held by the process that runs the sweep
"""

from dataclasses import asdict, dataclass, field
from pathlib import Path

from pipeline.files import read_json, write_json

WAITING, RUNNING, FINISHED, FAILED = "WAITING", "RUNNING", "FINISHED", "FAILED"


@dataclass(frozen=True)
class Standing:
    """Where one trial stands: `objective` is None until it is known, `seconds` what this start of the sweep spent on it."""

    number: int
    status: str = WAITING
    objective: float | None = None
    seconds: float = 0.0
    run_id: str = ""
    fingerprint: str = ""
    reason: str = ""
    metrics: dict[str, float] = field(default_factory=dict)


class Journal:
    """The folder of one sweep."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def log(self, number: int) -> Path:
        return self.folder / "logs" / f"{number:03d}.txt"

    def begin(self) -> None:
        """Forgets where trials stood: what is finished is known by its run."""
        for file in (self.folder / "trials").glob("*.json"):
            file.unlink()

    def write(self, standing: Standing) -> None:
        write_json(self._file(standing.number), asdict(standing))

    def read(self, number: int) -> Standing:
        """Where a trial stands; WAITING where nothing was heard of it."""
        file = self._file(number)
        if not file.is_file():
            return Standing(number)
        return Standing(**read_json(file, made_by="the same sweep again"))

    def _file(self, number: int) -> Path:
        return self.folder / "trials" / f"{number:03d}.json"
