"""The prepared data of a sweep: those of the data variant, or a split for each repetition."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

from pipeline.config.data import Data
from pipeline.config.values import to_values
from pipeline.console import log
from pipeline.data.prepared import load_meta
from pipeline.data.preparing.temporary import require_same_source, temporary_splits
from pipeline.data.raw import open_raw
from pipeline.layout import PREPARED, RAW
from pipeline.signals import Interruption
from pipeline.studies.grid import Grid


@dataclass(frozen=True)
class Splits:
    """Where the trials of a sweep find their data.

    Args:
        folders: by trial, the folder of prepared data variants.
        ratio: the validation rows of a split, divided by its training rows, on average. None if
            all trials have the same split.
    """

    folders: Sequence[Path]
    ratio: float | None


@contextmanager
def prepared_splits(grid: Grid, interruption: Interruption) -> Iterator[Splits]:
    """Prepares each split of a sweep over splits, and deletes them after the block.

    The disk holds all splits at once, because the trials of all configurations use them.

    Raises:
        PipelineError: the data are missing, or the raw files have changed since they were prepared.
        Interrupted: a signal was received.
    """
    if not grid.is_over_splits:
        yield Splits([PREPARED for _ in grid.trials], None)
        return
    variants = [config.data for config in grid.configs]
    for data in {data.name: data for data in variants}.values():
        require_same_source(open_raw(RAW / data.source), load_meta(PREPARED / data.name))
    different = {_key(data): data for data in variants}
    with temporary_splits() as prepare_split:
        folders = {}
        for number, (key, data) in enumerate(different.items(), start=1):
            interruption.check()
            log(f"{grid.name}: prepares split {number} of {len(different)}")
            folders[key] = prepare_split(data)
        yield Splits(
            [folders[_key(data)] for data in variants],
            mean(_ratio(folders[key] / data.name) for key, data in different.items()),
        )


def _key(data: Data) -> str:
    return json.dumps(to_values(data), sort_keys=True)


def _ratio(folder: Path) -> float:
    rows = load_meta(folder).rows
    return rows["validation"] / rows["train"]
