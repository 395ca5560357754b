"""Figures of an experiment: one module each, named as the files of the figure.

`evaluate` writes the figures that suit an experiment to `outputs/<experiment>/figures/`. MLflow and
the report show them.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from pipeline.evaluation.drawing.png import png
from pipeline.evaluation.drawing.subject import Subject
from pipeline.files import write_json
from pipeline.registry import Registry

FIGURES = Registry("pipeline.evaluation.figures", "figure")


@dataclass(frozen=True)
class FigureKind:
    """One kind of figure. Each module defines one as `FIGURE`.

    Args:
        place: in the report, figures with a smaller number come first.
        alt: what the figure shows, for readers who cannot see it.
        draw: draws the figures of this kind for an experiment, by suffix of the file's name, such
            as `conv_1`. The suffix of an only figure is `""`. The mapping is empty if the figure
            does not suit the experiment.
    """

    place: int
    alt: str
    draw: Callable[[Subject], Mapping[str, Figure]]


@dataclass(frozen=True)
class Drawing:
    """A figure of one experiment.

    Args:
        name: the name of its file, without `.png`.
        alt: what it shows, as a text of the report.
    """

    name: str
    title: str
    alt: str
    figure: Figure


def draw_all(subject: Subject) -> Iterator[Drawing]:
    """Draws every figure that suits an experiment, in the order of the report."""
    kinds = {name: module.FIGURE for name, module in FIGURES.all().items()}
    for kind_name, kind in sorted(kinds.items(), key=lambda item: item[1].place):
        for suffix, figure in kind.draw(subject).items():
            name = "_".join(filter(None, [kind_name, suffix]))
            title = _title(name)
            yield Drawing(name, title, f"{title} of {subject.name}: {kind.alt}", figure)


def write(subject: Subject, folder: Path) -> int:
    """Writes the figures, and `index.json` with their order, titles and texts.

    Returns:
        The number of figures.
    """
    index = []
    for drawing in draw_all(subject):
        file = f"{drawing.name}.png"
        (folder / file).write_bytes(png(drawing.figure))
        index.append({"file": file, "title": drawing.title, "alt": drawing.alt})
    write_json(folder / "index.json", index)
    return len(index)


def _title(name: str) -> str:
    """`first layer weights step 10` for `first_layer_weights_step_000010`."""
    return re.sub(r"\b0+(?=\d)", "", name.replace("_", " "))
