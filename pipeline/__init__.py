"""Keras experiments, from the download of the data to the tested model.

The modules directly in this package are the commands and what all of them share.
The packages below hold the rest, one subject each; CONTRIBUTING.md describes them.

    pipeline.load("flats").predict(pandas.read_csv("new.csv"))

`load` is that of `pipeline.serving.loading`. It is imported when it is first used, so commands such
as `fetch` do not load TensorFlow.
"""

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    if name == "load":
        return import_module(f"{__name__}.serving.loading").load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
