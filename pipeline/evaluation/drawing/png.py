"""Figures as PNG files."""

from io import BytesIO

from matplotlib.figure import Figure
from PIL import Image

_COLOURS = 256


def png(figure: Figure) -> bytes:
    """Encodes a figure as a PNG with a palette. Equal figures give equal bytes.

    The palette saves more than half of the bytes.
    """
    plain, packed = BytesIO(), BytesIO()
    figure.savefig(plain, format="png")
    image = (
        Image.open(plain)
        .convert("RGB")
        .quantize(_COLOURS, method=Image.Quantize.MAXCOVERAGE, kmeans=1)
    )
    image.save(packed, format="png", optimize=True)
    return packed.getvalue()
