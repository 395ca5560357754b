"""Figures as parts of the page: PNG bytes in data URLs, with their size and a text for those who do not see them."""

import base64
import re
import struct
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import PipelineError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Picture:
    """`alt` says what the figure shows; `width` and `height` are in pixels."""

    title: str
    alt: str
    url: str
    width: int
    height: int

    @property
    def is_wide(self) -> bool:
        """Whether it holds panels side by side, which need the whole width of a page."""
        return self.width > 1.5 * self.height


def picture(png: bytes, *, title: str, alt: str) -> Picture:
    """A figure of the page; raises `ValueError` for bytes that are no PNG."""
    if not png.startswith(_SIGNATURE) or len(png) < 24:
        raise ValueError("no PNG")
    width, height = struct.unpack(">II", png[16:24])
    return Picture(
        title, alt, f"data:image/png;base64,{base64.b64encode(png).decode()}", width, height
    )


def read(folder: Path, experiment: str) -> list[Picture]:
    """The PNG files of a folder: the kinds that are known first, in the order of `_SHOWN`.

    Raises:
        PipelineError: a file is no PNG.
    """
    return [_read(path, experiment) for path in sorted(folder.glob("*.png"), key=_place)]


def _read(path: Path, experiment: str) -> Picture:
    title = re.sub(r"\b0+(?=\d)", "", path.stem.replace("_", " "))
    kind = _kind(path.stem)
    alt = f"{title} of {experiment}{f': {_SHOWN[kind]}' if kind else ''}"
    try:
        return picture(path.read_bytes(), title=title, alt=alt)
    except ValueError:
        raise PipelineError(
            f"{path} is damaged",
            expected=f"Make it anew with: dvc repro --force evaluate@{experiment}",
        ) from None


def _kind(stem: str) -> str:
    """The known beginning of a figure's name, which may go on with a layer or a step."""
    return next((kind for kind in _SHOWN if stem.startswith(kind)), "")


def _place(path: Path) -> tuple[int, str]:
    """Steps and layers are in the order of their numbers."""
    kinds, kind = list(_SHOWN), _kind(path.stem)
    in_order = re.sub(r"\d+", lambda digits: digits[0].zfill(9), path.stem)
    return kinds.index(kind) if kind else len(kinds), in_order


_SHOWN = {
    "learning_curves": "loss and metrics of the training and the validation split over the epochs; a dotted line marks the "
    "epoch whose weights are kept",
    "confusion_matrix": "true classes by row and predicted classes by column on the test split, as counts on the left and "
    "in per cent of the true class on the right",
    "worst_errors": "images of the test split that were taken for another class, each with the predicted and the true class "
    "and their probabilities",
    "residuals": "on the test split, predicted against true values on the left, and predicted minus true against predicted "
    "values on the right",
    "error_map": "predicted minus true value at the longitude and latitude of each row of the test split",
    "decision_boundary": "the class that the model gives each point of the plane of both features, and the rows of the "
    "training and the test split on it",
    "output_surfaces": "the output of the model at each point of the plane of both features",
    "sample_images": "images of the training split, each under its label",
    "first_layer_weights": "the weights of each unit as an image: positive in one colour, negative in another, zero white",
    "kernels": "the kernels as images, one panel for each input channel: positive in one colour, negative in "
    "another, zero white",
    "activations": "chosen images of the test split beside what each channel of the layer makes of them",
}
