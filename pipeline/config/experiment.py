"""Settings of a whole experiment: what `compose` resolves and `train` runs."""

from dataclasses import dataclass, field, replace

from omegaconf import MISSING

from pipeline import metrics
from pipeline.config import usual
from pipeline.config.claim import Claim
from pipeline.config.data import Data
from pipeline.config.metrics import metric_of
from pipeline.config.model import Model
from pipeline.config.optimizer import CONSTANT, Optimizer
from pipeline.config.rules import NAME, is_name
from pipeline.config.tracking import Tracking
from pipeline.config.training import Precision, Reduction, Training
from pipeline.errors import ConfigError, require
from pipeline.own.definitions import checked_function


@dataclass
class Checkpointing:
    """When checkpoints are written: at evaluations and in between.

    Args:
        every_seconds: the longest time between two checkpoints.
        pause_at: training pauses after this epoch. The same run resumes with a later epoch or null.
        keep_every: the interval, in epochs, of checkpoints that stay after the run has finished.
            Parts of the training can be run again from them. Null keeps none.
        allow_environment: resumes even if the checkpoint is from another kind of CPU. The record
            of the run then names both, because the bits may differ.
    """

    every_seconds: float = 30.0
    pause_at: int | None = None
    keep_every: int | None = None
    allow_environment: bool = False

    def __post_init__(self) -> None:
        require(
            self.every_seconds > 0,
            "checkpoint.every_seconds",
            received=self.every_seconds,
            expected="a number above 0",
        )
        require(
            self.pause_at is None or self.pause_at >= 1,
            "checkpoint.pause_at",
            received=self.pause_at,
            expected="a whole number from 1, or null",
        )
        require(
            self.keep_every is None or self.keep_every >= 1,
            "checkpoint.keep_every",
            received=self.keep_every,
            expected="a whole number from 1, or null",
        )


@dataclass
class ExperimentConfig:
    """A whole experiment.

    Args:
        baselines: whether `evaluate` compares the network with simple models of scikit-learn.
        figures: the user's own figures that `evaluate` draws, such as `my_figures.py:residual_map`.
        force: trains from scratch, even if the run is finished or has a checkpoint.
        claims: results to reach. Only the report reads them; a run does not depend on them.
        reported: the published result, in words. Only the report reads it.
    """

    name: str = ""
    seed: int = 42
    data: Data = MISSING
    model: Model = MISSING
    optimizer: Optimizer = MISSING
    training: Training = MISSING
    tracking: Tracking = field(default_factory=Tracking)
    checkpoint: Checkpointing = field(default_factory=Checkpointing)
    baselines: bool = True
    figures: list[str] = field(default_factory=list)
    force: bool = False
    claims: list[Claim] = field(default_factory=list)
    reported: str = ""

    def __post_init__(self) -> None:
        require(
            is_name(self.name),
            "name",
            received=self.name,
            expected=NAME,
        )
        require(
            0 <= self.seed < 2**32,
            "seed",
            received=self.seed,
            expected="an integer from 0 to 4,294,967,295",
        )
        self._require_one_rule_for_the_rate()
        self._require_mean_of_accumulated_gradients()
        self._require_one_scale_of_the_loss()
        self._require_metrics_of_the_task()
        self._require_own_figures()

    def settled(self, *, rows: int, numbers: int | None) -> "ExperimentConfig":
        """Replaces null by values that suit the data.

        Args:
            rows: the number of training rows.
            numbers: the numeric features of a table; None for images.
        """
        model, training = self.model.settled(rows=rows, numbers=numbers), self.training
        epochs = model.usual_epochs(rows) if training.steps is None else None
        xla = training.engine == "compiled" and model.suits_xla(rows)
        return replace(
            self,
            model=model,
            training=replace(
                training,
                xla=training.xla if training.xla is not None else xla,
                batch_size=training.batch_size or model.usual_batch_size(rows),
                epochs=training.epochs or epochs,
            ),
        )

    def _require_one_rule_for_the_rate(self) -> None:
        schedule = self.optimizer.schedule
        plateau = self.training.reduce_on_plateau.patience is not None
        require(
            schedule == CONSTANT or not plateau,
            "optimizer.schedule",
            received=f"{schedule} and training.reduce_on_plateau.patience",
            expected="one of the two",
        )

    def _require_mean_of_accumulated_gradients(self) -> None:
        require(
            self.optimizer.gradient_accumulation_steps is None
            or self.training.loss_reduction is Reduction.mean,
            "training.loss_reduction",
            received=f"sum and optimizer.gradient_accumulation_steps "
            f"{self.optimizer.gradient_accumulation_steps}",
            expected="mean, because Keras takes the mean of accumulated gradients",
        )

    def _require_one_scale_of_the_loss(self) -> None:
        scales = self.training.precision is Precision.mixed_float16
        factor = self.optimizer.loss_scale_factor
        require(
            not scales or factor is None,
            "optimizer.loss_scale_factor",
            received=factor,
            expected="null, because training.precision: mixed_float16 scales the loss itself",
        )

    def _require_own_figures(self) -> None:
        names = [checked_function(text, key="figures", by_position=1).name for text in self.figures]
        require(
            len(set(names)) == len(names),
            "figures",
            received=self.figures,
            expected="each name of a function once, because it names the file of the figure",
        )

    def _require_metrics_of_the_task(self) -> None:
        task, training = self.data.task.value, self.training
        losses = usual.possible_losses(training, self.data.task)
        gives_probabilities = usual.give_probabilities(losses)
        pairs: list[tuple[str, str | None]] = [
            ("training.metrics", name) for name in training.metrics or []
        ]
        for key, rule in training.monitors.items():
            monitor = f"{key}.monitor"
            pairs.append((monitor, metric_of(rule.figure, key=monitor)))
        for key, name in pairs:
            if name is None:
                continue
            metrics.require_of_data(name, task, self.data.several, key=key)
            metric = metrics.named(name, key=key)
            if metric.needs_probabilities and not gives_probabilities:
                raise ConfigError(
                    key,
                    "names a metric of probabilities, and a model with this loss gives none",
                    received=f"{name} with training.loss={training.loss}",
                    expected="Choose another metric, such as accuracy or roc_auc",
                )
