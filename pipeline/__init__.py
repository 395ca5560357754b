"""Keras experiments, from the download of the data to the tested model.

The modules directly in this package are the commands and what all of them share.
The packages below hold the rest, one subject each; CONTRIBUTING.md describes them.

    pipeline.run("digits_cnn", epochs=3).history
    pipeline.runs("digits_cnn")
    pipeline.compose("digits_cnn")
    pipeline.load("flats").predict(pandas.read_csv("new.csv"))

These functions are imported when they are first used, so commands such as `fetch` do not load
TensorFlow.
"""

import sys
from importlib import import_module
from types import ModuleType
from typing import Any

_FUNCTIONS = {
    "compose": "notebooks.settings",
    "load": "serving.loading",
    "run": "notebooks.training",
    "runs": "notebooks.table",
}
_ALSO_MODULES = ("compose", "runs")


class _Function(ModuleType):
    """A module with the name of a function. It can be called like that function."""

    def __call__(self, *arguments: Any, **settings: Any) -> Any:
        return _function(self.__name__.rpartition(".")[2])(*arguments, **settings)


class _Package(ModuleType):
    """This package. It makes `compose` and `runs` callable when they are imported."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name in _ALSO_MODULES and isinstance(value, ModuleType):
            value.__class__ = _Function
        super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package


def _function(name: str) -> Any:
    return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)


def __dir__() -> list[str]:
    """The names that a notebook suggests after `pipeline.`."""
    return list(_FUNCTIONS)


def __getattr__(name: str) -> Any:
    if name in _ALSO_MODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return _function(name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
