"""A run: an experiment on its prepared data, identified by its run key."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pipeline import environment
from pipeline.config import resolved, resolved_file
from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import Meta, load_meta
from pipeline.errors import PipelineError
from pipeline.own import features
from pipeline.runs.checkpoint import Checkpoint
from pipeline.runs.identity import difference, identity, run_key


@dataclass(frozen=True)
class Run:
    """One run: its configuration, its data and its run key.

    Args:
        config: the configuration. The settings that depend on the data are filled in.
        settings: the same as plain values.
        composed: the digest of the settings before that, with null in these places.
        identity: everything that can change the bits of the result.
        key: the digest of the identity.
    """

    config: ExperimentConfig
    settings: dict[str, Any]
    composed: str
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
        composed = resolved.run_settings(config)
        _require_same_data(composed["data"], meta, data_folder)
        features.require_current(meta.functions, data=meta.name)
        config = config.settled(**meta.sizes)
        settings, digest = resolved.run_settings(config), resolved_file.digest(composed)
        own = identity(config, meta)
        return cls(config, settings, digest, meta, data_folder, own, run_key(own))

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def own_paths(self) -> list[str]:
        """The user's own files that the run depends on."""
        own = self.identity.get("own", {})
        return [path for kind in ("files", "data", "weights") for path in own.get(kind, {})]

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

    def cpus(self, latest: Checkpoint | None, folder: Path) -> list[str]:
        """The kinds of CPU that have trained this run, and the one that trains it now.

        Args:
            latest: the checkpoint that the training resumes from.
            folder: the folder of the checkpoint, for errors.

        Raises:
            PipelineError: the checkpoint is from another kind, and the settings do not allow that.
        """
        now = str(environment.cpu())
        before: list[str] = latest.facts["cpus"] if latest is not None else []
        if before[-1:] == [now]:
            return before
        if before and not self.config.checkpoint.allow_environment:
            raise PipelineError(
                f"the checkpoint in {folder} is from another kind of CPU, so the bits may differ",
                received=f"{before[-1]} in the checkpoint, {now} on this machine",
                expected="Resume on that kind, or here with: --allow-environment, "
                "or train from scratch with: force=true",
            )
        return [*before, now]


def _require_same_data(settings: dict[str, Any], meta: Meta, folder: Path) -> None:
    for key, value in settings.items():
        if meta.config.get(key) != value:
            raise PipelineError(
                f"{folder} was prepared with other settings than the experiment has: data.{key}",
                received=f"{value} in the experiment, {meta.config.get(key)} in the prepared data",
                expected=f"Prepare the data again with: dvc repro prepare@{meta.name}. If an "
                f"override set it, set it in conf/data/{meta.name}.yaml instead",
            )
