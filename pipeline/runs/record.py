"""The record of a trained result, `run.json`: which run made it, and from what.

It holds a digest of each file of the result. So a reader can check whether a model, a history and a
test metric belong together.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError
from pipeline.files import read_sealed, write_sealed

FILE = "run.json"


@dataclass(frozen=True)
class RunRecord:
    """The content of `run.json`.

    Args:
        settings: `pipeline.config.resolved_file.digest` of the run's settings.
        data: `pipeline.data.prepared.Meta.identity` of the prepared data.
        environment: `pipeline.environment.settings`, and the `versions`.
        cpus: the kinds of CPU that trained it, in order. More than one means that the training was
            resumed with `--allow-environment`.
        files: the sha256 of each other file of the result, by path.
    """

    run_id: str
    run_key: str
    fingerprint: str
    settings: str
    data: dict[str, str]
    environment: dict[str, Any]
    cpus: list[str]
    files: dict[str, str]

    @property
    def ids(self) -> dict[str, str]:
        """The ids by which other records name the run."""
        return {
            "run_id": self.run_id,
            "run_key": self.run_key,
            "fingerprint": self.fingerprint,
        }

    def write(self, folder: Path) -> None:
        """Writes `run.json`."""
        write_sealed(folder / FILE, asdict(self))

    def require_current(
        self, output: Path, *, settings: str, data: Mapping[str, str], made_by: str
    ) -> None:
        """Checks that the run has the present settings and data.

        Args:
            output: the folder of the result, for messages.
            settings: the digest of the experiment's settings.
            data: `pipeline.data.prepared.Meta.identity` of the prepared data.
            made_by: the command that trains the experiment.

        Raises:
            PipelineError: they differ.
        """
        if self.settings != settings:
            raise PipelineError(
                f"{output} is stale: its run {self.run_id} has other settings than the experiment",
                expected=f"Train it again with: {made_by}",
            )
        self.require_data(output, data=data, made_by=made_by)

    def require_data(self, output: Path, *, data: Mapping[str, str], made_by: str) -> None:
        """Checks that the run has the present data; see `require_current`.

        Raises:
            PipelineError: they differ.
        """
        names = sorted(name for name in data if data[name] != self.data.get(name))
        if names:
            raise PipelineError(
                f"{output} is stale: its run {self.run_id} was trained on other data",
                received=f"other digests of {', '.join(names)}",
                expected=f"Train it again with: {made_by}",
            )


def read(folder: Path, *, made_by: str) -> RunRecord:
    """Reads `run.json`.

    Raises:
        PipelineError: it is missing or damaged, or an earlier version of this package wrote it.
    """
    path = folder / FILE
    values: Mapping[str, object] = read_sealed(path, made_by=made_by)
    try:
        return RunRecord(**values)  # type: ignore[arg-type]
    except TypeError as error:
        raise PipelineError(
            f"{path} is of another version of this package",
            received=error,
            expected=f"Make it again with: {made_by}",
        ) from None
