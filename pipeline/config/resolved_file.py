"""Reads resolved configurations without the schemas that checked them.

Stages after training need only a few settings. Reading them here keeps these stages independent of
the code of models and training.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import params, yaml_files
from pipeline.errors import PipelineError
from pipeline.files import distrust
from pipeline.layout import CONFIGS

REMEDY = "Write it again with: dvc repro compose"
_SEAL = "# sha256 of the lines above: "

# These settings cannot change the result of a training, so a run's identity leaves them out.
SETTINGS_WITHOUT_EFFECT = ("tracking", "checkpoint", "baselines", "figures")


@dataclass(frozen=True)
class Settings:
    """The settings that stages after the training need.

    Args:
        data: the name of the data variant.
        seed: the seed of the training.
        store: the setting `tracking.store`.
        keeps_best: whether early stopping keeps the epoch that is best on the validation split.
        baselines: whether `evaluate` compares the network with baselines.
        figures: the user's own figures.
        digest: the digest of all settings that can change the result of a training.
        digest_without_seed: the digest of the same settings without the seed.
    """

    data: str
    seed: int
    store: str
    keeps_best: bool
    baselines: bool
    figures: list[str]
    digest: str
    digest_without_seed: str


def read(path: Path) -> Settings:
    """Reads a file of `outputs/configs/`.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    values = load(path)
    try:
        return Settings(
            data=values["data"]["name"],
            seed=values["seed"],
            store=values["tracking"]["store"],
            keeps_best=_keeps_best(values["training"].get("early_stopping")),
            baselines=values.get("baselines", True),  # files of earlier versions do not have it
            figures=values.get("figures", []),
            digest=digest(values),
            digest_without_seed=digest(values, without=["seed"]),
        )
    except (KeyError, TypeError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error


def _keeps_best(early_stopping: dict[str, Any] | None) -> bool:
    if early_stopping is None:
        return False
    monitor = early_stopping.get("monitor") or "validation/loss"
    return bool(monitor.startswith("validation/"))


def sealed(text: str) -> str:
    """Adds a digest of settings in YAML as a comment."""
    return f"{text}{_SEAL}{_sha256(text)}\n"


def unsealed(text: str) -> str:
    """The settings in YAML without their digest."""
    settings, mark, _ = text.rpartition(_SEAL)
    return settings if mark else text


def load(path: Path) -> dict[str, Any]:
    """Reads all settings in a file of `outputs/configs/` as plain values.

    A file that a person wrote has no digest, so none is checked.

    Raises:
        PipelineError: the file is missing or damaged, or `params.yaml` has no such experiment.
    """
    try:
        values = yaml_files.load(path)
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        if path.parent == CONFIGS:
            params.require_experiment(path.stem, params.read().experiments)
        raise PipelineError(f"{path} is missing", expected=REMEDY) from None
    except (yaml.YAMLError, ValueError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error
    settings = unsealed(text)
    if not isinstance(values, dict) or text not in (settings, sealed(settings)):
        distrust(path)
        raise PipelineError(f"{path} is damaged", expected=REMEDY)
    return values


def digest(settings: Mapping[str, Any], *, without: Collection[str] = ()) -> str:
    """sha256 of the settings that can change the result of a training.

    Args:
        settings: as plain values, such as those of a resolved file.
        without: names of settings to leave out, such as `seed`.
    """
    names = settings.keys() - {*SETTINGS_WITHOUT_EFFECT, *without}
    effective = {name: settings[name] for name in names}
    return _sha256(json.dumps(effective, sort_keys=True))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
