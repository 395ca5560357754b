"""What all figures share: colours that colour-blind readers can tell apart, and a resolution that keeps files small."""

from typing import Literal

from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#F0E442",
    "#000000",
)  # Okabe and Ito 2008
MARKERS = (
    "o",
    "s",
    "^",
    "D",
    "v",
    "P",
    "X",
)  # one fewer than colours: both together differ for 56 classes
TRAIN, VALIDATION, ACCENT = COLOURS[:3]

SEQUENTIAL = "viridis"
# ColorBrewer's RdBu with a zero that is quite white, in the middle of an odd number of steps; the ground is grey.
_BLUES, _REDS = (
    ["#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0"],
    ["#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"],
)
GROUND = "#bdbdbd"
DIVERGING = LinearSegmentedColormap.from_list(
    "zero_white", [*_BLUES, "#ffffff", *_REDS], N=255
).with_extremes(bad=GROUND)

_DPI = 120


def blank(
    width: float,
    height: float,
    title: str,
    *,
    layout: Literal["constrained", "compressed"] = "constrained",
) -> Figure:
    """An empty figure of so many inches; "compressed" brings square panels together."""
    figure = Figure(figsize=(width, height), dpi=_DPI, layout=layout)
    figure.suptitle(title, fontsize=11)
    return figure


def literal(text: str) -> str:
    """Text of a user as it is: matplotlib would read a formula between two dollar signs."""
    return text.replace("$", r"\$")
