"""Writes the curves of a training as event files for TensorBoard.

running/      the mean loss over the epoch so far
train/        the training rows at the end of the epoch, and the learning rate
validation/   the same metrics with the same names, so that the curves share a chart

The module does not use `tf.summary`. That needs TensorBoard, and would stamp points of an earlier
process with the current time.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import tensorflow as tf

from pipeline.layout import mlruns
from pipeline.runs.history import Point
from pipeline.training.listener import Listener

_SPLITS = ("running", "train", "validation")


class Summaries(Listener):
    """Writes each point once to `folder`. The folder belongs to one run.

    A killed process may have written points that no checkpoint holds. So a resuming process writes
    the folder from scratch.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writers: dict[str, Any] = {}

    def on_begin(self, history: Sequence[Point]) -> None:
        """Writes only the points of earlier processes that a checkpoint holds."""
        shutil.rmtree(self._folder, ignore_errors=True)
        self._writers = {split: _writer(self._folder / split) for split in _SPLITS}
        self.on_commit(history)

    def on_commit(self, points: Sequence[Point]) -> None:
        for point in points:
            for split, writer in self._writers.items():
                writer.write(_event(point, dict(_scalars(point, split))).SerializeToString())
        for writer in self._writers.values():
            writer.flush()

    def on_end(self) -> None:
        for writer in self._writers.values():
            writer.close()


def write_summaries(history: Sequence[Point], folder: Path) -> None:
    """Writes the summaries of a finished training."""
    summaries = Summaries(folder)
    summaries.on_begin(history)
    summaries.on_end()


def write_graph(network: Any, folder: Path) -> None:
    """Writes the operations of a network for the tab "Graphs" of TensorBoard.

    Args:
        network: it maps arrays `(rows, *shape)` to raw outputs.
        folder: belongs to the graph. Its earlier content is removed.
    """
    shutil.rmtree(folder, ignore_errors=True)
    specs = [tf.TensorSpec(one.shape, one.dtype) for one in network.inputs]
    graph = tf.function(network).get_concrete_function(*specs).graph.as_graph_def(add_shapes=True)
    _name_layers(graph, [network, *network.layers])
    writer = _writer(folder)
    event = tf.compat.v1.Event(wall_time=time.time(), graph_def=graph.SerializeToString())
    writer.write(event.SerializeToString())
    writer.close()


def _name_layers(graph: Any, layers: Sequence[Any]) -> None:
    """Gives the operations of each layer its name as their scope.

    Keras opens the scope of a layer twice, to build and to call it. So TensorFlow calls the second
    one `dense_1` if the layer is `dense`.
    """
    names = {f"{layer.name}_1": layer.name for layer in layers}

    def named(path: str) -> str:
        mark = "^" if path.startswith("^") else ""  # a dependency that passes no tensor
        return mark + "/".join(names.get(one, one) for one in path.removeprefix("^").split("/"))

    for node in graph.node:
        node.name = named(node.name)
        node.input[:] = [named(path) for path in node.input]


def summaries_folder(name: str, run_id: str) -> Path:
    """The folder of the summaries of a run, next to those of the experiment's other runs."""
    return mlruns() / "tensorboard" / name / run_id


def _writer(folder: Path) -> Any:
    folder.mkdir(parents=True)
    # TensorBoard reads files in the order of their names, so the name of a new file must come last.
    writer = tf.io.TFRecordWriter(str(folder / f"events.out.tfevents.{time.time_ns()}"))
    writer.write(
        tf.compat.v1.Event(wall_time=time.time(), file_version="brain.Event:2").SerializeToString()
    )
    return writer


def _event(point: Point, scalars: dict[str, float]) -> Any:
    values = [
        tf.compat.v1.Summary.Value(tag=tag, simple_value=value) for tag, value in scalars.items()
    ]
    summary = tf.compat.v1.Summary(value=values)
    return tf.compat.v1.Event(wall_time=point.timestamp / 1000, step=point.step, summary=summary)


def _scalars(point: Point, split: str) -> Iterator[tuple[str, float]]:
    for name, value in point.metrics.items():
        if name.startswith(f"{split}/"):
            yield name.removeprefix(f"{split}/"), value
    if split == "train":
        yield "learning_rate", point.learning_rate
