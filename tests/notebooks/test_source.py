"""The notebook that a run carries, as IPython hands it over."""

import json
import sys
from types import SimpleNamespace

import mlflow
import pytest

import pipeline
from pipeline.notebooks.source import executed

CELLS = ["import pipeline\n", "%time 1\nprint('ü')", "url = 'https://me:secret@host/x'"]


@pytest.fixture
def shell(monkeypatch):
    """What IPython gives in a kernel: the text of the cells, after an empty one."""
    history = SimpleNamespace(input_hist_raw=["", *CELLS])
    kernel = SimpleNamespace(history_manager=history)
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: kernel))


def test_there_is_no_notebook_outside_of_ipython():
    assert executed() is None


def test_notebook_has_the_executed_cells(shell):
    notebook = json.loads(executed())
    sources = ["".join(cell["source"]) for cell in notebook["cells"]]
    assert sources == [*CELLS[:2], "url = 'https://host/x'"]
    assert [cell["execution_count"] for cell in notebook["cells"]] == [1, 2, 3]
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)


def test_run_of_a_notebook_carries_it(shell, in_project):
    run = pipeline.run("iris_logistic", epochs=1, xla=False)
    text = mlflow.artifacts.load_text(f"runs:/{run.run_id}/notebook.ipynb")
    assert text == executed()
