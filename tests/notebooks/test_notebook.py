"""Executes the notebook of docs/notebooks/.

Its cells run in order in one namespace, as in a kernel. Jupyter is not among the pinned packages.
"""

import ast
import json
from typing import Any

import numpy as np

from tests.support import ROOT

NOTEBOOK = ROOT / "docs/notebooks/iris.ipynb"


def executed() -> list[Any]:
    """The value of the last line of each cell, as Jupyter displays it."""
    namespace: dict[str, Any] = {}
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    sources = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    return [_value(source, namespace) for source in sources]


def _value(source: str, namespace: dict[str, Any]) -> Any:
    *lines, last = ast.parse(source).body
    exec(compile(ast.Module(lines, []), "cell", "exec"), namespace)
    if isinstance(last, ast.Expr):
        return eval(compile(ast.Expression(last.value), "cell", "eval"), namespace)
    exec(compile(ast.Module([last], []), "cell", "exec"), namespace)
    return None


def test_cells_of_the_notebook_give_their_results(in_project):
    _, settings, _, history, curves, table, accuracy, confusion, classes = executed()
    assert settings["epochs"] == 30
    assert list(history.index) == [28, 29, 30]
    assert list(curves) == ["learning_curves"]
    assert table["optimizer.learning_rate"].tolist()[:2] == [0.2, 0.02]
    assert accuracy["value"] == 1
    assert confusion.png.startswith(b"\x89PNG")
    assert np.array_equal(classes, ["setosa", "not setosa"])
