"""Own layers and functions of a script are copied into the file that builds its network."""

import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.adopting import plan
from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.script import record
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal

pytestmark = pytest.mark.filterwarnings("ignore:`build\\(\\)` was called on layer:UserWarning")

HEAD = """
import keras
import numpy as np
from keras import layers
"""
TAIL = """
x, y = np.arange(60.0).reshape(30, 2), np.arange(30) % 2
inputs = keras.Input((2,))
model = keras.Model(inputs, layers.Dense(1, activation="sigmoid")(hidden(inputs)))
model.compile("adam", "binary_crossentropy")
model.fit(x[:20], y[:20], validation_split=0.2)
"""
GATE = """
WIDTH = len("abc")
unused = open

def halved(x):
    return x / 2

class Base(layers.Layer):
    def call(self, x):
        return halved(self.dense(x))

@keras.saving.register_keras_serializable(package="mine")
class Gate(Base):
    def __init__(self, units=WIDTH, **keywords):
        super().__init__(**keywords)
        self.dense = layers.Dense(units)
"""


@pytest.fixture
def adopt(tmp_path, monkeypatch):
    """Adopts a script, given its lines between the imports and the data. Returns the file."""
    monkeypatch.delitem(sys.modules, "gates_of_the_test", raising=False)

    def adopt(code: str, **options: bool) -> str:
        script = tmp_path / "train.py"
        script.write_text(HEAD + code + TAIL, encoding="utf-8")
        plan.write(record(script), "train", "train.py", tmp_path, **options)
        return (tmp_path / "adopted/train.py").read_text(encoding="utf-8")

    return adopt


def outputs_of(text: str) -> np.ndarray:
    namespace = {"__name__": "adopted"}
    exec(text, namespace)
    return np.asarray(namespace["build"]((2,), 1)(np.ones((4, 2))))


def test_layer_is_copied_with_what_it_uses(adopt):
    text = adopt(GATE + "hidden = Gate()\n")
    assert "WIDTH = 3\n" in text
    assert text.index("def halved") < text.index("class Base") < text.index("@keras.saving")
    assert "unused" not in text
    assert "numpy" not in text
    assert outputs_of(text).shape == (4, 1)


def test_layer_of_a_module_beside_is_copied(adopt, tmp_path):
    (tmp_path / "gates_of_the_test.py").write_text(HEAD + GATE, encoding="utf-8")
    text = adopt("from gates_of_the_test import Gate\nhidden = Gate(4)\n")
    assert "from gates_of_the_test" not in text
    assert outputs_of(text).shape == (4, 1)


def test_activation_function_is_copied(adopt):
    text = adopt("def soft(x):\n    return x * 2\nhidden = layers.Dense(3, activation=soft)\n")
    assert "def soft(x):" in text
    assert outputs_of(text).shape == (4, 1)


def test_value_without_a_text_is_refused(adopt):
    code = GATE.replace("x / 2", "x * scale") + "scale = np.ones(3)\nhidden = Gate()\n"
    message = refusal(adopt, code, error=AdoptionError)
    assert message.startswith("the network uses a name that a file of its own cannot define.")
    assert "Received: scale of the script, ndarray." in message
    assert "--without-network" in message


def test_layer_of_a_function_is_refused(adopt):
    code = (
        "def make():\n    class Inner(layers.Layer):\n        def call(self, x):\n"
        "            return x\n    return Inner()\nhidden = make()\n"
    )
    message = refusal(adopt, code, error=AdoptionError)
    assert "Received: Inner of the script." in message


def test_refused_script_is_adopted_without_its_network(adopt, tmp_path):
    code = GATE.replace("x / 2", "x * scale") + "scale = np.ones(3)\nhidden = Gate()\n"
    assert "raise NotImplementedError" in adopt(code, with_network=False)
    experiment = Path(tmp_path, "conf/experiment/train.yaml").read_text(encoding="utf-8")
    assert "model: {build: 'adopted/train.py:build'}" in experiment


USER = """
class Halved(layers.Layer):
    def call(self, x):
        return quarter(x) * FACTOR
"""


def test_function_and_value_of_a_module_beside_are_copied(adopt, tmp_path):
    (tmp_path / "gates_of_the_test.py").write_text(
        "FACTOR = 2\ndef quarter(x):\n    return x / 4\n"
    )
    names = "from gates_of_the_test import FACTOR, quarter\n"
    text = adopt(f"{names}{USER}hidden = Halved()\n")
    assert "gates_of_the_test" not in text
    assert "FACTOR = 2\n" in text
    assert "def quarter(x):" in text
    assert outputs_of(text).shape == (4, 1)


def test_function_of_an_installed_module_is_imported(adopt):
    names = "from keras.ops import square as quarter\nFACTOR = 2\n"
    text = adopt(f"{names}{USER}hidden = Halved()\n")
    assert "from keras.ops import square as quarter\n" in text
    assert outputs_of(text).shape == (4, 1)
