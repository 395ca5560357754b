"""A figure of the user's own: a function of the experiment that returns a Matplotlib figure."""

import contextlib
import inspect
import sys
from typing import Any

from matplotlib import pyplot
from matplotlib.figure import Figure

from pipeline.errors import ConfigError
from pipeline.evaluation.drawing.png import png
from pipeline.evaluation.drawing.subject import Subject
from pipeline.own import loading
from pipeline.own.references import reference

_KEY = "figures"


def own_figure(name: str, subject: Subject) -> tuple[bytes, str]:
    """Draws a figure of the user's own.

    Args:
        name: such as `my_figures.py:residual_map`.

    Returns:
        The PNG file, and the first line of the function's docstring.

    Raises:
        ConfigError: the code is missing or fails, or returns something else.
    """
    own = reference(name, key=_KEY)
    function = loading.load(own, key=_KEY)
    figure: Any = None
    try:
        # What the code prints goes to stderr, because stdout is for results.
        with contextlib.redirect_stdout(sys.stderr):
            figure = function(subject)
            if not isinstance(figure, Figure):
                raise TypeError(f"it returned {type(figure).__name__}, not a matplotlib Figure")
            return png(figure), (inspect.getdoc(function) or "").partition("\n")[0]
    except Exception as error:
        raise ConfigError(
            _KEY,
            f"names a function that fails: {own}",
            received=f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            f"{loading.place_of(error)}",
            expected="The metrics and the other figures are written and logged. Correct the "
            "function, then evaluate again",
        ) from error
    finally:
        if isinstance(figure, Figure):
            pyplot.close(figure)
