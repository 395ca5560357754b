"""Splits that exist only while they are trained on."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from pipeline.config.data import Data
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from pipeline.data.raw import Raw
from pipeline.errors import PipelineError
from pipeline.files import scratch_folder
from pipeline.layout import PREPARED


@contextmanager
def temporary_splits() -> Iterator[Callable[[Data], Path]]:
    """Yields a function that prepares a split, and deletes all of its splits after the block.

    The function returns the folder of prepared data variants that holds the split. It is next to
    the prepared data.
    """
    with ExitStack() as stack:
        roots: dict[str, Path] = {}
        folders: list[Path] = []

        def prepare_split(data: Data) -> Path:
            if data.name not in roots:
                roots[data.name] = stack.enter_context(scratch_folder(PREPARED / data.name))
            folder = roots[data.name] / str(len(folders))
            prepare(data, root=folder)
            folders.append(folder)
            return folder

        yield prepare_split


def require_same_source(raw: Raw, meta: Meta) -> None:
    """Checks that a data variant was prepared from the files that a split would come from.

    Raises:
        PipelineError: the files have changed since.
    """
    if raw.digests != meta.source_digests:
        raise PipelineError(
            f"{raw.folder} has changed since {PREPARED / meta.name} was prepared from it",
            expected=f"Prepare the data again with: dvc repro prepare@{meta.name}",
        )
