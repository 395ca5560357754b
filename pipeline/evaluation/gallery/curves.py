"""The learning curves of an experiment."""

import numpy as np
from matplotlib.figure import Figure

from pipeline.data.prepared import Meta, Target
from pipeline.evaluation import figures
from pipeline.evaluation.drawing.style import literal
from pipeline.evaluation.drawing.subject import Subject


def draw(subject: Subject) -> dict[str, Figure]:
    """`learning_curves`: loss and metrics, and the learning rate where it varies."""
    history = subject.history
    names = list(dict.fromkeys(key.partition("/")[2] for point in history for key in point.metrics))
    if "log_loss" in names:
        names.remove("loss")  # summed over the batch then, or of smoothed labels
    curves = {
        _label(name, subject.meta): {
            split: [point.metrics.get(f"{split}/{name}", np.nan) for point in history]
            for split in ("train", "validation")
        }
        for name in names
    }
    rates = [point.learning_rate for point in history]
    figure = figures.learning_curves(
        [point.epoch for point in history],
        curves,
        kept=next(point.epoch for point in history if point.step == subject.kept),
        title=f"{subject.name}: learning curves",
        learning_rate=rates if len(set(rates)) > 1 else None,
    )
    return {"learning_curves": figure}


def _label(metric: str, meta: Meta) -> str:
    """A metric with its unit; the loss has none, because it may hold penalties."""
    units = {"accuracy": "share of rows", "log_loss": "nats"}
    if meta.task == "regression":
        standardised = (meta.target.mean, meta.target.scale) != (0, 1)
        unit = (
            f"standardised {literal(meta.target.name)}" if standardised else quantity(meta.target)
        )
        units |= {"mae": unit, "mse": f"{unit}, squared"}
    return f"{metric} ({units[metric]})" if metric in units else metric


def quantity(target: Target) -> str:
    """A regression's target in the unit that the served model gives."""
    name = literal(target.name)
    return name if target.unit == 1 else f"{name} / {target.unit:,g}"
