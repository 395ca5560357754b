"""The configurations of a repeated experiment: one for each seed, split or fold."""

from collections.abc import Mapping
from dataclasses import replace

from pipeline.config.data import Data
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.repeats import FOLDS, SEEDS, Repeats
from pipeline.config.split import SplitMethod
from pipeline.errors import PipelineError
from pipeline.layout import PARAMS


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


def require_drawn_splits(repeats: Mapping[str, Repeats], data: Mapping[str, Data]) -> None:
    """Checks that only splits vary that are drawn.

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
                expected="List seeds only, or choose a data variant whose rows are drawn",
            )
