"""Looks into a trained model: its layers, their weights, and what they make of an image.

    python -m pipeline.inspect mnist_cnn                    the layers of outputs/mnist_cnn/model.keras
    python -m pipeline.inspect 3f2a91c0                     those of an MLflow run, by its id or how that begins
    python -m pipeline.inspect mnist_cnn --layer dense_1    the weights of one layer in numbers; dense1 means it too
    python -m pipeline.inspect mnist_cnn --activations 13   draws what each layer makes of test image 13

Figures go to outputs/inspect/: the maps of each convolution, or the units of each dense layer where none convolves.
"""

import argparse
import re
import sys
from typing import Any, NoReturn

from pipeline.command_line import run_command
from pipeline.data.prepared import load_meta, load_part
from pipeline.errors import PipelineError, suggestion
from pipeline.files import replacing
from pipeline.layout import INSPECTED, OUTPUTS, PREPARED

_RUN_ID = re.compile(r"[0-9a-f]{4,32}")


class _Parser(argparse.ArgumentParser):
    """Refuses in one line, as every command does."""

    def error(self, message: str) -> NoReturn:
        raise PipelineError(message, expected=f"See {self.prog} --help")


def main() -> None:
    """Reads the command line and shows what it asks for."""
    if {"-h", "--help"} & set(sys.argv[1:]):
        print(__doc__)
        return
    parser = _Parser(prog="python -m pipeline.inspect", add_help=False, allow_abbrev=False)
    parser.add_argument("model")
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--layer")
    asked.add_argument("--activations", type=int)
    given = parser.parse_args()
    model = load(given.model)
    if given.activations is None:
        show(model, given.model, given.layer)
    else:
        draw(model, given.model, given.activations)


def load(name: str) -> Any:
    """The served model of an experiment in `outputs/` or of an MLflow run; raises `PipelineError` where there is none."""
    path = OUTPUTS / name / "model.keras"
    if not path.is_file() and not _RUN_ID.fullmatch(name):
        trained = [found.parent.name for found in OUTPUTS.glob("*/model.keras")]
        raise PipelineError(
            "no experiment of this name is trained, and it is no id of a run",
            received=name,
            expected=suggestion(name, trained),
        )
    from pipeline.models import backend

    backend.load()
    if path.is_file():
        import keras

        return keras.saving.load_model(path, compile=False)
    from pipeline.tracking import logged_models

    return logged_models.load(logged_models.find_run(name))


def show(model: Any, name: str, layer: str | None) -> None:
    """Prints the layers of a model, or the weights of one."""
    from rich.console import Console

    from pipeline.models import description as layers

    table = (
        layers.overview(model, title=name)
        if layer is None
        else layers.weights(layers.find(model, layer))
    )
    Console(width=None if sys.stdout.isatty() else 160).print(table)


def draw(model: Any, name: str, index: int) -> None:
    """Draws what each layer makes of one test image, and prints where the figures lie."""
    from pipeline.evaluation.activations import figures_of
    from pipeline.evaluation.drawing.png import png

    data = PREPARED / model.name  # a served model is named after its data
    meta = load_meta(data)
    for layer, figure in figures_of(
        model, load_part(data, "test"), meta, index, title=name
    ).items():
        path = INSPECTED / f"{name}_activations_{index}_{layer}.png"
        with replacing(path) as temporary:
            temporary.write_bytes(png(figure))
        print(path)


if __name__ == "__main__":
    run_command(main)
