"""The code that a reference reaches, and its digest."""

from importlib.metadata import version
from pathlib import Path

import pytest

from pipeline.own.closure import Closure, closure_of
from pipeline.own.references import reference
from tests.support import refusals


@pytest.fixture(autouse=True)
def _folder(in_empty_folder):
    write("mine.py", "import keras\nimport near\n\ndef build():\n    from nets.deep import net\n")
    write("near.py", "import os\nSIZE = 3\n")
    write("unused.py", "")
    write("nets/__init__.py", "")
    write("nets/deep.py", "from . import blocks\nnet = 1\n")
    write("nets/blocks.py", "import scipy\n")


def write(name: str, text: str) -> None:
    Path(name).parent.mkdir(exist_ok=True)
    Path(name).write_text(text)


def closure(text: str = "mine.py:build") -> Closure:
    return closure_of([reference(text, key="model.build")], key="model.build")


def refusal(text: str = "mine.py:build") -> str:
    return refusals.refusal(closure, text)


def test_closure_follows_local_imports():
    files = ["mine.py", "near.py", "nets/__init__.py", "nets/blocks.py", "nets/deep.py"]
    assert sorted(closure().digests) == files


def test_installed_packages_count_by_version():
    assert closure().identity["packages"] == {"keras": version("keras"), "scipy": version("scipy")}
    named = closure("scipy.special:expit").identity
    assert named == {"files": {}, "packages": {"scipy": version("scipy")}}


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("import os\nSIZE = 4\n", True),
        ("import os\nSIZE = 3  # a comment\n", False),
        ('"""A docstring."""\n\nimport os\n\n\nSIZE = 3\n', False),
    ],
)
def test_digest_is_that_of_what_the_code_does(text, changes):
    before = closure().identity
    write("near.py", text)
    assert (closure().identity != before) is changes


def test_module_of_the_house_is_noted():
    write("mine.py", "from pipeline.models.seeds import derived_seed\n")
    assert "pipeline.models.seeds" in closure().house


def test_relative_import_out_of_a_package_is_refused():
    write("mine.py", "from . import near\n")
    assert refusal() == (
        "model.build names mine.py, but its relative import leads out of its package. "
        "Received: mine.py. Put an empty __init__.py into each folder of the package of mine.py, "
        "or import without a leading dot."
    )


def test_invalid_python_is_refused_with_its_line():
    write("near.py", "x = 1\ny = (\n")
    assert refusal() == (
        "model.build names near.py, but this file is not valid Python. "
        "Received: '(' was never closed in line 2."
    )


@pytest.mark.parametrize("name", ["keras", "types", "pipeline"])
def test_name_of_an_installed_module_is_refused(name):
    write(f"{name}.py", "def build(): pass\n")
    assert refusal(f"{name}.py:build") == (
        f"model.build names {name}.py, but an installed module has the name {name}, too. "
        f"Received: {name}. Rename the file."
    )


def test_two_files_of_one_name_are_refused():
    write("a/mine.py", "")
    whole = closure("a/mine.py:x")
    assert refusals.refusal(whole.add, closure(), key="training.loss") == (
        "training.loss names mine.py, but a/mine.py has the same name. Received: mine. "
        "Rename one of the files."
    )


def test_two_files_of_one_name_are_refused_in_one_closure():
    write("a/mine.py", "")
    named = [reference(text, key="model.build") for text in ("mine.py:build", "a/mine.py:x")]
    assert refusals.refusal(closure_of, named, key="model.build") == (
        "model.build names a/mine.py, but mine.py has the same name. Received: mine. "
        "Rename one of the files."
    )


def test_file_may_be_imported_by_two_names():
    write("a/own.py", "import part\nimport a.part\n")
    write("a/part.py", "")
    assert closure("a/own.py:x").files == {
        "own": "a/own.py",
        "part": "a/part.py",
        "a.part": "a/part.py",
    }


def test_link_out_of_the_repository_is_not_followed(tmp_path_factory):
    outside = tmp_path_factory.mktemp("elsewhere") / "near.py"
    outside.write_text("")
    Path("near.py").unlink()
    Path("near.py").symlink_to(outside)
    assert "names a file outside of this repository. Received: near.py" in refusal()
