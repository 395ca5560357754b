"""Composes every experiment of `params.yaml`, and compares its data with `conf/`."""

from pathlib import Path

from pipeline.config import composition, hydra_composition
from pipeline.config.data import Data
from pipeline.config.data_composition import compose_data
from pipeline.config.experiment import ExperimentConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.params import Params
from pipeline.config.source import FetchConfig
from pipeline.config.variations import require_drawn_splits
from pipeline.errors import PipelineError
from pipeline.layout import CONF, PARAMS


def compose_all(params: Params, *, conf: Path = CONF) -> list[ExperimentConfig]:
    """Composes each experiment with the overrides that hold for all.

    Raises:
        PipelineError: a setting is invalid, or `conf/` disagrees with `params.yaml`.
    """
    hydra_composition.register("fetch", FetchConfig)
    _check_own_files(params, conf)
    variants = {name: _variant(name, source, conf) for name, source in params.data.items()}
    of_experiments = {name: variants[data] for name, data in params.experiments.items()}
    require_drawn_splits(params.repeats, of_experiments)
    return [_experiment(name, data, params, conf) for name, data in of_experiments.items()]


def _check_own_files(params: Params, conf: Path) -> None:
    """Checks that DVC watches the file that `fetch` reads."""
    for name, path in params.own_files.items():
        source = composition.compose("fetch", FetchConfig, [f"source={name}"], conf=conf).source
        expected = source.own_files
        if expected is None or Path(expected) != Path(path):
            raise PipelineError(
                f"{PARAMS}: own_files.{name} differs from the path in conf/source/{name}.yaml",
                received=path,
                expected=f"Expected: {expected or 'a source with a path'}",
            )


def _variant(name: str, source: str, conf: Path) -> Data:
    data = compose_data(name, conf=conf)
    if data.source != source:
        raise PipelineError(
            f"{PARAMS}: data.{name} differs from the source in conf/data/{name}.yaml",
            received=source,
            expected=f"Expected: {data.source}",
        )
    return data


def _experiment(name: str, data: Data, params: Params, conf: Path) -> ExperimentConfig:
    _require_file_or_data(name, data, conf)
    config = compose_experiment([f"experiment={name}", *params.overrides], conf=conf)
    if config.data.name != data.name:
        raise PipelineError(
            f"{PARAMS}: experiments.{name}.data differs from conf/experiment/{name}.yaml",
            received=data.name,
            expected=f"Expected: {config.data.name}",
        )
    if config.data != data:
        raise PipelineError(
            f"{conf / 'experiment' / name}.yaml or the overrides in {PARAMS} change the settings "
            "of shared data",
            received=f"data={data.name}",
            expected="Write another data variant in conf/data/ and use that",
        )
    return config


def _require_file_or_data(name: str, data: Data, conf: Path) -> None:
    """Checks that an experiment without a file, the default one, has the name of its data."""
    if name != data.name and not (conf / "experiment" / f"{name}.yaml").is_file():
        raise PipelineError(
            f"{PARAMS}: experiments.{name} has no file conf/experiment/{name}.yaml",
            received=f"{name}: {{data: {data.name}}}",
            expected=f"Write the file. To run the default experiment, name it {data.name}",
        )
