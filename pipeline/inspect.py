"""Shows a trained model: its layers, their weights, their outputs for an image.

    python -m pipeline.inspect mnist_cnn                     the layers of a trained experiment
    python -m pipeline.inspect 3f2a91c0                      the layers of an MLflow run, by its id
    python -m pipeline.inspect mnist_cnn --layer dense_1     the weights of a layer in numbers
    python -m pipeline.inspect mnist_cnn --activations 13    figures of the outputs of each layer

The first characters of a run's id are enough. --layer ignores upper case and underscores.
--activations takes the number of a test image, from 0.

The figures are written to outputs/inspect/: the maps of each convolution, or the units of each
dense layer if the model has no convolution.
"""

from typing import TYPE_CHECKING, Any

from pipeline.command_line import arguments, run_command
from pipeline.console import say, say_loading, table_console
from pipeline.files import replacing
from pipeline.layout import INSPECTED, PREPARED
from pipeline.option_parser import OptionParser

if TYPE_CHECKING:
    from pipeline.serving.predictor import Predictor


def main() -> None:
    """Reads the command line and shows the model."""
    parser = OptionParser("inspect")
    parser.add_argument("model")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--layer")
    choice.add_argument("--activations", type=int)
    options = parser.parse_args(arguments(__doc__))
    say_loading()
    from pipeline.serving import loading

    predictor = loading.load(options.model)
    if options.activations is None:
        show(predictor.model, options.model, options.layer)
    else:
        draw(predictor, options.model, options.activations)


def show(model: Any, name: str, layer: str | None) -> None:
    """Prints the layers of a model, or the weights of one layer."""
    from pipeline.models import description

    table = (
        description.overview(model, title=name)
        if layer is None
        else description.weights(description.find(model, layer))
    )
    table_console().print(table)


def draw(predictor: "Predictor", name: str, row: int) -> None:
    """Draws what each layer computes from one test image, and prints the files."""
    from pipeline.data.prepared import load_meta
    from pipeline.evaluation.drawing.png import png
    from pipeline.evaluation.inspection import figures_of, require_image
    from pipeline.evaluation.test_split import open_test_split

    data = PREPARED / predictor.card.data
    meta = load_meta(data)
    require_image(meta, row)
    test = open_test_split(
        data,
        purpose="inspect",
        run_id=predictor.card.run_id,
        models={},  # one row gives no metric
        shown=[f"row {row}"],
    )
    figures = figures_of(predictor.model, test, meta, row, title=name)
    for layer, figure in figures.items():
        path = INSPECTED / f"{name}_activations_{row}_{layer}.png"
        with replacing(path) as temporary:
            temporary.write_bytes(png(figure))
        say(str(path))


if __name__ == "__main__":
    run_command(main)
