"""Figures as files."""

from io import BytesIO

from matplotlib.figure import Figure
from PIL import Image

_COLOURS = 256


def png(figure: Figure) -> bytes:
    """A figure as a PNG with a palette, which takes less than half the bytes; equal figures give equal bytes."""
    drawn, packed = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png")
    image = (
        Image.open(drawn)
        .convert("RGB")
        .quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    )
    image.save(packed, format="png", optimize=True)
    return packed.getvalue()
