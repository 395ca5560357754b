"""Checks the overrides of a command line before Hydra parses them.

Hydra's parser takes a second for some thousand characters, and fails in deep brackets.
"""

import re
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path, PurePosixPath

from pipeline.config.defaults_list import require_overrides
from pipeline.errors import PipelineError

_HEADER = re.compile(r"^#\s*@package\s+_global_\s*$", re.MULTILINE)
_LONGEST = 5_000
_DEEPEST = 30
# Those with another meaning here, -m, --multirun, --help and --version, are left out.
_FLAGS_OF_HYDRA = {
    *("--cfg", "-c", "--info", "-i", "--package", "-p", "--resolve", "--hydra-help"),
    *("--config-name", "-cn", "--config-path", "-cp", "--config-dir", "-cd", "--run", "-r"),
    *("--experimental-rerun", "--shell-completion", "-sc"),
}
_LEVELS = {**dict.fromkeys("([{", 1), **dict.fromkeys(")]}", -1)}


def require_readable(overrides: Sequence[str], *, conf: Path) -> None:
    """Checks the length and nesting of overrides, and that choices name files of `conf`.

    Raises:
        PipelineError: an override is a flag, too long or nested too deeply. Or it names a file
            outside of `conf`, or an experiment with a wrong header or defaults list.
    """
    for override in overrides:
        _require_no_flag(override)
        _require_short(override)
        _require_inside(override, conf)
        _require_experiment(override, conf)


def require_none_of_hydra(overrides: Sequence[str]) -> None:
    """Refuses settings of Hydra, because they have no effect on a single training.

    Raises:
        PipelineError: an override is one of Hydra's own settings.
    """
    own = [one for one in overrides if re.match(r"[+~]*hydra[./]", one)]
    if own:
        raise PipelineError(
            "command line: settings of Hydra have no effect here",
            received=" ".join(own),
            expected="Remove them, or sweep with: python -m pipeline.sweep",
        )


def require_no_flag_of_hydra(arguments: Sequence[str]) -> None:
    """Refuses flags of Hydra, and names the command that does the same here.

    Raises:
        PipelineError: an argument is such a flag.
    """
    for argument in arguments:
        flag = argument.partition("=")[0]
        if flag in _FLAGS_OF_HYDRA:
            raise PipelineError(
                "command line: this is a flag of Hydra, and Hydra runs inside these commands",
                received=argument,
                expected='For completion: eval "$(python -m pipeline --completion bash)"'
                if flag in ("--shell-completion", "-sc")
                else "See the settings, and what sets them, with: "
                "python -m pipeline.train <experiment> --show",
            )


def _require_no_flag(override: str) -> None:
    require_no_flag_of_hydra([override])
    if override.startswith("-"):
        raise PipelineError(
            "command line: this flag does not exist",
            received=override,
            expected="See the help of the command with --help",
        )


def _require_short(override: str) -> None:
    if len(override) > _LONGEST:
        raise PipelineError(
            "command line: an override is too long",
            received=f"{override[:60]}… with {len(override):,} characters",
            expected=f"Expected: at most {_LONGEST:,}. Write longer settings into a file of conf/",
        )
    levels = max(accumulate((_LEVELS.get(character, 0) for character in override), initial=0))
    if levels > _DEEPEST:
        raise PipelineError(
            "command line: an override is nested too deeply",
            received=f"{override[:60]}… with {levels} levels of brackets",
            expected=f"Expected: at most {_DEEPEST} levels",
        )


def _require_inside(override: str, conf: Path) -> None:
    group, _, choice = override.lstrip("+~").partition("=")
    if ".." in PurePosixPath(choice).parts and (conf / group.partition("@")[0]).is_dir():
        raise PipelineError(
            "command line: a choice is outside its folder of conf/",
            received=override,
            expected=f"Name a file of {conf / group.partition('@')[0]}",
        )


def _require_experiment(override: str, conf: Path) -> None:
    """Checks what `experiment=…` names, because Hydra's errors lead elsewhere."""
    key, _, name = override.partition("=")
    if key.lstrip("+") != "experiment" or "," in name:
        return
    if key != "experiment":
        raise PipelineError(
            "command line: an experiment is chosen without +",
            received=override,
            expected=f"Write experiment={name}",
        )
    folder = conf / "experiment"
    file = folder / f"{name}.yaml"
    path = PurePosixPath(name)
    if path.suffix in (".yaml", ".yml") or name.startswith(f"{folder}/"):
        raise PipelineError(
            "command line: an experiment is named without its folder and ending",
            received=override,
            expected=f"Write experiment={path.stem}",
        )
    if len(path.parts) > 1:
        raise PipelineError(
            "command line: experiments lie directly in their folder",
            received=override,
            expected=f"Move the file to {folder / path.name}.yaml, and write "
            f"experiment={path.name}",
        )
    if not file.exists() and file.with_suffix(".yml").exists():
        raise PipelineError(
            f"{file.with_suffix('.yml')}: files of conf/ end in .yaml",
            received=override,
            expected=f"Rename it to {file}",
        )
    if file.is_file() and not _HEADER.search(file.read_text("utf-8", errors="replace")):
        raise PipelineError(
            f"{file}: the line `# @package _global_` is missing",
            expected="Write it as the first line, so that the settings apply to the whole "
            "experiment",
        )
    require_overrides(file, conf)
