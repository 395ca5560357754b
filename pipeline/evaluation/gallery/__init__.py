"""Which figures an experiment gets, by what its data and its network are: never by its name."""

from matplotlib.figure import Figure

from pipeline.evaluation.drawing.subject import Subject
from pipeline.evaluation.gallery import curves, images, layers, tables


def draw(subject: Subject) -> dict[str, Figure]:
    """Every figure that suits the subject, by the name of its file without the suffix."""
    drawn = curves.draw(subject)
    if subject.meta.classes is None:
        return drawn | tables.draw_regression(subject)
    drawn |= tables.draw_classification(subject)
    if subject.meta.pixel_maximum is None:
        return drawn
    return drawn | images.draw(subject) | layers.draw(subject)
