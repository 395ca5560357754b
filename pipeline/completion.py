"""Completion of command lines in bash and zsh.

The shell calls `python -m pipeline --complete LINE` for each Tab. Hydra's own completion works
only for commands that Hydra starts. Ours compose without it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import get_args, get_type_hints

from pipeline.errors import PipelineError
from pipeline.layout import CONF, PARAMS

_GROUPS = {"fetch": "source", "prepare": "data", "look": "data"}  # what a bare name means
_TAKE_SETTINGS = ("train", "sweep", "tune")
_BASH = """_pipeline() {
  local IFS=$'\\n'
  COMPREPLY=($(python -m pipeline --complete "${COMP_LINE:0:$COMP_POINT}" bash 2>/dev/null))
  [[ ${COMPREPLY[0]} == *= ]] && compopt -o nospace
}
command -v pipeline >/dev/null || pipeline() { python -m pipeline "$@"; }
complete -o default -F _pipeline pipeline python
"""
_ZSH = """autoload -Uz compinit && compinit
_pipeline() {
  local -a words_of_pipeline=(${(f)"$(python -m pipeline --complete "$LBUFFER" zsh 2>/dev/null)"})
  (( $#words_of_pipeline )) && compadd -S '' -- $words_of_pipeline || _files
}
command -v pipeline >/dev/null || pipeline() { python -m pipeline "$@" }
compdef _pipeline pipeline python
"""
_SCRIPTS = {"bash": _BASH, "zsh": _ZSH}


def script(shell: str) -> str:
    """The lines that a shell evaluates to complete our commands.

    Raises:
        PipelineError: it is another shell.
    """
    if shell not in _SCRIPTS:
        raise PipelineError(
            "there is no completion for this shell",
            received=shell or "nothing",
            expected="Write --completion bash or --completion zsh",
        )
    return _SCRIPTS[shell].rstrip()


def completions(line: str, shell: str, commands: Sequence[str], *, conf: Path = CONF) -> list[str]:
    """What the last word of a line can become.

    Args:
        line: up to the cursor.
        shell: bash replaces only what follows the last `=`.
    """
    *before, word = line.split(" ")
    words = [one for one in before if one]
    if words[1:2] == ["-m"] and len(words) == 2:
        possible = ["pipeline", *(f"pipeline.{command}" for command in commands)]
    else:
        possible = _possible(_arguments(words), word, commands, conf)
    matching = [one for one in possible if one.startswith(word)]
    if shell == "bash" and "=" in word:
        return [one[word.rindex("=") + 1 :] for one in matching]
    return matching


def _arguments(words: Sequence[str]) -> list[str] | None:
    """The command and its arguments. None if the line is not one of ours."""
    if words[1:2] == ["-m"] and words[2:]:
        package, _, command = words[2].partition(".")
        return ([command] if command else []) + list(words[3:]) if package == "pipeline" else None
    return list(words[1:]) if words and words[0].endswith("pipeline") else None


def _possible(
    arguments: list[str] | None, word: str, commands: Sequence[str], conf: Path
) -> list[str]:
    if arguments is None:
        return []
    if not arguments:
        return list(commands)
    key, equals, _ = word.partition("=")
    if equals:
        return [f"{key}={name}" for name in _names(conf, key)]
    group = _GROUPS.get(arguments[0], "experiment")
    return [*_names(conf, group), *(_keys(conf) if arguments[0] in _TAKE_SETTINGS else [])]


def _names(conf: Path, group: str) -> list[str]:
    """The files of a group. The default experiment on a data variant has no file."""
    files = {file.stem for file in (conf / group).glob("*.yaml")}
    return sorted(files | _listed(conf.with_name(PARAMS.name)) if group == "experiment" else files)


def _listed(path: Path) -> set[str]:
    """The experiments of `params.yaml`. Empty if it is unreadable: a shell shows no error."""
    from pipeline.config import params

    try:
        return set(params.read(path).experiments)
    except PipelineError:
        return set()


def _keys(conf: Path) -> list[str]:
    """The settings of an experiment, and the groups of files, each with `=`."""
    from pipeline.config.experiment import ExperimentConfig

    groups = (folder.name for folder in conf.iterdir() if folder.is_dir())
    return [f"{key}=" for key in sorted({*groups, *_dotted(ExperimentConfig)})]


def _dotted(schema: type) -> Iterator[str]:
    hints = get_type_hints(schema)
    for field in fields(schema):
        hint = hints[field.name]
        inner = next((one for one in (hint, *get_args(hint)) if is_dataclass(one)), None)
        if isinstance(inner, type):
            yield from (f"{field.name}.{key}" for key in _dotted(inner))
        else:
            yield field.name
