"""The user's own code in the settings of an experiment."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.config import params
from pipeline.config.data import Data
from pipeline.config.experiment import ExperimentConfig
from pipeline.errors import PipelineError
from pipeline.layout import PARAMS
from pipeline.own import features, reading, weights
from pipeline.own.closure import Closure, closure_of
from pipeline.own.references import OWN, Reference, is_reference, reference


def references(config: ExperimentConfig) -> dict[str, Reference]:
    """The user's own code that the settings name for the training, by setting."""
    return {key: reference(text, key=key) for key, text in _named(config)}


def _named(config: ExperimentConfig) -> Iterator[tuple[str, str]]:
    training, optimizer = config.training, config.optimizer
    if config.model.family == OWN:
        yield "model.build", config.model.build  # type: ignore[attr-defined]
    if training.loss is not None and is_reference(training.loss):
        yield "training.loss", training.loss
    for name in (*(training.metrics or []), *_monitored(config)):
        if is_reference(name):
            yield f"training.metrics {name}", name
    for number, callback in enumerate(training.callbacks):
        yield f"training.callbacks[{number}]", callback.build
    if optimizer.family == OWN:
        yield "optimizer.build", optimizer.build  # type: ignore[attr-defined]
    if is_reference(optimizer.schedule):
        yield "optimizer.schedule", optimizer.schedule


def _monitored(config: ExperimentConfig) -> list[str]:
    """The metrics that rules monitor, without their splits."""
    return [rule.figure.partition("/")[2] for rule in config.training.monitors.values()]


def closure(config: ExperimentConfig) -> Closure:
    """The code of all that a training uses, and what it imports.

    Raises:
        ConfigError: a file is invalid, or has the name of another module.
    """
    return _closure(references(config))


def closure_of_figures(config: ExperimentConfig) -> Closure:
    """The code of the figures that only `evaluate` draws, and what it imports.

    Raises:
        ConfigError: a file is invalid, or has the name of another module.
    """
    names = enumerate(config.figures)
    return _closure({(key := f"figures[{n}]"): reference(text, key=key) for n, text in names})


def _closure(reference_of: Mapping[str, Reference]) -> Closure:
    whole = Closure()
    for key, named_reference in reference_of.items():
        whole.add(closure_of([named_reference], key=key), key=key)
    return whole


def require_listed(configs: Sequence[ExperimentConfig], listed: Mapping[str, str]) -> None:
    """Checks that DVC knows all files of own code, so that an edit of one is noticed.

    Args:
        listed: `own_code` of `params.yaml`: files and folders by name.

    Raises:
        PipelineError: `params.yaml` does not list a file.
    """
    for config in configs:
        _require_file_of_weights(config)
        code = {**closure(config).digests, **closure_of_figures(config).digests}
        others = (*named_files(config), *start_weights(config), *feature_files(config.data))
        params.require_own_code((*code, *others), listed, user=config.name)


def _require_file_of_weights(config: ExperimentConfig) -> None:
    """Refuses weights of another experiment, because DVC cannot order two experiments."""
    name = config.model.weights_from
    if name is not None and not weights.find(name).is_file:
        raise PipelineError(
            f"{PARAMS}: dvc repro cannot train {config.name} after {name}, the source "
            "of its weights",
            received=f"model.weights_from={name}",
            expected=f"Copy {weights.find(name).path} to a folder of your own, and name that file. "
            "python -m pipeline.train takes an experiment or a run",
        )


def model_code(config: ExperimentConfig) -> list[str]:
    """The files of the code that the saved model may need, and of its features."""
    own = references(config).get("model.build")
    network = [] if own is None else closure_of([own], key="model.build").digests
    return list(dict.fromkeys([*network, *feature_files(config.data)]))


def feature_files(data: Data) -> list[str]:
    """The files that the feature functions of a data variant need."""
    functions = [
        features.feature_function(own.function, own.arguments, key=f"data.functions.{name}")
        for name, own in data.functions.items()
    ]
    return [file for function in functions for file in function.files]


def named_files(config: ExperimentConfig) -> dict[str, str]:
    """The sha256 of the files that arguments of own code name, by path."""
    digests: dict[str, str] = {}
    for arguments in _arguments(config):
        digests |= reading.named_files(arguments)
    return digests


def start_weights(config: ExperimentConfig) -> dict[str, str]:
    """The digest of the weights that the training starts with, by their name; empty without."""
    name = config.model.weights_from
    return {} if name is None else {name: weights.find(name).digest}


def _arguments(config: ExperimentConfig) -> Iterator[Mapping[str, Any]]:
    for part in (config.model, config.optimizer):
        if part.family == OWN:
            yield part.arguments  # type: ignore[union-attr]
    yield from (callback.arguments for callback in config.training.callbacks)
