"""The look of all figures: colours for colour-blind readers, and small files.

Marks and line styles repeat what colours say. Panels that a reader compares share one scale.
"""

from typing import Any, Literal

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# The palette of Okabe and Ito (2008).
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#F0E442",
    "#000000",
)
# Seven marks and eight colours have no common factor, so 56 classes get different pairs.
MARKERS = ("o", "s", "^", "D", "v", "P", "X")
TRAIN, VALIDATION, ACCENT = COLOURS[:3]

SEQUENTIAL = "viridis"
# ColorBrewer's RdBu with a pure white zero: white is the middle of an odd number of steps.
_BLUES = ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0"]
_REDS = ["#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"]
GROUND = "#bdbdbd"  # a grey background, so that white remains visible
DIVERGING = LinearSegmentedColormap.from_list(
    "zero_white", [*_BLUES, "#ffffff", *_REDS], N=255
).with_extremes(bad=GROUND)

# How `imshow` draws grey images from 0, black, to 1. It ignores these settings for colour images.
GREYS: dict[str, Any] = {"cmap": "gray", "vmin": 0, "vmax": 1}

_DPI = 120


def blank(
    width: float,
    height: float,
    title: str,
    *,
    layout: Literal["constrained", "compressed"] = "constrained",
) -> Figure:
    """An empty figure.

    Args:
        width, height: in inches.
        layout: `compressed` removes the gaps between square panels.
    """
    figure = Figure(figsize=(width, height), dpi=_DPI, layout=layout)
    figure.suptitle(title, fontsize=11)
    return figure


def literal(text: str) -> str:
    """Escapes a text of the user.

    Matplotlib reads text between two dollar signs as a formula.
    """
    return text.replace("$", r"\$")
