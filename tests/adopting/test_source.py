"""The code of scripts and notebooks."""

import json

import pytest

from pipeline.adopting.refusal import AdoptionError
from pipeline.adopting.script import record
from pipeline.adopting.source import runnable
from tests.support import pinned_threads as pinned  # noqa: F401
from tests.support.refusals import refusal


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        sources = [{"cell_type": "code", "source": one.splitlines(keepends=True)} for one in cells]
        heading = {"cell_type": "markdown", "source": "# Title"}
        path = tmp_path / "train.ipynb"
        path.write_text(json.dumps({"cells": [heading, *sources]}), encoding="utf-8")
        return path

    return write


def code(path):
    with runnable(path) as source:
        return source.file.read_text(encoding="utf-8")


def test_script_runs_where_it_lies(tmp_path):
    with runnable(tmp_path / "train.py") as source:
        assert source.file == tmp_path / "train.py"
        assert source.place(3) == "line 3"


def test_cells_of_a_notebook_follow_each_other(notebook):
    assert code(notebook("a = 1", "b = 2\nc = 3")) == "a = 1\nb = 2\nc = 3"


@pytest.mark.parametrize(
    ("cell", "python"),
    [
        ("!pip install keras\nx = 1", "pass\nx = 1"),
        ("%matplotlib inline", "pass"),
        ("if x:\n    !ls", "if x:\n    pass"),
        ("%%time\nx = 1", "pass\nx = 1"),
        ("%%bash\nls", "\n"),
        ("x = (7\n% 2)", "x = (7\n% 2)"),
    ],
)
def test_lines_for_jupyter_are_left_out(notebook, cell, python):
    assert code(notebook(cell)) == python


def test_place_names_the_cell(notebook):
    with runnable(notebook("a = 1\nb = 2", "c = 3", "d = 4\ne = 5")) as source:
        places = [source.place(line) for line in (2, 3, 5)]
    assert places == ["line 2 of code cell 1", "line 1 of code cell 2", "line 2 of code cell 3"]


def test_failing_cell_is_named(notebook):
    message = refusal(record, notebook("a = 1", "b = 2\n1 / 0"), error=AdoptionError)
    assert "fails before it calls fit, in line 2 of code cell 2. Received: ZeroDiv" in message


def test_other_file_is_no_notebook(tmp_path):
    (tmp_path / "train.ipynb").write_text("{}", encoding="utf-8")
    message = refusal(record, tmp_path / "train.ipynb", error=AdoptionError)
    assert message.endswith(
        "train.ipynb is not a notebook of Jupyter. Received: KeyError: 'cells'. Save it as .ipynb "
        "of version 4, or as a Python script."
    )
