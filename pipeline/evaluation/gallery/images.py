"""Figures of the images themselves: some to learn from, and those that were taken for something else."""

import numpy as np
from matplotlib.figure import Figure

from pipeline import metrics
from pipeline.evaluation import figures
from pipeline.evaluation.drawing.subject import Subject

SAMPLES = 40
WORST = 9
_SEED = 0  # of the sample


def draw(subject: Subject) -> dict[str, Figure]:
    """`sample_images`, and `worst_errors` where there is an error."""
    return {"sample_images": _samples(subject)} | _worst(subject)


def _samples(subject: Subject) -> Figure:
    train, classes = subject.train, subject.classes
    rows = np.sort(
        np.random.default_rng(_SEED).choice(
            len(train), size=min(SAMPLES, len(train)), replace=False
        )
    )
    title = f"{subject.name}: images of the training split"
    return figures.sample_images(
        subject.pictures(train, rows), [classes[label] for label in train.y[rows]], title=title
    )


def _worst(subject: Subject) -> dict[str, Figure]:
    """Of the rows that got another class, those whose true class was given the least probability: the largest log loss."""
    true, classes = subject.scores.truth, subject.classes
    probabilities = metrics.by_class(subject.scores.prediction)
    guesses = metrics.predicted_classes(subject.scores.prediction)
    wrong = np.flatnonzero(guesses != true)
    if not len(wrong):
        return {}
    worst = wrong[np.argsort(probabilities[wrong, true[wrong]], kind="stable")][:WORST]
    figure = figures.worst_errors(
        subject.pictures(subject.test, worst),
        true=[(classes[true[row]], probabilities[row, true[row]]) for row in worst],
        predicted=[(classes[guesses[row]], probabilities[row, guesses[row]]) for row in worst],
        title=f"{subject.name}: worst errors of the test split",
    )
    return {"worst_errors": figure}
