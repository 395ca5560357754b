"""The metrics that training watches: those of the settings, or the usual ones."""

from typing import Any

from pipeline.config import usual
from pipeline.config.data import Task
from pipeline.config.metrics import METRICS
from pipeline.config.training import Training
from pipeline.data.prepared import Meta
from pipeline.training import losses

_KEY = "training.metrics"


def build(training: Training, meta: Meta) -> list[Any]:
    """Builds the Keras metrics of the settings; each is a mean over rows.

    If the loss is not such a mean, the metric that is its plain mean is among them.
    """
    loss_metric = usual.metric_of(losses.name_of(training, meta))
    names = training.metrics
    if names is None:  # the first one that does not repeat the loss
        names = [next(name for name in usual.METRICS[Task(meta.task)] if name != loss_metric)]
    if loss_metric is not None and not training.loss_is_plain:
        names = [*names, loss_metric]
    return [METRICS.load(name, key=_KEY).METRIC.watched(meta) for name in dict.fromkeys(names)]
