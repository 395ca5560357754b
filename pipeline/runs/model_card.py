"""The card of a saved model, `model.json`: what it takes, what it gives, and which run trained it.

It lies inside the Keras file, so a copy of that file explains itself. For people, another copy lies
next to the file.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, Self
from zipfile import BadZipFile, ZipFile, ZipInfo

from pipeline.data.columns.reading import ColumnReading
from pipeline.data.prepared import Meta, input_name
from pipeline.errors import PipelineError

FILE = "model.json"


@dataclass(frozen=True)
class Column:
    """A column that the model reads.

    Args:
        name: its name in the CSV.
        inputs: the names of the model's inputs. A date has several, one for each of its parts.
        type: `number`, `category`, `text`, or `parsed` for cells that become numbers, as dates do.
        reading: how its cells are read.
        levels: the categories of the training rows; `""` is a missing value. None for numbers.
    """

    name: str
    inputs: list[str]
    type: Literal["number", "category", "text", "parsed"]
    reading: ColumnReading
    levels: list[str] | None = None


@dataclass(frozen=True)
class Pixels:
    """The images that the model reads.

    Args:
        shape: height, width and channels.
        maximum: pixels are numbers from 0 to this one.
        columns: the columns of the CSV that hold the pixels, row by row of the image. A single one
            holds all of them. None if the model was trained on image files.
        dtype: `uint8` for whole numbers, or `float32`.
    """

    shape: list[int]
    maximum: int
    columns: list[str] | None
    dtype: str = "uint8"


@dataclass(frozen=True)
class ModelCard:
    """What a saved model takes and gives.

    Args:
        step: the optimizer step of the weights.
        columns: what it reads from a table; None for images.
        pixels: what it reads as an image; None for a table.
        targets: the column that it predicts, or several in the order of the model's outputs.
        unit: a predicted quantity is in this many units of the CSV. None for classes and labels.
        classes: the names of the classes, in the order of the model's probabilities. A model of
            two classes has one output, the probability of the second. None for a quantity.
        gives_probabilities: whether the outputs of a classifier are probabilities. A perceptron
            learns only on which side of the border a row lies.
        labels: for several labels, the texts for no and yes of each. The model has an output for
            each, the probability of yes. None for other models.
    """

    experiment: str
    run_id: str
    run_key: str
    step: int
    data: str
    columns: list[Column] | None
    pixels: Pixels | None
    targets: list[str]
    unit: float | None
    classes: list[str] | None
    gives_probabilities: bool = True
    labels: list[list[str]] | None = None

    @property
    def outputs(self) -> int:
        """The number of outputs of the model for each row."""
        classes = len(self.classes or [])
        return classes if classes > 2 else len(self.targets)

    @classmethod
    def of(
        cls,
        meta: Meta,
        *,
        experiment: str,
        run_id: str,
        run_key: str,
        step: int,
        gives_probabilities: bool = True,
    ) -> Self:
        """The card of a model that was trained on prepared data."""
        return cls(
            experiment=experiment,
            run_id=run_id,
            run_key=run_key,
            step=step,
            data=meta.name,
            columns=columns_of(meta),
            pixels=_pixels(meta),
            targets=[target.name for target in meta.targets],
            unit=meta.targets[0].unit if meta.task == "regression" else None,
            classes=meta.classes,
            gives_probabilities=gives_probabilities,
            labels=[target.levels or [] for target in meta.targets]
            if meta.task == "multi_label"
            else None,
        )

    def text(self) -> str:
        """The content of `model.json`."""
        return json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n"

    def add_to(self, model: Path) -> None:
        """Adds the card to a Keras file. Keras ignores it."""
        with ZipFile(model, "a") as file:
            file.writestr(ZipInfo(FILE), self.text())


def read(model: Path) -> ModelCard:
    """Reads the card inside a Keras file.

    Raises:
        PipelineError: the file is missing, damaged, or not saved by this package.
    """
    try:
        with ZipFile(model) as file:
            values = json.loads(file.read(FILE))
    except FileNotFoundError:
        raise PipelineError(f"{model} is missing") from None
    except (OSError, BadZipFile, ValueError) as error:
        raise PipelineError(f"{model} is damaged", received=error) from None
    except KeyError:
        raise PipelineError(
            f"{model} has no {FILE}, so its inputs are unknown",
            expected="Choose a model that this version of the pipeline trained",
        ) from None
    columns, pixels = values.pop("columns"), values.pop("pixels")
    return ModelCard(
        **values,
        columns=None if columns is None else [_column(**column) for column in columns],
        pixels=None if pixels is None else Pixels(**pixels),
    )


def columns_of(meta: Meta) -> list[Column] | None:
    """The columns that a model of prepared data reads; None for images."""
    if meta.table is None:
        return None
    levels = {feature.name: feature.levels for feature in meta.table.categorical}
    return [
        Column(
            reading.column,
            [input_name(name) for name in reading.names or [reading.column]],
            _type(reading),
            reading,
            levels.get(reading.column),
        )
        for reading in meta.table.readings
    ]


def _type(reading: ColumnReading) -> Literal["number", "category", "text", "parsed"]:
    if reading.takes_text:
        return "text" if reading.kind == "text" else "category"
    return "number" if reading.kind == "number" and not reading.settings else "parsed"


def _column(reading: dict[str, Any], **values: Any) -> Column:
    return Column(reading=ColumnReading(**reading), **values)


def _pixels(meta: Meta) -> Pixels | None:
    if meta.pixel_maximum is None:
        return None
    return Pixels(meta.shape, meta.pixel_maximum, meta.pixel_columns, meta.dtype)
