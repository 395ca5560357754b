"""Settings of training: length, batches, loss, metrics, engine and stopping."""

from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import yaml
from omegaconf import MISSING

from pipeline import metrics
from pipeline.config.metrics import Direction, direction_of
from pipeline.config.rules import LARGEST_INTEGER, require_at_most
from pipeline.errors import ConfigError, require, suggestion
from pipeline.own.definitions import require_arguments
from pipeline.own.references import is_reference, reference
from pipeline.registry import Registry

BALANCED = "balanced"
ENGINES = Registry("pipeline.training.engines", "training engine")
LOSSES = Registry("pipeline.training.losses", "loss")

# By setting, a number that no training reaches. The steps of all epochs are a 64-bit integer.
_LARGEST = {
    "epochs": 10**9,
    "steps": 10**12,
    "batch_size": 10**7,
    "in_memory_limit": LARGEST_INTEGER,
    "threads": 1_024,
}
_MOST_EVALUATIONS = 1_000


class Reduction(Enum):
    """How the losses of the rows of a batch become one number."""

    mean = "mean"
    sum = "sum"


class Precision(Enum):
    """The dtype in which layers compute. Weights and outputs are float32 in all.

    `mixed_bfloat16` and `mixed_float16` are Keras's dtype policies (Micikevicius et al. 2018).
    """

    float32 = "float32"
    mixed_bfloat16 = "mixed_bfloat16"
    mixed_float16 = "mixed_float16"


@dataclass
class Monitor:
    """A figure of the history that a rule watches at the end of each epoch.

    Args:
        monitor: such as `validation/accuracy`. Null takes the validation loss, weighted by class
            if the training has class weights.
        direction: null takes the direction of the metric. Another direction is refused.
        min_delta: a smaller change does not count as an improvement.
    """

    monitor: str | None = None
    direction: Direction | None = None
    min_delta: float = 0.0

    def settle(self, default: str, *, key: str) -> None:
        """Fills in the figure and its direction.

        Raises:
            ConfigError: training measures no such figure, or the direction is not that of the
                metric.
        """
        self.monitor = self.monitor or default
        self.direction = direction_of(self.monitor, self.direction, key=f"{key}.monitor")

    @property
    def figure(self) -> str:
        """The figure, after `settle`."""
        assert self.monitor is not None
        return self.monitor

    def improves(self, value: float, *, on: float | None) -> bool:
        """Whether `value` is better than `on` by more than `min_delta`."""
        assert self.direction is not None
        return self.direction.improves(value, on=on, by=self.min_delta)


@dataclass
class EarlyStopping(Monitor):
    """Stops after `patience` epochs without an improvement.

    The weights of the best epoch are restored. Epochs before `start_epoch` do not count. Without
    `patience` training runs to its end, and the weights of the best epoch are restored as well.
    """

    patience: int | None = 10
    start_epoch: int = 1

    def __post_init__(self) -> None:
        key = "training.early_stopping"
        _require_patience(f"{key}.patience", self.patience)
        _require_not_negative(f"{key}.min_delta", self.min_delta)
        require(
            self.start_epoch >= 1,
            f"{key}.start_epoch",
            received=self.start_epoch,
            expected="at least 1",
        )


@dataclass
class ReduceOnPlateau(Monitor):
    """Reduces the learning rate after `patience` epochs without an improvement.

    It multiplies the rate by `factor`, but never below `lowest`. The `cooldown` epochs after a
    reduction do not count. All this is as in Keras's `ReduceLROnPlateau`. Without `patience` the
    rate does not change.
    """

    factor: float = 0.1
    patience: int | None = None
    min_delta: float = 0.0001
    cooldown: int = 0
    lowest: float = 0.0

    def __post_init__(self) -> None:
        key = "training.reduce_on_plateau"
        require(
            0 < self.factor < 1,
            f"{key}.factor",
            received=self.factor,
            expected="a number above 0 and below 1",
        )
        _require_patience(f"{key}.patience", self.patience)
        _require_not_negative(f"{key}.min_delta", self.min_delta)
        _require_not_negative(f"{key}.cooldown", self.cooldown)
        _require_not_negative(f"{key}.lowest", self.lowest)


def _require_patience(key: str, patience: int | None) -> None:
    valid = patience is None or patience >= 1
    require(valid, key, received=patience, expected="at least 1, or null")


def _require_not_negative(key: str, value: float) -> None:
    require(value >= 0, key, received=value, expected="0 or more")


