"""Finds the project when a command starts in one of its subfolders."""

import os
import shlex
import sys
from pathlib import Path

from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.layout import CONF, PARAMS


def enter() -> None:
    """Changes to the root of the project, if the current folder is inside it."""
    if (root := _root_above()) is not None:
        os.chdir(root)
        log(f"in {root}")


def require_root() -> None:
    """Refuses a subfolder, because a path on the command line could mean two files.

    Raises:
        PipelineError: the current folder is inside the project.
    """
    if (root := _root_above()) is not None and not {"-h", "--help"} & set(sys.argv):
        raise PipelineError(
            "this command takes paths, so it runs in the root of the project",
            received=Path.cwd(),
            expected=f"Change the folder first: cd {shlex.quote(os.path.relpath(root))}",
        )


def _root_above() -> Path | None:
    """The nearest project above the current folder. None if there is none, or if this is one."""
    here = Path.cwd()
    if _is_root(here):
        return None
    return next((folder for folder in here.parents if _is_root(folder)), None)


def _is_root(folder: Path) -> bool:
    return (folder / CONF / "config.yaml").is_file() and (folder / PARAMS).is_file()
