"""The folder that a run keeps between the processes that train it: `mlruns/checkpoints/<run_key>/`.

000001.checkpoint …      the last two checkpoints, until the run is finished
snapshots/               the models of the steps `evaluate_at`
result/                  a finished run: model, history, snapshots and what it is known by
lock                     held by the process that trains the run
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from pipeline.console import log
from pipeline.errors import StoreError
from pipeline.locks import locked
from pipeline.runs import checkpoint
from pipeline.runs.checkpoint import Checkpoint, DamagedCheckpointError

_KEPT = 2


class RunFolder:
    """One run's folder, held by this process alone; `lasting` unless it is gone with the process."""

    def __init__(self, path: Path, *, lasting: bool) -> None:
        self.path = path
        self.lasting = lasting
        self.snapshots = path / "snapshots"
        self.result = path / "result"

    @property
    def finished(self) -> bool:
        """Whether the run came to its end and was recorded."""
        return self.result.is_dir() and not self._checkpoints()

    def latest(self) -> Checkpoint | None:
        """The newest checkpoint that is whole, or None where none was ever written.

        A damaged one is told on stderr and removed, if one before it is whole.

        Raises:
            StoreError: there are checkpoints, and all of them are damaged.
        """
        files = self._checkpoints()
        damaged: list[Path] = []
        for file in reversed(files):
            try:
                found = checkpoint.read(file)
            except DamagedCheckpointError as error:
                log(f"warning: {error} The one before it is tried.")
                damaged.append(file)
                continue
            for one in damaged:
                one.unlink()
            return found
        if files:
            raise StoreError(
                f"no checkpoint in {self.path} can be read",
                received=", ".join(file.name for file in files),
                expected="Put back a whole copy, or train from the beginning with: force=true",
            )
        return None

    def save(self, state: Checkpoint) -> None:
        """Commits a checkpoint, then removes all but the last two."""
        files = self._checkpoints()
        number = int(files[-1].stem) + 1 if files else 1
        checkpoint.write(state, self.path / f"{number:06d}.checkpoint")
        for file in files[: 1 - _KEPT]:
            file.unlink()

    def end(self) -> None:
        """Removes what a finished run needs no more."""
        for file in self._checkpoints():
            file.unlink()
        shutil.rmtree(self.snapshots, ignore_errors=True)  # after the checkpoints, which want them

    def clear(self) -> None:
        """Forgets the run."""
        self.end()
        shutil.rmtree(self.result, ignore_errors=True)

    def _checkpoints(self) -> list[Path]:
        """In the order they were written."""
        numbered = (file for file in self.path.glob("*.checkpoint") if file.stem.isdecimal())
        return sorted(numbered, key=lambda file: int(file.stem))


@contextmanager
def held(path: Path, *, wait: bool = False) -> Iterator[RunFolder]:
    """Holds the folder of a run until the block, or this process, ends.

    Args:
        wait: for another process that holds it, instead of refusing.

    Raises:
        PipelineError: another process holds it.
    """
    with locked(path, "trains this very run", wait=wait):
        for left in path.glob(".*.checkpoint"):
            left.unlink()  # of a process that was killed while it wrote
        yield RunFolder(path, lasting=True)


@contextmanager
def temporary() -> Iterator[RunFolder]:
    """A folder that is gone when the block ends."""
    with TemporaryDirectory() as path:
        yield RunFolder(Path(path), lasting=False)
