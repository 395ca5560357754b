"""The folder in which a run is made again. It holds only the commit with its patch."""

import shutil
import time
from contextlib import suppress
from pathlib import Path

from pipeline.errors import PipelineError
from pipeline.layout import NO_CODE, reproduction
from pipeline.reproducing.original import Original
from pipeline.runs.git_commands import GitCommands, GitError

_SECONDS = 600.0  # for git
_READY = ".ready"  # is written last, so a folder without it is incomplete


def folder_of(original: Original) -> Path:
    """The folder of the work tree of a run."""
    return reproduction(original.run_id) / "work"


def check_out(original: Original) -> Path:
    """Writes the code of a run to its folder, unless an earlier call did.

    The code of a run without a repository is that of this project.

    Raises:
        PipelineError: the commit is not in this repository, or the patch does not apply.
    """
    folder = folder_of(original)
    if (folder / _READY).is_file():
        return folder
    remove(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    if original.lineage["git"] is None:
        _copy(folder)
    else:
        _of_commit(original, folder)
    (folder / _READY).touch()
    return folder


def remove(folder: Path) -> None:
    """Removes a work tree."""
    if not folder.exists():
        return
    shutil.rmtree(folder)
    with suppress(GitError):  # without a repository, there is no list of work trees
        _git().run("worktree", "prune")


def _git(folder: Path = Path()) -> GitCommands:
    return GitCommands(folder.resolve(), time.monotonic() + _SECONDS)


def _of_commit(original: Original, folder: Path) -> None:
    commit = original.lineage["git"]["commit"]
    try:
        top = Path(_git().run("rev-parse", "--show-toplevel").decode().removesuffix("\n"))
        _git().run("cat-file", "-e", f"{commit}^{{commit}}")
    except GitError as error:
        raise PipelineError(
            f"this repository does not have the commit of the run, {commit}",
            received=error,
            expected="Fetch it, for example with: git fetch --all",
        ) from None
    inside = Path().resolve().relative_to(top.resolve())
    if inside != Path():
        raise PipelineError(
            "the project is a folder inside of its Git repository",
            received=inside,
            expected="Clone the repository, and run the command in its top folder",
        )
    try:
        _git().run("worktree", "add", "--force", "--detach", str(folder), commit)
        if any(not line.startswith(b"#") for line in original.patch.splitlines()):
            _git(folder).run("apply", "--binary", "--whitespace=nowarn", "-", data=original.patch)
    except GitError as error:
        remove(folder)
        raise PipelineError("checking out the code of the run failed", received=error) from None


def _copy(folder: Path) -> None:
    """Copies the project without data and results."""
    left_out = {path.resolve() for path in NO_CODE}

    def ignored(where: str, names: list[str]) -> list[str]:
        paths = [Path(where, name) for name in names]
        return [
            path.name
            for path in paths
            if path.resolve() in left_out
            or path.name == "__pycache__"
            or (path / "pyvenv.cfg").exists()
        ]

    shutil.copytree(Path(), folder, ignore=ignored, symlinks=True)
