"""Shows a trained model: its layers, their weights, their outputs for an image.

    python -m pipeline.inspect mnist_cnn                     the layers of a trained experiment
    python -m pipeline.inspect 3f2a91c0                      the layers of an MLflow run, by its id
    python -m pipeline.inspect mnist_cnn --layer dense_1     the weights of a layer in numbers
    python -m pipeline.inspect mnist_cnn --layer 3           the same, by the number of the layer
    python -m pipeline.inspect mnist_cnn --kernels conv_2 --channel 1
                                                             a figure of the kernels of a layer
    python -m pipeline.inspect mnist_cnn --image 13          a test image, its label, the prediction
    python -m pipeline.inspect mnist_cnn --activations 13    figures of the outputs of each layer
    python -m pipeline.inspect mnist_cnn --graph             a figure of the network, and its graph
                                                             for TensorBoard

The first characters of a run's id are enough. A layer has the name or the number that the list of
layers shows; upper case and underscores are ignored. --channel is the number of an input channel,
from 0; the default is 0. --image and --activations take the number of a test image, from 0, and
count as a look at the test split.

Figures are written to outputs/inspect/. --activations draws the maps of each convolution, or the
units of each dense layer if the model has no convolution.
"""

import argparse
from typing import TYPE_CHECKING, Any

from pipeline.command_line import arguments, run_command
from pipeline.console import say, say_loading, table_console
from pipeline.files import replacing
from pipeline.layout import INSPECTED, PREPARED
from pipeline.option_parser import OptionParser

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from pipeline.data.prepared import Meta, Split
    from pipeline.serving.predictor import Predictor


def main() -> None:
    """Reads the command line and shows the model."""
    options = _options(arguments(__doc__))
    say_loading()
    from pipeline.serving import loading

    predictor, name = loading.load(options.model), options.model
    if options.kernels is not None:
        draw_kernels(predictor, name, options.kernels, options.channel or 0)
    elif options.image is not None:
        draw_image(predictor, name, options.image)
    elif options.activations is not None:
        draw_activations(predictor, name, options.activations)
    elif options.graph:
        draw_graph(predictor, name)
    else:
        show(predictor.model, _title(predictor, name), options.layer)


def _options(received: list[str]) -> argparse.Namespace:
    parser = OptionParser("inspect")
    parser.add_argument("model")
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--layer")
    choice.add_argument("--kernels")
    choice.add_argument("--image", type=int)
    choice.add_argument("--activations", type=int)
    choice.add_argument("--graph", action="store_true")
    parser.add_argument("--channel", type=int)
    options = parser.parse_args(received)
    if options.channel is not None and options.kernels is None:
        parser.error("argument --channel: only allowed with argument --kernels")
    return options


def show(model: Any, title: str, layer: str | None) -> None:
    """Prints the layers of a model, or the weights of one layer."""
    from pipeline.models import description

    table = (
        description.overview(model, title=title)
        if layer is None
        else description.weights(description.find(model, layer))
    )
    table_console().print(table)


def draw_kernels(predictor: "Predictor", name: str, layer: str, channel: int) -> None:
    """Draws the kernels of a convolution for one input channel, and prints the file."""
    from pipeline.evaluation.inspection import kernel_figure
    from pipeline.models import description

    chosen = description.find(predictor.model, layer)
    figure = kernel_figure(chosen, channel, title=_title(predictor, name))
    _save(f"{name}_kernels_{chosen.name}_{channel}", figure)


def draw_image(predictor: "Predictor", name: str, row: int) -> None:
    """Draws a test image with its label and the prediction, and prints the file."""
    from pipeline.evaluation.inspection import image_figure

    test, meta = _test_split(predictor, row)
    _save(f"{name}_image_{row}", image_figure(predictor, test, meta, row))


def draw_activations(predictor: "Predictor", name: str, row: int) -> None:
    """Draws what each layer computes from one test image, and prints the files."""
    from pipeline.evaluation.inspection import figures_of

    test, meta = _test_split(predictor, row)
    title = _title(predictor, name)
    for layer, figure in figures_of(predictor.model, test, meta, row, title=title).items():
        _save(f"{name}_activations_{row}_{layer}", figure)


def draw_graph(predictor: "Predictor", name: str) -> None:
    """Draws the layers of the network, and writes its operations for TensorBoard."""
    from pipeline.evaluation.drawing.network_graph import plot
    from pipeline.models.anatomy import network_of
    from pipeline.training.listeners.tensorboard import summaries_folder, write_graph

    network, card = network_of(predictor.model), predictor.card
    _save(f"{name}_graph", plot(network, title=_title(predictor, name)))
    write_graph(network, summaries_folder(card.experiment, card.run_id) / "graph")
    say("tensorboard --logdir mlruns/tensorboard    # its tab Graphs shows the operations")


def _test_split(predictor: "Predictor", row: int) -> tuple["Split", "Meta"]:
    """Opens the test split of a model for one of its rows. The look is recorded."""
    from pipeline.data.prepared import load_meta
    from pipeline.evaluation.inspection import require_image
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
    return test, meta


def _title(predictor: "Predictor", name: str) -> str:
    """The name of an experiment. For any other name, the experiment of the model and its run."""
    card = predictor.card
    return name if name == card.experiment else f"{card.experiment}, run {card.run_id[:8]}"


def _save(stem: str, figure: "Figure") -> None:
    from pipeline.evaluation.drawing.png import png

    path = INSPECTED / f"{stem}.png"
    with replacing(path) as temporary:
        temporary.write_bytes(png(figure))
    say(str(path))


if __name__ == "__main__":
    run_command(main)