@dataclass
class Callback:
    """A Keras callback, of Keras or the user's own; see `docs/your-own-model.md`.

    Args:
        build: a class or function such as `my_callbacks.py:Freeze`.
        arguments: by name.
        exact: whether a checkpoint holds its state, by its methods `get_state` and `set_state`.
            False allows a callback without them. A resumed training may then end with other bits.
    """

    build: str = MISSING
    arguments: dict[str, Any] = field(default_factory=dict)
    exact: bool = True

    def __post_init__(self) -> None:
        symbol = reference(self.build, key="training.callbacks.build")
        require_arguments("training.callbacks.arguments", symbol, self.arguments)


@dataclass
class Training:
    """The settings of a training. Give its length in `epochs`, or in `steps`, or leave both null.

    Args:
        engine: a module of `pipeline.training.engines`.
        xla: null compiles with XLA if that makes the family of the model faster.
        epochs: null takes the usual number of the model, unless `steps` is set.
        batch_size: null takes the usual number of the model.
        precision: the dtype in which the layers of the network compute, in the saved model as well.
        loss: a module of `pipeline.training.losses`, or the user's own, such as
            `my_losses.py:tilted`. Null takes the usual loss of the data.
        loss_arguments: numbers that the loss takes, such as `{delta: 1.0}` of `huber`. Null takes
            the defaults. The user's own loss may take any values.
        label_smoothing: the share of each one-hot label that is spread over all classes.
        class_weight: `balanced` gives all classes the same total weight. A dictionary gives
            weights by class name; the other classes have weight 1. A text is such a dictionary in
            YAML.
        metrics: the metrics to measure at each evaluation, such as `macro_f1`, `recall/setosa` or
            the user's own `my_metrics.py:cost`.
            Null takes the usual ones of the task. Those that a rule monitors are measured as well.
        measure_train: whether the training rows are measured at each evaluation, with the same
            weights as the validation rows. Null measures at most 10,000 of them.
        callbacks: Keras callbacks. They are called at the start, after each epoch and at the end.
        evaluate_at: steps at which the validation split is evaluated and the model is saved, in
            addition to the evaluation after each epoch.
        in_memory_limit: bytes. A larger training split is read from disk batch by batch. Null takes
            half of the free memory.
        threads: the number of CPU threads. It belongs to a run's identity, because it changes the
            bits of convolutions on a CPU.
    """

    engine: str = "compiled"
    xla: bool | None = None
    epochs: int | None = None
    steps: int | None = None
    batch_size: int | None = None
    precision: Precision = Precision.float32
    loss: str | None = None
    loss_reduction: Reduction = Reduction.mean
    loss_arguments: Any = None
    label_smoothing: float = 0.0
    class_weight: Any = None
    metrics: list[str] | None = None
    measure_train: bool | None = None
    callbacks: list[Callback] = field(default_factory=list)
    evaluate_at: list[int] = field(default_factory=list)
    early_stopping: EarlyStopping | None = None
    reduce_on_plateau: ReduceOnPlateau = field(default_factory=ReduceOnPlateau)
    in_memory_limit: int | None = None
    threads: int = 2

    def __post_init__(self) -> None:
        ENGINES.require(self.engine, key="training.engine")
        require(
            not self.xla or self.engine == "compiled",
            "training.xla",
            received=self.xla,
            expected="false or null, or training.engine: compiled",
        )
        lengths = [key for key in ("epochs", "steps") if getattr(self, key) is not None]
        require(
            len(lengths) <= 1,
            "training.epochs",
            received=lengths,
            expected="one of epochs and steps",
        )
        for key, largest in _LARGEST.items():
            value = getattr(self, key)
            require(
                value is None or value >= 1,
                f"training.{key}",
                received=value,
                expected="a whole number from 1",
            )
            require_at_most(f"training.{key}", value, largest)
        self.class_weight = _class_weight(self.class_weight)
        self._require_valid_loss()
        for name in self.metrics or []:
            metrics.named(name, key="training.metrics")
        self._settle_monitors()
        self._require_valid_steps()

    def _require_valid_loss(self) -> None:
        smoothing = self.label_smoothing
        require(
            0 <= smoothing < 1,
            "training.label_smoothing",
            received=smoothing,
            expected="a share from 0 to below 1",
        )
        from pipeline.training import losses  # it needs this module

        loss = None if self.loss is None else losses.named(self.loss)
        require(
            smoothing == 0 or (loss is not None and loss.smooths_labels),
            "training.label_smoothing",
            received=smoothing,
            expected="0, or a training.loss such as binary_crossentropy or "
            "categorical_crossentropy",
        )
        if self.loss is not None and is_reference(self.loss):
            self.loss_arguments = losses.own_arguments(self.loss, self.loss_arguments)
        else:
            self.loss_arguments = _loss_arguments(self.loss, loss, self.loss_arguments)

    @property
    def monitors(self) -> dict[str, Monitor]:
        """The rules that watch a figure, by setting."""
        rules: dict[str, Monitor | None] = {
            "training.early_stopping": self.early_stopping,
            "training.reduce_on_plateau": self.reduce_on_plateau,
        }
        return {key: rule for key, rule in rules.items() if rule is not None}

    def _settle_monitors(self) -> None:
        has_weights = self.class_weight is not None
        default = "validation/weighted_loss" if has_weights else "validation/loss"
        for key, rule in self.monitors.items():
            rule.settle(default, key=key)
            split = rule.figure.partition("/")[0]
            require(
                split != "train" or self.measure_train is not False,
                f"{key}.monitor",
                received=rule.figure,
                expected="a figure of validation, or training.measure_train: true",
            )

    def _require_valid_steps(self) -> None:
        require(
            len(self.evaluate_at) <= _MOST_EVALUATIONS,
            "training.evaluate_at",
            received=f"{len(self.evaluate_at):,} steps",
            expected=f"at most {_MOST_EVALUATIONS:,} steps, because each one saves a model",
        )
        require(
            all(step >= 0 for step in self.evaluate_at),
            "training.evaluate_at",
            received=self.evaluate_at,
            expected="a list of steps from 0",
        )
        if self.steps is not None:
            late = [step for step in self.evaluate_at if step > self.steps]
            require(
                not late,
                "training.evaluate_at",
                received=late,
                expected=f"no step after the last, {self.steps}",
            )


