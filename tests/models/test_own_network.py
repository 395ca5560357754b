"""The user's own network: what is trained, and what is refused before the training."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from pipeline.models import anatomy, backend, families, serving
from pipeline.models.families.python import Python
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support import refusals
from tests.support.metas import images, regression, table

THREE = table(8, classes=["a", "b", "c"])
HEAD = "import random\n\nimport keras\nimport numpy as np\nfrom keras import ops\n\n\n"
LAYER = """
class Scale(keras.layers.Layer):
    def build(self, shape):
        self.factor = self.add_weight(shape=(shape[-1],), initializer="ones", name="factor")

    def call(self, x):
        return x * self.factor


def twice(x):
    return 2 * x


"""
NET = """
class Net(keras.Model):
    def __init__(self, outputs, **shared):
        super().__init__(**shared)
        self.outputs_ = outputs
        self.hidden = keras.layers.Dense(3, activation="relu")
        self.last = keras.layers.Dense(outputs)

    def call(self, x):
        return self.last(self.hidden(x))

    def get_config(self):
        return super().get_config() | {"outputs": self.outputs_}


"""


@pytest.fixture(autouse=True)
def _folder(in_empty_folder):
    """Each test writes its own `mine.py`."""


def write(body: str, *, before: str = "", signature: str = "shape, outputs") -> None:
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    Path("mine.py").write_text(f"{HEAD}{before}def build({signature}):\n{indented}")


def build(meta=None, **settings: Any) -> Any:
    own = Python(build="mine.py:build", **settings)
    return families.build(own, meta or THREE, seed=1)


def refusal(meta=None, **settings: Any) -> str:
    return refusals.refusal(build, meta, **settings)


DENSE = "keras.layers.Dense(outputs)"
SEQUENTIAL = f"return keras.Sequential([keras.layers.Flatten(), {DENSE}])"
FUNCTIONAL = f"x = keras.Input(shape)\nreturn keras.Model(x, {DENSE}(keras.layers.Flatten()(x)))"


@pytest.mark.parametrize(
    ("body", "meta"), [(SEQUENTIAL, images()), (FUNCTIONAL, images()), (FUNCTIONAL, regression())]
)
def test_layers_become_those_of_the_network(body, meta):
    write(body)
    network = build(meta)
    names = [layer.name for layer in network.layers]
    scaled = ["scale"] if meta.pixel_maximum else []
    assert names == ["input", *scaled, "flatten", "dense"]
    assert network.output_shape == (None, meta.outputs)


def test_subclassed_model_stays_one_layer():
    write("return Net(outputs)", before=NET)
    network = build()
    assert [type(layer).__name__ for layer in network.layers] == ["InputLayer", "Net"]
    assert len(network.trainable_variables) == 4


def test_custom_layer_and_function_need_no_decorator(tmp_path):
    body = f"return keras.Sequential([Scale(), keras.layers.Activation(twice), {DENSE}])"
    write(body, before=LAYER)
    meta = table()
    network = build(meta)
    serving.serve(network, meta).save(tmp_path / "model.keras")
    loaded = anatomy.network_of(keras.saving.load_model(tmp_path / "model.keras"))
    rows = np.ones((2, *meta.shape), np.float32)
    assert np.array_equal(loaded(rows), network(rows))


def test_keras_alone_needs_own_objects_by_file_and_name(tmp_path):
    """As docs/using-a-model.md and docs/your-own-model.md say."""
    body = f"return keras.Sequential([Scale(), keras.layers.Activation(twice), {DENSE}])"
    write(body, before=LAYER)
    serving.serve(build(table()), table()).save(tmp_path / "model.keras")
    script = (
        "import keras, mine\n"
        "own = {'mine.py>Scale': mine.Scale, 'mine.py>twice': mine.twice}\n"
        "print(keras.saving.load_model('model.keras', custom_objects=own).name)\n"
    )
    command = [sys.executable, "-c", script]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert run.stdout


def test_layer_named_as_the_pipelines_keeps_its_name():
    write(f"return keras.Sequential([Scale(), keras.layers.Flatten(), {DENSE}])", before=LAYER)
    network = build(images())
    assert [layer.name for layer in network.layers] == ["input", "scale", "sequential"]


def test_pixels_arrive_in_the_range_of_the_settings():
    write("return keras.Sequential([keras.layers.GlobalMaxPooling2D(), Rows()])", before=ROWS)
    meta = images()
    white = np.full((1, *meta.shape), meta.pixel_maximum, meta.dtype)
    assert float(build(meta, pixel_range=[-1.0, 3.0])(white)[0, 0]) == 3.0


ROWS = """
class Rows(keras.layers.Layer):
    def call(self, x):
        return ops.repeat(x[:, :1], 3, axis=1)


