"""Sets up what a run needs to be made again: its code, its data and its environment."""

import sys
from dataclasses import dataclass

from pipeline.config import resolved_file
from pipeline.config.values import to_yaml
from pipeline.console import log
from pipeline.errors import PipelineError
from pipeline.files import write_text
from pipeline.layout import CONFIGS
from pipeline.reproducing import data, installing, packages, worktree
from pipeline.reproducing.data import PlacedData
from pipeline.reproducing.original import Original
from pipeline.reproducing.process import Commands, differing_variables

# The second run has its own store in the work tree. These settings do not change the bits.
_OWN_RECORD = {"tracking": {"store": "mlflow", "log_model": False}}


@dataclass(frozen=True)
class Options:
    """The environment in which to make a run again.

    Args:
        allow_environment: allows other versions of packages than those of the run.
        install: installs the packages of the run into an environment of its own.
    """

    allow_environment: bool = False
    install: bool = False


@dataclass(frozen=True)
class SetUp:
    """A work tree in which a run can be made again.

    Args:
        commands: runs commands there.
        data: where its data come from.
    """

    commands: Commands
    data: PlacedData

    def remove(self) -> None:
        """Removes the work tree and its environment."""
        worktree.remove(self.commands.folder)
        installing.remove(self.commands.folder)


def set_up(original: Original, options: Options) -> SetUp:
    """Sets up the work tree of a run. After a kill, the same call resumes.

    Raises:
        PipelineError: the code, the data or the packages of the run are missing.
    """
    if not (options.install or options.allow_environment):
        _require_packages(original)
    folder = worktree.check_out(original)
    python = installing.environment_of(folder) if options.install else sys.executable
    commands = Commands(folder, original.identity["environment"], python)
    for line in differing_variables(original.identity["environment"]):
        log(f"{original.name}: {line}; the work tree has the value of the run")
    data.place_weights(original, folder)
    placed = data.place(original, folder, commands)
    settings = {**original.identity["settings"], **_OWN_RECORD}
    path = folder / CONFIGS / f"{original.name}.yaml"
    write_text(path, resolved_file.sealed(to_yaml(settings)))
    return SetUp(commands, placed)


def _require_packages(original: Original) -> None:
    differing = packages.differing(original)
    if differing:
        raise PipelineError(
            "packages that can change the result have other versions than in the run",
            received="; ".join(packages.in_words(differing)),
            expected="Install the packages of the run with: --install, "
            "or use these with: --allow-environment",
        )
