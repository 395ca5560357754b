"""A script runs, and what it gives to Keras is recorded."""

from pathlib import Path

import keras
import numpy as np
import pytest

from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.script import record
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.raw_sources import table, write_source
from tests.support.refusals import refusal

HEAD = """
import keras, numpy as np
x, y = np.arange(12.0).reshape(6, 2), np.array([0, 1, 0, 1, 0, 1])
keras.utils.set_random_seed(7)
model = keras.Sequential([keras.layers.Dense(1, activation="sigmoid")])
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
"""


@pytest.fixture
def script(tmp_path):
    def write(text: str, head: str = HEAD) -> Path:
        path = tmp_path / "train.py"
        path.write_text(head + text, encoding="utf-8")
        return path

    return write


def test_arguments_of_fit_are_recorded(script):
    recording = record(script("model.fit(x, y, 4, epochs=3)"))
    assert recording.fitted["batch_size"] == 4
    assert recording.fitted["epochs"] == 3
    assert recording.compiled["loss"] == "binary_crossentropy"
    assert recording.seed == 7


def test_fit_trains_nothing(script):
    recording = record(script("model.fit(x, y)"))
    assert not recording.model.built


def test_history_has_the_names_of_the_metrics(script, tmp_path):
    text = (
        "h = model.fit(x, y, epochs=2)\n"
        "assert len(h.history['val_accuracy']) == 2\n"
        "model.evaluate(x[:3], y[:3])"
    )
    assert record(script(text)).tested is not None


def test_rows_of_evaluate_are_the_test_rows(script):
    text = "model.fit(x, y)\nmodel.evaluate(x, y)\nmodel.evaluate(x[:2], y[:2])"
    recording = record(script(text))
    np.testing.assert_array_equal(recording.tested[0], [[0, 1], [2, 3]])


@pytest.mark.parametrize(
    "text", ["open('result.txt', 'w')", "model.save('m.keras')", "model.predict(x)"]
)
def test_script_ends_before_it_needs_a_trained_model(script, tmp_path, text):
    record(script(f"model.fit(x, y)\n{text}\nopen('after.txt', 'w')"))
    assert [path.name for path in tmp_path.iterdir()] == ["train.py"]


def test_script_may_fail_after_fit(script):
    assert record(script("model.fit(x, y)\nraise ValueError('no display')")).fitted


def test_another_call_of_fit_can_be_chosen(script):
    recording = record(script("model.fit(x, y)\nmodel.fit(x, y, epochs=9)"), fit=2)
    assert recording.fitted["epochs"] == 9
    assert recording.others == ["the training by call 1 of fit"]


def test_later_call_of_fit_is_named(script):
    recording = record(script("model.fit(x, y)\nmodel.fit(x, y, epochs=9)"))
    assert recording.others == ["a later call of fit; --fit 2 adopts it"]


def test_failing_script_is_refused_with_its_line(script):
    path = script("import nothing_of_this_name\nmodel.fit(x, y)", head="\n\n")
    assert refusal(record, path, error=AdoptionError) == (
        f"{path} fails before it calls fit, in line 3. Received: ModuleNotFoundError: "
        f"No module named 'nothing_of_this_name'. Correct the script until it runs with Keras "
        f"{keras.__version__}."
    )


def test_script_gets_arguments(script):
    text = "import sys\nmodel.fit(x, y, epochs=int(sys.argv[1]))"
    assert record(script(text), arguments=["7"]).fitted["epochs"] == 7


def test_script_without_its_arguments_is_refused(script):
    path = script("raise SystemExit(2)")
    assert refusal(record, path, error=AdoptionError).endswith(
        f"Received: SystemExit: 2. If it needs arguments: python -m pipeline.adopt {path} -- "
        "--epochs 5."
    )


def test_failed_download_names_the_folder(script):
    path = script("raise OSError('URL fetch failure on https://example.org/imdb.npz: None')")
    assert refusal(record, path, error=AdoptionError).endswith(
        "imdb.npz: None. Download the file in another way, and put it into ~/.keras/datasets/."
    )


def test_fit_before_compile_is_refused(script):
    text = "keras.Sequential([keras.layers.Dense(1)]).fit(x, y)"
    assert refusal(record, script(text), error=AdoptionError) == (
        "the script calls fit before compile. Call compile first, with an optimizer and a loss."
    )


def test_script_without_fit_is_refused(script):
    message = refusal(record, script(""), error=AdoptionError)
    assert "never calls fit" in message


MNIST = """
from tensorflow.keras.datasets import mnist
(x, y), (x_test, y_test) = mnist.load_data()
assert x.shape == (3, 2, 2) and x_test.shape == (1, 2, 2) and y.dtype == "uint8"
model.fit(x / 255, y)
"""


def test_bundled_images_come_from_the_source(script, in_empty_folder):
    header = "label,p0,p1,p2,p3"
    write_source(
        Path("data/raw/mnist"),
        train=table(["0,0,10,20,255", "1,5,5,5,5", "0,9,8,7,6"], header),
        test=table(["1,1,2,3,4"], header),
        target="label",
        image_shape=[2, 2, 1],
        pixel_maximum=255,
        classes=["a", "b"],
    )
    (images,) = record(script(MNIST)).bundled.loaded
    assert images.labels.tolist() == [0, 1, 0]


def test_bundled_images_without_network_name_the_source(script, in_empty_folder, monkeypatch):
    def unreachable(*_args, **_named):
        raise OSError("no network")

    monkeypatch.setattr("keras.src.datasets.mnist.get_file", unreachable)
    assert refusal(record, script(MNIST), error=AdoptionError) == (
        "keras.datasets cannot download mnist. Received: no network. Fetch the source, then adopt "
        "the script again: python -m pipeline.fetch mnist."
    )