"""


@pytest.mark.parametrize("precision", ["float32", "mixed_bfloat16"])
def test_outputs_have_32_bits(precision):
    write(SEQUENTIAL)
    own = Python(build="mine.py:build")
    network = families.build(own, THREE, seed=1, precision=precision)
    assert network.layers[2].compute_dtype == ("float32" if precision == "float32" else "bfloat16")
    assert network.outputs[0].dtype == "float32"


def test_parameter_named_seed_gets_the_seed():
    write(f"assert seed == 1\n{SEQUENTIAL}", signature="shape, outputs, seed")
    build()


def test_global_randomness_follows_the_seed():
    write(
        "start = keras.initializers.Constant(np.random.rand() + random.random())\n"
        "return keras.Sequential([keras.layers.Flatten(), "
        "keras.layers.Dense(outputs, kernel_initializer=start)])"
    )
    first, again = (build().get_weights() for _ in range(2))
    assert all(np.array_equal(*pair) for pair in zip(first, again, strict=True))


def test_print_goes_to_stderr(capsys):
    write(f"print('building')\n{SEQUENTIAL}")
    build()
    assert capsys.readouterr().out == ""


def test_file_named_in_the_arguments_may_be_read():
    Path("start.txt").write_text("0.5")
    write(f"np.loadtxt(path)\n{SEQUENTIAL}", signature="shape, outputs, path")
    build(arguments={"path": "start.txt"})


def test_file_that_no_setting_names_is_refused():
    Path("start.txt").write_text("0.5")
    write(f"np.loadtxt('start.txt')\n{SEQUENTIAL}")
    assert refusal() == (
        "model.build reads a file that the settings do not name: start.txt. "
        "Received: mine.py:build. Pass the path in model.arguments, so that an edit of the file "
        "trains again."
    )


REFUSED = {
    "return 3": "model.build does not return a keras.Model. Received: builtins.int from "
    "mine.py:build. Return a sequential, functional or subclassed keras.Model.",
    "1 / 0": "model.build fails: mine.py:build. Received: ZeroDivisionError: division by zero "
    "(mine.py, line 9). It is called with the shape (8,), 3 outputs, and {}.",
    f"model = keras.Sequential([{DENSE}])\nmodel.compile('sgd', 'mse')\nreturn model": (
        "model.build returns a compiled model, but the settings choose optimizer, loss and "
        "metrics. Received: mine.py:build. Remove compile(), and set optimizer, training.loss and "
        "training.metrics. Remove the last softmax or sigmoid of a classifier as well."
    ),
    f"a, b = keras.Input((3,)), keras.Input((2,))\n"
    f"return keras.Model([a, b], {DENSE}(keras.layers.Concatenate()([a, b])))": (
        "model.build returns a model with several inputs. Received: 2 inputs. Take one tensor of "
        "all features, and return one tensor. Inside, inputs[:, :3] is the first three features."
    ),
    f"x = keras.Input(shape)\nreturn keras.Model(x, [{DENSE}(x), {DENSE}(x)])": (
        "model.build returns a model with several outputs. Received: 2 outputs. Take one tensor "
        "of all features, and return one tensor. Inside, inputs[:, :3] is the first three features."
    ),
    "return keras.Sequential([keras.layers.Dense(1)])": (
        "model.build returns a model with outputs of another shape than the data need. "
        "Received: (None, 1) of mine.py:build. Expected: (None, 3), one number for each class. "
        "The function gets this number as its second argument."
    ),
    "return keras.Sequential([keras.layers.Dense(outputs, activation='softmax', name='end')])": (
        "model.build ends in softmax, but the network must return raw numbers (logits). "
        "Received: end of mine.py:build. Remove the softmax: the losses expect raw numbers, and "
        "the saved model gives probabilities all the same."
    ),
    f"return keras.Sequential([keras.layers.Lambda(lambda x: 2 * x, name='twice'), {DENSE}])": (
        "model.build returns a model with a Lambda layer, but Keras refuses to load such a "
        "layer. Received: twice of mine.py:build. Write it as a class of keras.layers.Layer with a "
        "method call, or with functions of keras.ops."
    ),
    "start = keras.initializers.Constant(np.random.default_rng().random())\n"
    "return keras.Sequential([keras.layers.Dense(outputs, kernel_initializer=start)])": (
        "model.build starts with other weights each time, although the seed is the same. "
        "Received: mine.py:build. Draw from numpy.random or keras.random, because the seed of "
        "the experiment sets both, or give the function a parameter seed."
    ),
}


@pytest.mark.parametrize("body", REFUSED)
def test_network_is_refused_in_one_line(body):
    write(body)
    assert refusal() == REFUSED[body]


def test_softmax_after_the_last_layer_is_refused():
    write(f"x = keras.Input(shape)\nreturn keras.Model(x, ops.softmax({DENSE}(x)))")
    assert "ends in softmax" in refusal()


@pytest.mark.parametrize(("function", "outputs"), [("softmax", 3), ("sigmoid", 1)])
def test_probabilities_of_a_subclassed_model_are_refused(function, outputs):
    text = NET.replace("self.last(self.hidden(x))", f"ops.{function}(self.last(self.hidden(x)))")
    write("return Net(outputs)", before=text)
    classes = [f"class {number}" for number in range(max(2, outputs))]
    assert f"ends in {function}" in refusal(table(classes=classes))


def test_small_inner_numbers_are_not_probabilities():
    write(
        "small = keras.layers.Dense(outputs, kernel_initializer=keras.initializers.Constant(1e-4))"
        "\ninner = keras.Sequential([keras.layers.Dense(4, activation='relu'), small])"
        "\nx = keras.Input(shape)"
        "\nreturn keras.Model(x, inner(x))"
    )
    assert build(table(classes=["no", "yes"])).output_shape == (None, 1)


def test_model_that_trains_itself_is_refused():
    text = NET.replace(
        "def get_config", "def train_step(self, data):\n        pass\n\n    def get_config"
    )
    write("return Net(outputs)", before=text)
    assert refusal() == (
        "model.build returns a model with its own train_step, but the engine trains, not the "
        "model. Received: class Net of mine.py:build. Write the loss as training.loss, a penalty "
        "with add_loss in call, or what happens after an epoch as training.callbacks."
    )


def test_model_without_get_config_is_refused():
    text = NET.partition("    def get_config")[0].replace("outputs, **shared", "last, **shared")
    text = text.replace("        self.outputs_ = outputs\n", "").replace(DENSE, "last")
    write(f"return Net({DENSE})", before=f"{text}\n\n")
    assert refusal() == (
        "model.build returns a model that Keras cannot save: class Net has no get_config. "
        "Received: net of mine.py:build. Add a method get_config(self) to Net. It returns "
        "super().get_config() with all arguments of the constructor."
    )


def test_config_without_an_argument_is_refused():
    text = NET.replace('super().get_config() | {"outputs": self.outputs_}', "super().get_config()")
    write("return Net(outputs)", before=text)
    assert "returns a model that Keras cannot load again after it is saved" in refusal()


def test_sublayers_of_a_constructor_give_no_warning():
    backend.load()  # Warnings are errors, and it hides this one.
    text = NET.replace("keras.Model", "keras.layers.Layer").replace("Net", "Gate", 1)
    write(f"return keras.Sequential([Gate(outputs), {DENSE}])", before=text)
    assert build().outputs[0].shape == (None, 3)


def test_weights_that_keras_does_not_track_are_refused():
    text = NET.replace("self.hidden = ", "self.hidden = Holder()\n        self.hidden.one = ")
    text = "class Holder:\n    pass\n\n\n" + text.replace("self.hidden(x)", "self.hidden.one(x)")
    write("return Net(outputs)", before=text)
    assert "computes other outputs after it is saved and loaded" in refusal()
