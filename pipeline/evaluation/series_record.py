"""`seeds.json`, the record of trainings of one experiment over seeds, splits and folds."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.config.repeats import SEEDS
from pipeline.config.resolved_file import Settings
from pipeline.data.prepared import Meta
from pipeline.errors import PipelineError
from pipeline.files import read_sealed, write_sealed

FILE = "seeds.json"


def write(output: Path, series: Mapping[str, Any], settings: Settings, meta: Meta) -> None:
    """Writes the record.

    Args:
        output: the folder of the experiment in `outputs/`.
        series: by what varies.
        settings: the settings of the experiment.
        meta: the facts about its data.
    """
    origin = {"settings": _settings(series, settings), "data": _data(meta)}
    write_sealed(output / FILE, {"series": series, **origin})


def read(output: Path, settings: Settings, meta: Meta | None) -> dict[str, Any]:
    """Reads the series if they fit the present settings and data.

    Args:
        meta: the facts about the data; None if they are not prepared here.

    Raises:
        PipelineError: the file is missing, damaged or stale.
    """
    content = read_sealed(output / FILE, made_by=command(output))
    data = _data(meta) if meta else content.get("data")
    series = content.get("series", {})
    own = content.get("settings"), content.get("data")
    if not series or own != (_settings(series, settings), data):
        raise PipelineError(
            f"{output / FILE} is stale: its runs have other settings or data than the experiment",
            expected=f"Train them again with: {command(output)}",
        )
    return dict(series)


def _settings(series: Iterable[str], settings: Settings) -> dict[str, str]:
    """By series, the digest of the settings that its trainings share.

    Trainings over splits and folds have the seed of the experiment. Those over seeds do not.
    """
    return {
        varied: settings.digest_without_seed if varied == SEEDS else settings.digest
        for varied in series
    }


def command(output: Path) -> str:
    """The command that trains the series of an experiment."""
    return f"dvc repro repeat@{output.name}"


def _data(meta: Meta) -> dict[str, str]:
    return meta.identity | meta.source_digests
