"""The folder of a run. All processes that train the run use it, one at a time.

It is `mlruns/checkpoints/<run_key>/`:

000001.checkpoint …      the last two checkpoints, until the run is finished
kept/000900.checkpoint   those after every `checkpoint.keep_every` epochs, by their step
snapshots/               the models of the steps in `training.evaluate_at`, until it is finished
result/                  of a finished run: model, history, snapshots and ids
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
from pipeline.runs.result import SNAPSHOTS

KEPT = "kept"
_CHECKPOINTS = 2


def kept_file(folder: Path, step: int) -> Path:
    """The path of the checkpoint that stays for a step, in the folder of a run."""
    return folder / KEPT / f"{step:06d}.checkpoint"


def kept_steps(folder: Path) -> list[int]:
    """The steps with a kept checkpoint, in order."""
    return sorted(int(file.stem) for file in (folder / KEPT).glob("[0-9]*.checkpoint"))


class RunFolder:
    """The folder of one run. Only this process uses it.

    Args:
        lasting: whether it outlives the process.
    """

    def __init__(self, path: Path, *, lasting: bool) -> None:
        self.path = path
        self.lasting = lasting
        self.result = path / "result"

    @property
    def finished(self) -> bool:
        """Whether the training has ended and its result is recorded."""
        return self.result.is_dir() and not self._checkpoints()

    @property
    def is_new(self) -> bool:
        """Whether it holds nothing of a training: neither a result nor checkpoints."""
        return not self.result.is_dir() and not self._checkpoints()

    def latest(self) -> Checkpoint | None:
        """Reads the newest undamaged checkpoint; None if there are no checkpoints.

        Warns about damaged ones on stderr, and removes them if an earlier one is undamaged.

        Raises:
            StoreError: all checkpoints are damaged.
        """
        files = self._checkpoints()
        damaged: list[Path] = []
        for file in reversed(files):
            try:
                latest = checkpoint.read(file)
            except DamagedCheckpointError as error:
                log(f"warning: {error} Trying the one before it.")
                damaged.append(file)
                continue
            for one in damaged:
                one.unlink()
            return latest
        if files:
            raise StoreError(
                f"all checkpoints in {self.path} are damaged",
                received=", ".join(file.name for file in files),
                expected="Restore an undamaged copy, or train from scratch with: force=true",
            )
        return None

    def save(self, state: Checkpoint) -> None:
        """Writes a checkpoint, then removes all but the last two."""
        files = self._checkpoints()
        number = int(files[-1].stem) + 1 if files else 1
        checkpoint.write(state, self.path / f"{number:06d}.checkpoint")
        for file in files[: 1 - _CHECKPOINTS]:
            file.unlink()

    def keep(self, state: Checkpoint) -> None:
        """Writes a checkpoint that stays when the run is finished."""
        checkpoint.write(state, kept_file(self.path, state.facts["step"]))

    def end(self) -> None:
        """Removes what a finished run no longer needs."""
        for file in self._checkpoints():
            file.unlink()
        # Only after the checkpoints, because they refer to the snapshots.
        shutil.rmtree(self.path / SNAPSHOTS, ignore_errors=True)

    def clear(self) -> None:
        """Removes everything but the lock."""
        self.end()
        shutil.rmtree(self.result, ignore_errors=True)
        shutil.rmtree(self.path / KEPT, ignore_errors=True)

    def _checkpoints(self) -> list[Path]:
        """The files of checkpoints, oldest first."""
        numbered = (file for file in self.path.glob("*.checkpoint") if file.stem.isdecimal())
        return sorted(numbered, key=lambda file: int(file.stem))


@contextmanager
def held(path: Path, *, wait: bool = False) -> Iterator[RunFolder]:
    """Locks the folder of a run until the block, or this process, ends.

    Args:
        wait: waits for another process that holds it, instead of raising an error.

    Raises:
        PipelineError: another process holds it.
    """
    with locked(path, "trains this run", wait=wait):
        for leftover in (*path.glob(".*.checkpoint"), *path.glob(f"{KEPT}/.*.checkpoint")):
            leftover.unlink()  # a process was killed while it wrote this file
        yield RunFolder(path, lasting=True)


@contextmanager
def temporary() -> Iterator[RunFolder]:
    """Creates a folder, and removes it when the block ends."""
    with TemporaryDirectory() as path:
        yield RunFolder(Path(path), lasting=False)