def _loss_arguments(name: str | None, loss: Any, settings: Any) -> dict[str, float | None]:
    """Checks the arguments of a loss, and adds the defaults of the others.

    OmegaConf has no type for this setting.
    """
    key, arguments = "training.loss_arguments", {} if loss is None else loss.arguments
    settings = {} if settings is None else settings
    require(
        isinstance(settings, dict), key, received=settings, expected="{argument: number, …} or null"
    )
    for argument, value in settings.items():
        if argument not in arguments:
            raise ConfigError(
                f"{key}.{argument}",
                f"is not an argument of {name or 'the usual loss'}",
                received=argument,
                expected=suggestion(str(argument), arguments),
            )
        rule = arguments[argument]
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        require(
            rule.is_valid(value) if is_number else value is None and rule.default is None,
            f"{key}.{argument}",
            received=value,
            expected=rule.expected,
        )
    return {argument: settings.get(argument, rule.default) for argument, rule in arguments.items()}


def _class_weight(value: Any) -> dict[str, float] | str | None:
    """Checks `balanced`, or a weight for each class.

    OmegaConf has no type for this setting. A text is read as YAML in which all names are texts, so
    any name can be written on the command line.
    """
    if value is None or value == BALANCED:
        return value  # type: ignore[no-any-return]
    weights = _read_weights(value) if isinstance(value, str) else value
    require(
        isinstance(weights, dict) and bool(weights),
        _CLASS_WEIGHT,
        received=value,
        expected=f"{BALANCED}, {{class name: weight, …}} or null",
    )
    for name, weight in weights.items():
        _require_weight(name, weight)
    # YAML reads a class name such as 3 as a number.
    by_class = {str(name): float(weight) for name, weight in weights.items()}
    require(
        len(by_class) == len(weights), _CLASS_WEIGHT, received=weights, expected="each class once"
    )
    return by_class


_CLASS_WEIGHT = "training.class_weight"


def _read_weights(text: str) -> Any:
    """Reads a text such as `{yes: 2, 1.0: 3}`. All its names and weights are texts."""
    try:
        return yaml.load(text, Loader=yaml.BaseLoader)
    except yaml.YAMLError as error:
        raise ConfigError(
            _CLASS_WEIGHT,
            "is not YAML",
            received=text,
            expected="Write names with characters such as > , : in quotes: "
            f'"{_CLASS_WEIGHT}=\'{{\\">50K\\": 2}}\'"',
        ) from error


def _require_weight(name: Any, weight: Any) -> None:
    is_name = isinstance(name, str | int | float) and not isinstance(name, bool)
    require(
        is_name and not isinstance(weight, dict),  # a dot in an override makes a dictionary
        _CLASS_WEIGHT,
        received=f"{name}: {weight}",
        expected='names of classes in quotes. In a file: {"yes": 2}. '
        f"On the command line: '{_CLASS_WEIGHT}=\"{{yes: 2}}\"'",
    )
    try:
        is_weight = not isinstance(weight, bool) and 0 <= float(weight) < float("inf")
    except (TypeError, ValueError):
        is_weight = False
    require(is_weight, _CLASS_WEIGHT, received=f"{name}: {weight}", expected="weights of 0 or more")
