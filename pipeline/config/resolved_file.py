"""Reads resolved configurations without the schemas that checked them.

Stages after training need only three settings. Reading them here keeps these stages independent of
the code of models and training.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.config import yaml_files
from pipeline.errors import PipelineError

REMEDY = "Write it again with: dvc repro compose"

# These settings cannot change the result of a training, so a run's identity leaves them out.
SETTINGS_WITHOUT_EFFECT = ("tracking", "checkpoint")


@dataclass(frozen=True)
class Settings:
    """The settings that stages after the training need.

    Args:
        data: the name of the data variant.
        seed: the seed of the training.
        store: the setting `tracking.store`.
        digest: of all settings that can change the result of a training.
        digest_without_seed: of the same settings without the seed.
    """

    data: str
    seed: int
    store: str
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
            digest=digest(values),
            digest_without_seed=digest(values, without=["seed"]),
        )
    except (KeyError, TypeError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error


def load(path: Path) -> dict[str, Any]:
    """Reads all settings in a file of `outputs/configs/` as plain values.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    try:
        values = yaml_files.load(path)
    except FileNotFoundError:
        raise PipelineError(f"{path} is missing", expected=REMEDY) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error
    if not isinstance(values, dict):
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
    return hashlib.sha256(json.dumps(effective, sort_keys=True).encode()).hexdigest()
