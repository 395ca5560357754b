"""Imports of the user's own code: always what the file holds now, and known to Keras."""

from pathlib import Path

import keras
import pytest

from pipeline.own import loading
from pipeline.own.references import reference
from tests.support import refusals

LAYER = """import keras

class Scale(keras.layers.Layer):
    pass

def twice(x):
    return 2 * x
"""


@pytest.fixture(autouse=True)
def _folder(in_empty_folder):
    write(
        "mine.py", "from near import SIZE\n\ndef size():\n    import near\n    return near.SIZE\n"
    )
    write("near.py", "SIZE = 3\n")


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)


def load(text: str):
    return loading.load(reference(text, key="model.build"), key="model.build")


def test_edit_of_an_imported_file_counts_at_once():
    assert load("mine.py:size")() == 3
    write("near.py", "SIZE = 4\n")
    assert load("mine.py:size")() == 4


def test_edit_in_a_namespace_folder_counts_at_once():
    write("mine.py", "from nets import sizes\n\ndef size():\n    return sizes.SIZE\n")
    for size in (3, 4):
        write("nets/sizes.py", f"SIZE = {size}\n")
        assert load("mine.py:size")() == size


def test_unchanged_file_is_imported_once():
    assert load("mine.py:size") is load("mine.py:size")


def test_two_functions_share_a_module():
    write("near.py", "class Size: pass\n")
    for name in ("one", "two"):
        write(f"{name}.py", "import near\n\ndef size():\n    return near.Size\n")
    one, two = load("one.py:size"), load("two.py:size")
    assert one() is two() is load("one.py:size")()


def test_same_names_elsewhere_are_another_module(tmp_path):
    assert load("mine.py:size")() == 3
    other = tmp_path / "copy"
    other.mkdir()
    for name, text in (("near.py", "SIZE = 5\n"), ("mine.py", Path("mine.py").read_text())):
        (other / name).write_text(text)
    one = loading.load(reference("mine.py:size", key="k"), key="k", base=other)
    assert one() == 5


@pytest.mark.parametrize("name", ["my-model.py", "nets/deep.py", "packed/inner/deep.py"])
def test_any_place_of_a_file_is_imported(name):
    write("packed/__init__.py", "")
    write("packed/shared.py", "SIZE = 7\n")
    Path(name).parent.mkdir(exist_ok=True, parents=True)
    write(name, "SIZE = 7\n")
    if name.startswith("packed"):
        write("packed/inner/__init__.py", "")
        write(name, "from ..shared import SIZE\n")
    assert load(f"{name}:SIZE") == 7


def test_classes_and_functions_are_registered_with_their_file():
    write("nets/mine.py", LAYER)
    scale, twice = load("nets/mine.py:Scale"), load("nets/mine.py:twice")
    assert keras.saving.get_registered_name(scale) == "nets/mine.py>Scale"
    assert keras.saving.get_registered_name(twice) == "nets/mine.py>twice"


def test_failing_import_names_the_line():
    write("near.py", "SIZE = 3\nSIZE.gone\n")
    assert refusals.refusal(load, "mine.py:size") == (
        "model.build names mine.py, but its import fails. Received: AttributeError: "
        "'int' object has no attribute 'gone' (near.py, line 2). Correct mine.py. PIPELINE_DEBUG=1 "
        "shows the traceback."
    )
    write("near.py", "SIZE = 3\n")
    assert load("mine.py:size")() == 3


def test_missing_name_is_refused():
    assert refusals.refusal(load, "mine.py:gone") == (
        "model.build names gone, but mine.py does not define it. Received: mine.py:gone."
    )
