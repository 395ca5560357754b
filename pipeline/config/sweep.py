"""The combinations of a sweep, each checked before the first one runs."""

from collections.abc import Sequence
from pathlib import Path

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from pipeline.config.composition import CONF
from pipeline.config.resolved import compose_experiment
from pipeline.errors import PipelineError


def check(overrides: Sequence[str], *, conf: Path = CONF) -> list[list[str]]:
    """The combinations of a sweep, each composed once; raises `PipelineError` for the first that cannot be."""
    found = combinations(overrides)
    for combination in found:
        compose_experiment(combination, conf=conf)
    return found


def combinations(overrides: Sequence[str]) -> list[list[str]]:
    """The runs of Hydra's own sweeper: every combination of the values given with commas, in its order."""
    try:
        parsed = OverridesParser.create().parse_overrides(list(overrides))
        batches = BasicSweeper.split_arguments(parsed, max_batch_size=None)
    except HydraException as error:
        raise PipelineError(
            "command line: an override cannot be read",
            received=" ".join(overrides),
            expected="Expected: key=value or key=value,value,…",
        ) from error
    return [list(combination) for batch in batches for combination in batch]
