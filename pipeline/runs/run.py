"""A run: an experiment on its prepared data, identified by its run key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline.config import resolved
from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import Meta, load_meta
from pipeline.errors import PipelineError
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.identity import difference, identity, run_key


@dataclass(frozen=True)
class Run:
    """One run: its configuration, its data and its run key.

    Args:
        settings: the configuration as plain values.
        identity: everything that can change the bits of the result.
        key: the digest of the identity.
    """

    config: ExperimentConfig
    settings: dict[str, Any]
    meta: Meta
    data_folder: Path
    identity: dict[str, Any]
    key: str

    @classmethod
    def of(cls, config: ExperimentConfig, data_folder: Path) -> Self:
        """The run of an experiment on prepared data.

        Raises:
            PipelineError: the data are missing, or were prepared with other settings.
        """
        meta = load_meta(data_folder)
        settings = resolved.run_settings(config)
        _require_same_data(settings["data"], meta, data_folder)
        own = identity(config, meta)
        return cls(config, settings, meta, data_folder, own, run_key(own))

    @property
    def name(self) -> str:
        return self.config.name

    def require_own(self, checkpoint: Checkpoint, folder: Path) -> None:
        """Checks that a checkpoint belongs to this run.

        Raises:
            PipelineError: it belongs to another run.
        """
        field = difference(checkpoint.facts["identity"], self.identity)
        if field is not None:
            name, before, now = field
            raise PipelineError(
                f"the checkpoint in {folder} belongs to another run: {name} differs",
                received=f"{before} in the checkpoint, {now} in this run",
                expected="Remove the folder, or train from scratch with: force=true",
            )


def _require_same_data(settings: dict[str, Any], meta: Meta, folder: Path) -> None:
    for key, value in settings.items():
        if meta.config.get(key) != value:
            raise PipelineError(
                f"{folder} was prepared with other settings than the experiment has: data.{key}",
                received=f"{value} in the experiment, {meta.config.get(key)} in the prepared data",
                expected=f"Prepare the data again with: dvc repro prepare@{meta.name}",
            )
