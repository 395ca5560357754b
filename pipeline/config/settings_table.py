"""Shows the settings of an experiment, and what sets each of them."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from pipeline.config import composition
from pipeline.config.experiment_composition import choosing, compose_experiment
from pipeline.config.resolved import run_settings
from pipeline.layout import CONF


def settings_table(overrides: Sequence[str], *, conf: Path = CONF) -> Table:
    """A table of all settings: name, value, and what sets it.

    Raises:
        PipelineError: a setting is invalid.
    """
    settings = dict(_leaves(run_settings(compose_experiment(overrides, conf=conf)), ""))
    places = composition.places("config", settings, choosing(overrides, conf), conf=conf)
    table = Table("setting", "value", "set by", box=None, pad_edge=False)
    for key, value in settings.items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        table.add_row(key, text, places[key])
    return table


def _leaves(settings: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for key, value in settings.items():
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
