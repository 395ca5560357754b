"""Writes the files of an experiment from a recording."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np

from pipeline.adopting import rows, training
from pipeline.adopting.network import (
    Network,
    network_of,
    python_file,
    python_stub,
    require_alike,
)
from pipeline.adopting.outputs import are_labels, outputs_of
from pipeline.adopting.own_code import code_of, functions_of
from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.rows import Prepared, Rows
from pipeline.adopting.script import Recording
from pipeline.adopting.training import Loss
from pipeline.config.values import to_yaml
from pipeline.files import write_text
from pipeline.layout import ADOPTED, CONF

_PLAIN_RANGE = [0.0, 1.0]
_DEFAULT_SEED = 42
_CHECKED_ROWS = 8
_SCALERS = "sklearn.preprocessing"
_BINARY = "binary_crossentropy"
_REASON = """\
# The first layer, Rescaling, undoes the standardisation of columns: the network sees the numbers of
# the script.
# If the script scaled its columns itself, both almost cancel out. You may remove this layer: then
# the network sees standardised columns, and its losses differ from those of the script.
"""
_TASKS = {"classes": "classification", "labels": "multi_label", "number": "regression"}


@dataclass(frozen=True)
class Splits:
    """The rows of a script.

    Args:
        tail: how many of the last training rows `validation_split` takes. They are in `validation`.
        batch: the size of a batch of a dataset.
    """

    train: Rows
    validation: Rows | None
    test: Rows | None
    tail: int = 0
    batch: int | None = None


def write(
    recording: Recording, name: str, script: str, folder: Path, *, with_network: bool = True
) -> list[str]:
    """Writes the files of an experiment below a folder, as they would lie in the project.

    Args:
        with_network: whether to adopt the network. Otherwise the function that builds it is left
            to the user.

    Returns:
        The parts of the script that the experiment loses.

    Raises:
        AdoptionError: an essential part has no counterpart.
    """
    missing = list(recording.others)
    outputs = outputs_of(recording.model, recording.compiled)
    loss, splits = outputs.loss, _splits(recording, outputs.names)
    if loss.name == _BINARY and are_labels(splits.train.y):
        loss = replace(loss, kind="labels")
    of_classes = loss.kind != "number"
    if loss.kind == "classes":
        splits = _with_class_numbers(splits)
    if with_network:
        with keras.saving.custom_object_scope(functions_of(recording.names)):
            network = network_of(recording.model, splits.train.x[:1], of_classes=of_classes)
    else:
        loss, network = _without_network(loss, splits)
        missing.append(f"the network: write it into the function build of {ADOPTED / name}.py")
    if loss.kind == "classes":
        loss = _loss_of_classes(loss, network, splits, missing)
    else:
        splits = _with_columns(splits, network, loss)
    if outputs.are_several:
        loss = replace(loss, name=f"{(ADOPTED / name).as_posix()}.py:loss")
    prepared = _prepared(recording, splits, loss, name, missing)
    settings = _experiment(recording, splits, loss, network, prepared, name, missing)
    _write_data(prepared, name, script, folder)
    if settings["model"].get("build"):
        if with_network:
            text = _file_of_network(recording, script, network, prepared, splits)
        else:
            text = python_stub(script, prepared.front, of_classes=of_classes)
        text += outputs.text() if outputs.are_several else ""
        write_text(folder / ADOPTED / f"{name}.py", text)
    _write_experiment(settings, prepared, name, script, folder)
    return missing


def _without_network(loss: Loss, splits: Splits) -> tuple[Loss, Network]:
    """The loss for a network that the user will write, and what is known of that network."""
    outputs = int(np.prod(splits.train.y.shape[1:]))
    if loss.kind == "classes":
        classes = _number_of_classes(splits)
        outputs = 1 if classes == 2 else classes
        if classes == 2:
            loss = replace(loss, name=_BINARY)
    usual = "sigmoid" if loss.name == _BINARY else "softmax"
    is_raw = loss.from_logits or loss.kind == "number"
    return loss, Network("linear" if is_raw else usual, outputs, None, "")


def _number_of_classes(splits: Splits) -> int:
    y = [part.y for part in (splits.train, splits.validation, splits.test) if part is not None]
    return len(np.unique(np.concatenate(y)))


def _file_of_network(
    recording: Recording, script: str, network: Network, prepared: Prepared, splits: Splits
) -> str:
    """The text of the file that builds the network, checked against the network of the script."""
    code = code_of(network.own, recording.text, recording.names)
    require_alike(python_file(script, network, [], code), network, splits.train.x[:_CHECKED_ROWS])
    return python_file(script, network, prepared.front, code)


def _splits(recording: Recording, outputs: Sequence[str]) -> Splits:
    fitted = recording.fitted
    arrays = (fitted.get(name) for name in ("x", "y", "sample_weight"))
    train, batch = rows.rows_of("the data of fit", *arrays, outputs=outputs)
    validation, tail = None, 0
    held_out = fitted.get("validation_data")
    if held_out is not None:
        parts = held_out if isinstance(held_out, tuple | list) else (held_out,)
        validation, _ = rows.rows_of("validation_data", *parts, outputs=outputs)
    elif share := fitted.get("validation_split"):
        first = int(len(train) * (1 - share))
        tail = len(train) - first
        validation = train.part(slice(first, None))
    test = None
    if recording.tested is not None:
        test, _ = rows.rows_of("the data of evaluate", *recording.tested, outputs=outputs)
    return Splits(train, validation, test, tail, batch)


def _map(splits: Splits, change: Any) -> Splits:
    def mapped(part: Rows | None) -> Rows | None:
        return None if part is None else replace(part, y=change(part.y))

    train = mapped(splits.train)
    assert train is not None
    validation, test = mapped(splits.validation), mapped(splits.test)
    return replace(splits, train=train, validation=validation, test=test)


def _with_class_numbers(splits: Splits) -> Splits:
    def numbers(y: Any) -> Any:
        is_wide = y.ndim == 2 and y.shape[1] > 1
        is_valid = ((y == 0) | (y == 1)).all(axis=1) & (y.sum(axis=1) == 1) if is_wide else None
        values = y.argmax(axis=1) if is_wide else y.ravel()
        if is_valid is None:
            is_valid = values == values.astype(np.int64)
        if not is_valid.all():
            raise AdoptionError(
                "the targets of a crossentropy are not classes",
                received=f"{(y if is_wide else values)[~is_valid][:3].tolist()}",
                expected="Give fit whole numbers, or one-hot rows",
            )
        return values.astype(np.int64)

    return _map(splits, numbers)


def _with_columns(splits: Splits, network: Network, loss: Loss) -> Splits:
    """Targets with a column for each output of the network: numbers, or 0 and 1."""
    columns = int(np.prod(splits.train.y.shape[1:]))
    if network.outputs != columns or splits.train.y.ndim > 2:
        raise AdoptionError(
            "the network has another number of outputs than the targets",
            received=f"{network.outputs} outputs and targets of shape {splits.train.y.shape}",
            expected="Give each column of the targets one output",
        )
    if loss.kind == "number":
        return _map(splits, lambda y: (y.ravel() if columns == 1 else y).astype(np.float64))
    usual = "linear" if loss.from_logits else "sigmoid"
    if network.activation != usual or not np.isin(splits.train.y, (0, 1)).all():
        raise AdoptionError(
            "the outputs are not labels",
            received=f"{network.activation} with binary_crossentropy, from_logits="
            f"{loss.from_logits}, and targets such as {splits.train.y.ravel()[:3].tolist()}",
            expected=f"Choose {usual} in the script and targets of 0 and 1, then adopt it again",
        )
    return _map(splits, lambda y: y.astype(np.int64))


def _loss_of_classes(loss: Loss, network: Network, splits: Splits, missing: list[str]) -> Loss:
    """Checks that outputs and loss fit together. Two classes have one output here."""
    is_binary = loss.name == "binary_crossentropy"
    usual = "linear" if loss.from_logits else "sigmoid" if is_binary else "softmax"
    if network.activation != usual:
        raise AdoptionError(
            "the last activation does not fit the loss",
            received=f"{network.activation} with {loss.name}, from_logits={loss.from_logits}",
            expected=f"Choose {usual} in the script, then adopt it again",
        )
    classes = _number_of_classes(splits)
    outputs = 1 if classes == 2 else classes
    if network.outputs == outputs:
        return loss
    if network.layers is None or (is_binary and classes != 2):
        raise AdoptionError(
            "the network has another number of outputs than the data need",
            received=f"{network.outputs} outputs for {classes} classes",
            expected=f"Give it {outputs} outputs in the script, then adopt it again",
        )
    missing.append(
        f"{network.outputs} outputs: {classes} classes have {outputs} here"
        + (", the log-odds of the second class" if classes == 2 else "")
    )
    if classes == 2:
        return Loss("binary_crossentropy", "classes", settings=loss.settings)
    return loss


def _prepared(
    recording: Recording, splits: Splits, loss: Loss, name: str, missing: list[str]
) -> Prepared:
    for images in recording.bundled.loaded if loss.kind == "classes" else ():
        lost: list[str] = []
        prepared = rows.of_bundled(images, splits.train, splits.validation, splits.tail, lost)
        if prepared is not None:
            missing += lost
            return prepared
    train = splits.train.part(slice(None, len(splits.train) - splits.tail))
    return rows.of_arrays(
        (ADOPTED / f"{name}.parquet").as_posix(),
        train,
        splits.validation,
        splits.test,
        task=_TASKS[loss.kind],
        missing=missing,
    )


def _experiment(
    recording: Recording,
    splits: Splits,
    loss: Loss,
    network: Network,
    prepared: Prepared,
    name: str,
    missing: list[str],
) -> dict[str, Any]:
    fitted, compiled = recording.fitted, recording.compiled
    optimizer = keras.optimizers.get(compiled.get("optimizer") or "rmsprop")
    family, of_optimizer = training.optimizer_settings(optimizer)
    of_training, of_tracking = training.callback_settings(fitted.get("callbacks"), missing)
    length = training.length_settings(fitted, missing)
    if splits.batch is not None:
        length["batch_size"] = splits.batch
    steps = math.ceil(prepared.rows / length["batch_size"])
    of_optimizer |= training.scheduled_rates(recording.model, fitted, length["epochs"], steps)
    if fitted.get("class_weight") or splits.train.weights is not None:
        _watch_as_keras(of_training, splits)
    metrics = None
    if splits.train.y.ndim == 1:  # Each of several targets has its usual metrics.
        metrics = training.metric_settings(compiled.get("metrics"), loss.kind, missing)
    missing += _lost_arithmetic(recording)
    missing += _lost_columns(recording, splits)
    model: dict[str, Any] = {}
    if network.layers is not None:
        model["layers"] = [*prepared.front, *network.layers]
    else:
        model["build"] = f"{(ADOPTED / name).as_posix()}.py:build"
    if prepared.pixel_range not in (None, _PLAIN_RANGE):
        model["pixel_range"] = prepared.pixel_range
    settings: dict[str, Any] = {
        "defaults": [
            {"override /data": name},
            {"override /model": "layers" if network.layers is not None else "python"},
            {"override /optimizer": family},
        ],
        "model": model,
        "optimizer": of_optimizer,
        "training": {**length, "loss": loss.name, **loss.settings, **of_training},
    }
    if metrics is not None:
        settings["training"]["metrics"] = metrics
    if fitted.get("class_weight") and loss.kind != "classes":
        raise AdoptionError(
            "class_weight suits one target with classes only",
            received=f"class_weight for targets of shape {splits.train.y.shape}",
            expected="Give fit sample_weight instead, then adopt the script again",
        )
    if weights := fitted.get("class_weight"):
        settings["training"]["class_weight"] = _by_class(weights, prepared.classes)
    if of_tracking:
        settings["tracking"] = of_tracking
    if recording.seed not in (None, _DEFAULT_SEED):
        settings["seed"] = recording.seed
    return settings


def _watch_as_keras(settings: dict[str, Any], splits: Splits) -> None:
    """Makes rules watch the validation loss that Keras watches.

    With weights, the default of the pipeline is another loss. Keras weights validation rows by
    their own weights, and never by those of their classes.
    """
    is_weighted = splits.validation is not None and splits.validation.weights is not None
    for rule in ("early_stopping", "reduce_on_plateau"):
        if settings.get(rule):
            loss = "weighted_loss" if is_weighted else "loss"
            settings[rule].setdefault("monitor", f"validation/{loss}")


def _lost_arithmetic(recording: Recording) -> list[str]:
    """The parts of a script that change a training and have no setting."""
    lost = [
        f"{argument} of compile"
        for argument in ("loss_weights", "weighted_metrics")
        if recording.compiled.get(argument)
        and not (argument == "loss_weights" and len(recording.model.outputs) > 1)
    ]
    if recording.model.losses:
        lost.append("penalties in val_loss: the training has them, and validation/loss has not")
    if any(hasattr(layer, "seed_generator") for layer in recording.model._flatten_layers()):
        lost.append(
            "the random numbers: dropout and other random layers are adopted, and draw other ones"
        )
    return lost


def _lost_columns(recording: Recording, splits: Splits) -> list[str]:
    """What the arrays of the script lack, compared with the table that it read."""
    tables = [one for one in recording.names.values() if hasattr(one, "columns")]
    if splits.train.names is not None or splits.train.x.ndim != 2 or not tables:
        return []
    scalers = [
        name for name, one in recording.names.items() if type(one).__module__.startswith(_SCALERS)
    ]
    if not scalers:
        return ["the names of the columns; a DataFrame keeps them, so leave out .values"]
    return [
        f"the names of the columns and the scaler ({', '.join(scalers)}): predictions need scaled "
        "numbers; a DataFrame without a scaler keeps both, because columns are standardised here"
    ]


def _by_class(weights: Any, classes: Sequence[str] | None) -> dict[str, float]:
    """The weights of classes by name.

    Args:
        classes: the names of classes of images by number. None for a table: its names are numbers.
    """
    return {
        str(int(label)) if classes is None else classes[int(label)]: float(weight)
        for label, weight in dict(weights).items()
    }


def _write_data(prepared: Prepared, name: str, script: str, folder: Path) -> None:
    if prepared.source is not None and prepared.write is not None:
        path = folder / prepared.source["path"]
        path.parent.mkdir(parents=True, exist_ok=True)
        prepared.write(path)
        text = f"# The arrays that {script} gave to Keras: test, validation, then training rows.\n"
        write_text(folder / CONF / f"source/{name}.yaml", text + to_yaml(prepared.source))
    text = f"# The rows and the split of {script}.\n"
    write_text(folder / CONF / f"data/{name}.yaml", text + _yaml(prepared.data))


def _write_experiment(
    settings: dict[str, Any], prepared: Prepared, name: str, script: str, folder: Path
) -> None:
    text = f"# @package _global_\n# Adopted from {script}.\n#   python -m pipeline.train {name}\n"
    undone = prepared.source is not None and prepared.front
    if undone and prepared.front[0]["class_name"] == "Rescaling":
        text += _REASON
    write_text(folder / CONF / f"experiment/{name}.yaml", text + _yaml(settings))


def _yaml(values: dict[str, Any]) -> str:
    return to_yaml({key: value for key, value in values.items() if value != {}}, short=True)
