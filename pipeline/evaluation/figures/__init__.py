"""Figures of an experiment: one module each, named as the files of the figure.

`evaluate` writes the figures that suit an experiment to `outputs/<experiment>/figures/`. MLflow and
the report show them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.figure import Figure

from pipeline.errors import PipelineError
from pipeline.evaluation.drawing.own_figure import own_figure
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


@dataclass(frozen=True)
class Written:
    """What `write` did.

    Args:
        count: the number of figures.
        failures: what is wrong with figures of the user's own.
    """

    count: int
    failures: list[PipelineError]

    def require_no_failure(self) -> None:
        """Checks that all figures of the user's own were drawn.

        Raises:
            PipelineError: some were not. The message names all of them.
        """
        if len(self.failures) == 1:
            raise self.failures[0]
        if self.failures:
            raise PipelineError(" ".join(map(str, self.failures)))


def write(subject: Subject, folder: Path, *, own: Sequence[str] = ()) -> Written:
    """Writes the figures, and `index.json` with their order, titles and texts.

    Args:
        own: the user's own figures, such as `my_figures.py:residual_map`. They come last, as
            `own_residual_map.png`. One that fails is left out.
    """
    index: list[dict[str, str]] = []
    failures: list[PipelineError] = []

    def add(name: str, title: str, alt: str, content: bytes) -> None:
        (folder / f"{name}.png").write_bytes(content)
        index.append({"file": f"{name}.png", "title": title, "alt": alt})

    for drawing in draw_all(subject):
        add(drawing.name, drawing.title, drawing.alt, png(drawing.figure))
    for name in own:
        try:
            content, text = own_figure(name, subject)
        except PipelineError as error:
            failures.append(error)
            continue
        function = name.rpartition(":")[2]
        title = _title(function)
        add(f"own_{function}", title, f"{title} of {subject.name}: {text or name}", content)
    write_json(folder / "index.json", index)
    return Written(len(index), failures)


def _title(name: str) -> str:
    """`first layer weights step 10` for `first_layer_weights_step_000010`."""
    return re.sub(r"\b0+(?=\d)", "", name.replace("_", " "))
