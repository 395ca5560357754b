"""Draws the figures of a study into its folder."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.config.metrics import Direction
from pipeline.files import replacing_folder
from pipeline.studies.objective import Objective
from pipeline.studies.outcome import Outcome
from pipeline.studies.record import FIGURES


def draw(
    finished: Sequence[Outcome],
    best: Sequence[Outcome],
    objective: Objective,
    *,
    title: str,
    folder: Path,
    effects: bool,
) -> list[Path]:
    """Draws how the objective depends on the settings, for two trials or more.

    Args:
        finished: the trials that have an objective.
        best: those of the best configuration.
        folder: of the study.
        effects: whether to draw the mean of each value of a setting. A search rarely has a value
            twice.

    Returns:
        The files, by name.
    """
    if len(finished) < 2 or not finished[0].trial.values:
        return []
    from pipeline.evaluation.drawing.png import png
    from pipeline.studies import figures

    values = [
        {name: str(value) for name, value in outcome.trial.values.items()} for outcome in finished
    ]
    objectives = [float(outcome.objective or 0.0) for outcome in finished]
    name = objective.metric
    drawings = {
        "parallel_coordinates": figures.parallel_coordinates(
            values,
            objectives,
            name=name,
            smaller_is_better=objective.direction is Direction.min,
            best=[finished.index(outcome) for outcome in best],
            title=title,
        )
    }
    if effects:
        drawings["main_effects"] = figures.main_effects(values, objectives, name=name, title=title)
    with replacing_folder(folder / FIGURES) as temporary:
        for stem, figure in drawings.items():
            (temporary / f"{stem}.png").write_bytes(png(figure))
    return sorted((folder / FIGURES).glob("*.png"))
