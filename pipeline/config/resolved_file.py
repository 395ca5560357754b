"""Reads resolved configurations without the schemas that checked them.

Stages after training need only three settings. Reading them here keeps these stages independent of
the code of models and training.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import PipelineError

REMEDY = "Write it again with: dvc repro compose"


@dataclass(frozen=True)
class Settings:
    """The settings that stages after the training need.

    Args:
        data: the name of the data variant.
        seed: the seed of the training.
        store: the setting `tracking.store`.
    """

    data: str
    seed: int
    store: str


def read(path: Path) -> Settings:
    """Reads a file of `outputs/configs/`.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    values = load(path)
    try:
        return Settings(values["data"]["name"], values["seed"], values["tracking"]["store"])
    except (KeyError, TypeError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error


def load(path: Path) -> dict[str, Any]:
    """Reads all settings in a file of `outputs/configs/` as plain values.

    Raises:
        PipelineError: the file is missing or damaged.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise PipelineError(f"{path} is missing", expected=REMEDY) from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PipelineError(f"{path} is damaged", received=error, expected=REMEDY) from error
    if not isinstance(values, dict):
        raise PipelineError(f"{path} is damaged", expected=REMEDY)
    return values
