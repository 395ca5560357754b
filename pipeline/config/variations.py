"""Repetitions of a configuration: one training for each seed, split or fold."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.config.data import Data
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.repeats import FOLDS, SEEDS, Repeats
from pipeline.config.resolved import run_settings
from pipeline.config.split import SplitMethod
from pipeline.errors import PipelineError
from pipeline.layout import PARAMS

# The settings that differ between repetitions of one configuration.
SEED = "seed"
SPLIT = ("data.split.seed", "data.split.fold")
REPETITIONS = (SEED, *SPLIT)


def configurations(
    config: ExperimentConfig, repeats: Repeats
) -> dict[str, dict[int, ExperimentConfig]]:
    """The configuration of each training, by series and value."""
    return {
        varied: {value: _configuration(config, varied, value, repeats.folds) for value in values}
        for varied, values in repeats.values.items()
    }


def _configuration(
    config: ExperimentConfig, varied: str, value: int, folds: int | None
) -> ExperimentConfig:
    if varied == SEEDS:
        return replace(config, seed=value)
    split = config.data.split
    if varied == FOLDS:
        split = replace(split, method=SplitMethod.kfold, test=None, folds=folds, fold=value)
    else:
        split = replace(split, seed=value)
    return replace(config, data=replace(config.data, split=split))


def configuration_of(config: ExperimentConfig) -> str:
    """The settings that all repetitions of a configuration share, as JSON.

    A data variant counts by its settings, without its name. So two variants that differ only in the
    seed or the fold of the split belong to one configuration.
    """
    settings = run_settings(config)
    data = settings["data"]
    if settings["name"] == data["name"]:  # an experiment without a name of its own
        del settings["name"]
    del settings["seed"], data["name"], data["split"]["seed"], data["split"]["fold"]
    return json.dumps(settings, sort_keys=True)


def split_of(config: ExperimentConfig) -> tuple[str, ...]:
    """The seed and the fold of the split, in the order of `SPLIT`, as on a command line."""
    split = config.data.split
    return tuple("null" if value is None else str(value) for value in (split.seed, split.fold))


def splits_by_configuration(configs: Sequence[ExperimentConfig]) -> list[set[tuple[str, ...]]]:
    """The splits of each configuration."""
    splits: dict[str, set[tuple[str, ...]]] = {}
    for config in configs:
        splits.setdefault(configuration_of(config), set()).add(split_of(config))
    return list(splits.values())


def require_drawn_splits(repeats: Mapping[str, Repeats], data: Mapping[str, Data]) -> None:
    """Checks that only drawn splits vary.

    Args:
        repeats: by experiment.
        data: the data variant of each experiment.

    Raises:
        PipelineError: a split does not depend on a seed.
    """
    for name, repeat in repeats.items():
        split = data[name].split
        varied = [series for series in repeat.values if series != SEEDS]
        if varied and split.method is not None and not split.is_drawn:
            raise PipelineError(
                f"{PARAMS}: repeats.{name}.{varied[0]} varies a split that is not drawn",
                received=f"data.split.method {split.method.value}",
                expected="List seeds only, or choose a data variant with a drawn split",
            )
