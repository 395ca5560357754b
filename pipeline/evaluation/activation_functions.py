"""Activation functions and their derivatives, for the report's appendix."""

import numpy as np
from matplotlib.figure import Figure

from pipeline.evaluation.drawing.style import COLOURS, blank

ALT = "step, sigmoid, tanh and ReLU over their input, each next to its derivative"
_LINES = {"step": ("-", 3.0), "sigmoid": ("--", 1.8), "tanh": ("-.", 1.8), "ReLU": (":", 2.4)}


def activation_functions() -> Figure:
    """Draws step, sigmoid, tanh and ReLU from -4 to 4, and their derivatives."""
    z = np.linspace(-4, 4, 801)
    sigmoid = 1 / (1 + np.exp(-z))
    positive = np.where(z == 0, np.nan, z > 0)  # the step and ReLU's derivative jump at 0
    functions = {"step": positive, "sigmoid": sigmoid, "tanh": np.tanh(z), "ReLU": np.maximum(z, 0)}
    derivatives = {
        "step": 0 * positive,
        "sigmoid": sigmoid * (1 - sigmoid),
        "tanh": 1 - np.tanh(z) ** 2,
        "ReLU": positive,
    }
    figure = blank(9.6, 3.8, "Activation functions and their derivatives")
    for axes, values, label, limits in zip(
        figure.subplots(1, 2),
        (functions, derivatives),
        ("$f(z)$", "$f'(z)$"),
        ((-1.2, 2.2), (-0.1, 1.15)),
        strict=True,
    ):
        for (name, curve), colour in zip(values.items(), COLOURS, strict=False):
            line, width = _LINES[name]
            axes.plot(z, curve, label=name, color=colour, linestyle=line, linewidth=width)
        axes.set(xlabel="z", ylabel=label, xlim=(-4, 4), ylim=limits)
        axes.grid(alpha=0.25)
        axes.legend(frameon=False)
    return figure
