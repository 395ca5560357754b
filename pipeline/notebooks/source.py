"""The calling notebook, with the cells that have been executed."""

import json
import sys
from typing import Any

from pipeline.redaction import without_password

FILE = "notebook.ipynb"  # in the record of a run


def executed() -> str | None:
    """The executed cells in their order, as a notebook of Jupyter. None outside of IPython.

    They come from the kernel: the user's file may be unsaved, and may hold cells that never ran.
    Passwords in URLs and secrets of the environment are removed.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None:
        return None
    cells = shell.history_manager.input_hist_raw[1:]  # the first is empty
    notebook = {
        "cells": [_cell(number, text) for number, text in enumerate(cells, start=1)],
        "metadata": {"language_info": {"name": "python"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(notebook, indent=1) + "\n"


def _cell(number: int, text: str) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": number,
        "id": f"cell-{number}",
        "metadata": {},
        "outputs": [],
        "source": without_password(text).splitlines(keepends=True),
    }
