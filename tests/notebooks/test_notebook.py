"""Executes the notebook of docs/notebooks/. Jupyter is not among the pinned packages."""

import numpy as np

from tests.support import ROOT, notebooks
from tests.support.notebooks import Kernel, cells_of

NOTEBOOK = ROOT / "docs/notebooks/iris.ipynb"


def test_cells_of_the_notebook_give_their_results(in_project):
    kernel = Kernel()
    _, settings, _, history, curves, table, accuracy, confusion, classes = (
        kernel.run(cell)[1] for cell in cells_of(NOTEBOOK)
    )
    assert settings["epochs"] == 30
    assert list(history.index) == [28, 29, 30]
    assert list(curves) == ["learning_curves"]
    assert table["optimizer.learning_rate"].tolist()[:2] == [0.2, 0.02]
    assert accuracy["value"] == 1
    assert confusion.png.startswith(b"\x89PNG")
    assert np.array_equal(classes, ["setosa", "not setosa"])


def test_executor_loads_tensorflow_without_its_messages(monkeypatch):
    loaded = []
    monkeypatch.setattr(notebooks.backend, "load", lambda: loaded.append("TensorFlow"))
    monkeypatch.setattr("sys.argv", ["notebooks"])
    notebooks.main()
    assert loaded == ["TensorFlow"]
