"""Signatures of the user's own functions, read without an import."""

from pathlib import Path

import pytest

from pipeline.own.definitions import is_class, parameters, require_arguments
from pipeline.own.references import reference
from tests.support import refusals
from tests.support.modules import loaded_by

TEXT = """
from functools import partial

from others import imported
import keras
import base_classes as parents


def build(shape, outputs, width=8, *, depth, seed=0):
    raise RuntimeError("it is never called")


def open_ended(shape, outputs, **settings):
    pass


class Own:
    def __init__(self, rate, decay=0.5):
        pass


class Child(parents.Parent):
    pass


class Tilted(keras.losses.Huber):
    pass


class Net(keras.Model):
    pass


if True:
    def inside_if(a):
        pass

half = partial(build, width=4)
"""


@pytest.fixture(autouse=True)
def _files(in_empty_folder):
    Path("mine.py").write_text(TEXT)
    Path("others.py").write_text("def imported(x, y=1): pass\n")
    Path("base_classes.py").write_text("class Parent:\n    def __init__(self, size): pass\n")


def of(name: str):
    return parameters(reference(f"mine.py:{name}", key="k"), key="k")


def require(name: str, arguments=None, **settings):
    named = reference(f"mine.py:{name}", key="model.build")
    require_arguments("model.arguments", named, arguments or {}, **settings)


def refusal(*args, **settings) -> str:
    return refusals.refusal(require, *args, **settings)


@pytest.mark.parametrize(
    ("name", "names", "required"),
    [
        ("build", ["shape", "outputs", "width", "depth", "seed"], ["shape", "outputs", "depth"]),
        ("imported", ["x", "y"], ["x"]),
        ("Own", ["rate", "decay"], ["rate"]),
        ("Child", ["size"], ["size"]),
        ("Tilted", ["delta", "reduction", "name", "dtype"], []),
        ("inside_if", ["a"], ["a"]),
    ],
)
def test_parameters_are_those_of_the_source(name, names, required):
    found = of(name)
    assert (list(found.names), list(found.required)) == (names, required)


@pytest.mark.parametrize(
    ("line", "name"),
    [("from .parts import Parent", "size"), ("from ..parts import Parent", "width")],
)
def test_parent_may_be_in_a_package(line, name):
    for folder, own in (("nets", "width"), ("nets/deep", "size")):
        Path(folder).mkdir()
        Path(folder, "__init__.py").touch()
        text = f"class Parent:\n    def __init__(self, {own}): pass\n"
        Path(folder, "parts.py").write_text(text)
    Path("nets/deep/net.py").write_text(f"{line}\n\nclass Net(Parent):\n    pass\n")
    found = parameters(reference("nets/deep/net.py:Net", key="k"), key="k")
    assert found is not None
    assert list(found.names) == [name]


def test_name_that_is_imported_in_a_circle_is_unknown():
    Path("mine.py").write_text("from others import build\n")
    Path("others.py").write_text("from mine import build\n")
    assert of("build") is None


def test_class_may_have_the_name_of_its_parent():
    Path("mine.py").write_text("from base_classes import Parent\n\nclass Parent(Parent): pass\n")
    assert of("Parent") is None


def test_unknown_signature_allows_every_argument():
    assert of("half") is None
    require("half", {"anything": 1})
    require("open_ended", {"anything": 1}, by_position=2)


def test_unknown_argument_names_the_allowed():
    assert refusal("build", {"depht": 3}, by_position=2) == (
        "model.arguments.depht is not an argument of mine.py:build that a setting gives. "
        "Received: depht. Did you mean depth? Allowed: depth, seed, width."
    )


def test_missing_argument_is_named():
    assert refusal("build", {"width": 3}, by_position=2, supplied=["seed"]) == (
        "model.arguments lacks an argument that mine.py:build needs: depth. "
        "Received: {'width': 3}. Allowed: width, depth."
    )


def test_supplied_argument_is_not_a_setting():
    assert "shape is not an argument" in refusal("build", {"shape": [2], "depth": 1}, by_position=2)


def test_function_without_arguments_by_position_is_refused():
    assert refusal("inside_if", by_position=2) == (
        "model names a function that takes too few arguments by position: 1. "
        "Received: mine.py:inside_if(a). Expected: 2 or more."
    )


def test_missing_name_lists_the_defined():
    assert refusals.refusal(of, "buidl") == (
        "k names buidl, but mine.py does not define it. Received: mine.py:buidl. "
        "Did you mean build? Allowed: Child, Net, Own, Tilted, build, inside_if, open_ended."
    )


def test_classes_and_functions_are_distinguished():
    names = ("Own", "Tilted", "build", "half")
    kinds = [is_class(reference(f"mine.py:{name}", key="k")) for name in names]
    assert kinds == [True, True, False, None]


def test_signature_of_keras_needs_no_tensorflow():
    code = (
        "from pipeline.own.definitions import parameters; "
        "from pipeline.own.references import reference; "
        "one = parameters(reference('keras.losses:Huber', key='k'), key='k'); "
        "assert one.names[0] == 'delta'"
    )
    assert not {"keras", "tensorflow"} & loaded_by(code)
