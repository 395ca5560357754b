"""The folder of the project, for a notebook that lies somewhere inside it."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.layout import CONF, PARAMS


@contextlib.contextmanager
def at_root() -> Iterator[Path]:
    """Makes the root of the project the current folder, because all paths are relative to it.

    Raises:
        PipelineError: the current folder is outside of a project.
    """
    here = Path.cwd()
    root = next((folder for folder in (here, *here.parents) if _is_root(folder)), None)
    if root is None:
        raise PipelineError(
            f"this folder is not inside a project with {CONF}/ and {PARAMS}",
            received=here,
            expected="Change into the folder of the project with os.chdir, or move the notebook",
        )
    with contextlib.chdir(root):
        yield root


def _is_root(folder: Path) -> bool:
    return (folder / CONF).is_dir() and (folder / PARAMS).is_file()
