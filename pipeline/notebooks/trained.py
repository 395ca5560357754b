"""A finished run as an object: its history, metrics, figures and model."""

import html
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.experiment import ExperimentConfig
from pipeline.data.prepared import load_meta
from pipeline.errors import PipelineError
from pipeline.evaluation import predictions, record
from pipeline.files import read_json
from pipeline.layout import EVALUATED_RUNS, PREPARED, mlruns
from pipeline.models.scores import ClassScores, NumberScores, ScoresByTarget
from pipeline.notebooks.figures import Picture, Pictures
from pipeline.notebooks.place import at_root
from pipeline.runs import model_card
from pipeline.runs import result as run_result
from pipeline.runs.result import MODEL, Result
from pipeline.serving import predictor
from pipeline.serving.predictor import Predictor

_CURVES = "learning_curves"
_INDEX = "index.json"


@dataclass(frozen=True)
class TrainedRun:
    """A run that `pipeline.run` has trained, now or before.

    Args:
        config: its configuration.
        result: what the training returned.
        root: the folder of the project.
    """

    config: ExperimentConfig
    result: Result
    root: Path

    @property
    def name(self) -> str:
        """The name of the experiment."""
        return self.config.name

    @property
    def run_id(self) -> str:
        """The id of the run in the tracking store."""
        return self.result.run_id

    @property
    def metrics(self) -> dict[str, float]:
        """The metrics of the saved weights, on the validation and on the training split."""
        return dict(self.result.metrics)

    @property
    def history(self) -> pd.DataFrame:
        """One row for each evaluation, by epoch."""
        rows = [
            {
                "epoch": point.epoch,
                "step": point.step,
                "learning_rate": point.learning_rate,
                **point.metrics,
            }
            for point in self.result.history
        ]
        table = pd.DataFrame(rows).set_index("epoch")
        if (table.index % 1 == 0).all():  # `evaluate_at` measures within an epoch as well
            table.index = table.index.astype(int)
        return table

    @cached_property
    def model(self) -> Predictor:
        """The model. Its `predict` takes rows as the CSV holds them.

        Raises:
            PipelineError: the run has no files, because it is paused or was not tracked.
        """
        run_result.of_run(self._folder, self.run_id)
        return predictor.load(self._folder / MODEL, trusts_code=True)

    @property
    def network(self) -> Any:
        """The trained Keras network: `run.network.layers[3].get_weights()`.

        It maps prepared arrays `(rows, *shape)` to raw outputs `(rows, outputs)`.

        Raises:
            PipelineError: as for `model`.
        """
        model = self.model.model
        from pipeline.models.anatomy import network_of  # loads Keras, as `model` has done

        return network_of(model)

    @property
    def predictions(self) -> pd.DataFrame:
        """The test rows in their order: `true`, `predicted`, and `probability` of the prediction.

        A quantity and a perceptron have no probability. For several targets, the tables of all
        stand side by side.

        Raises:
            PipelineError: `evaluate` has not been called.
        """
        path = self.root / EVALUATED_RUNS / self.run_id / predictions.FILE
        if not path.is_file():
            raise PipelineError(
                "the run has no predictions of the test split yet",
                received=f"no {path.relative_to(self.root)}",
                expected="Call evaluate()",
            )
        scores = predictions.read(path, made_by="evaluate()").scores
        if isinstance(scores, ScoresByTarget):
            table = pd.concat({name: _table(part) for name, part in scores.parts.items()}, axis=1)
        else:
            table = _table(scores)
        if model_card.read(self._folder / MODEL).gives_probabilities:
            return table
        return table.drop(columns="probability", errors="ignore")

    @property
    def figures(self) -> Pictures:
        """The learning curves. After `evaluate`, all figures of the run.

        Raises:
            PipelineError: the data of the run have been removed.
        """
        folder = self.root / EVALUATED_RUNS / self.run_id / record.FIGURES
        if (folder / _INDEX).is_file():
            index = read_json(folder / _INDEX, made_by="evaluate()")
            return Pictures(
                {
                    Path(entry["file"]).stem: Picture(
                        (folder / entry["file"]).read_bytes(), entry["alt"]
                    )
                    for entry in index
                }
            )
        return Pictures({_CURVES: self._curves()})

    def evaluate(self) -> dict[str, Any]:
        """Tests the model, draws its figures, and logs both to the run.

        This opens the test split, and the look is recorded. The files are in
        `outputs/runs/<run id>/`.

        Returns:
            The content of `metrics.json`. `["test"]["accuracy"]` holds `value`, `low` and `high`.

        Raises:
            PipelineError: the run has no files, or its data have changed since.
        """
        from pipeline.recorded_evaluation import evaluate_run

        run_result.of_run(self._folder, self.run_id)
        with at_root():
            evaluate_run(self.run_id, own_figures=self.config.figures)
        file = self.root / EVALUATED_RUNS / self.run_id / record.METRICS
        content: dict[str, Any] = read_json(file, made_by="evaluate()")
        return content

    @property
    def _folder(self) -> Path:
        """The files of the run."""
        with at_root():
            return mlruns() / "checkpoints" / self.result.run_key / "result"

    def _curves(self) -> Picture:
        from pipeline.evaluation.drawing.png import png
        from pipeline.evaluation.figures import learning_curves

        meta = load_meta(self.root / PREPARED / self.config.data.name)
        history, metrics = self.result.history, self.result.metrics
        step = next(point.step for point in history if point.metrics == metrics)
        figure = learning_curves.of_history(self.name, meta, history, saved_step=step)
        return Picture(png(figure), f"{self.name}: {learning_curves.FIGURE.alt}")

    def __repr__(self) -> str:
        return f"<{self.name}, run {self.run_id[:8]}: {_in_words(self.metrics)}>"

    def _repr_html_(self) -> str:
        table = pd.DataFrame({"value": self.metrics}).to_html(float_format="{:.4f}".format)
        return f"<p><b>{html.escape(self.name)}</b>, run {self.run_id[:8]}</p>{table}"


def _table(scores: ClassScores | NumberScores) -> pd.DataFrame:
    if isinstance(scores, NumberScores):
        return pd.DataFrame({"true": scores.truth, "predicted": scores.prediction})
    classes = np.array(scores.classes, dtype=object)
    return pd.DataFrame(
        {
            "true": classes[scores.truth],
            "predicted": classes[scores.predicted],
            "probability": scores.probabilities.max(axis=1),
        }
    )


def _in_words(metrics: dict[str, float]) -> str:
    return ", ".join(
        f"{name} {value:.4f}" for name, value in metrics.items() if name.startswith("validation/")
    )
