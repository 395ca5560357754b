"""Lists the commands, or runs one.

python -m pipeline                            lists the commands
python -m pipeline train mnist_mlp seed=3     runs `python -m pipeline.train mnist_mlp seed=3`
python -m pipeline train --help               explains one
eval "$(python -m pipeline --completion bash)"    completes command lines on Tab; also zsh
"""

import ast
import runpy
import sys
from pathlib import Path

from pipeline import completion
from pipeline.command_line import run_command
from pipeline.console import say
from pipeline.errors import PipelineError, suggestion

# In the order in which people need them.
COMMANDS = {
    "Start with your own": ("add", "adopt", "look"),
    "From the data to a tested model": ("fetch", "prepare", "train", "evaluate", "report"),
    "Many trainings": ("sweep", "tune", "repeat", "watch", "compare"),
    "Use a model": ("predict", "promote", "export", "inspect", "ui"),
    "Records": ("reproduce", "replay", "merge"),
    "This machine": ("bench",),
    "For DVC": ("compose", "code"),
}


def main() -> None:
    """Reads the command line, and lists the commands or runs one."""
    name, *rest = sys.argv[1:] or ["--help"]
    if name in ("-h", "--help"):
        say(listing())
        return
    if name == "--completion":
        say(completion.script("".join(rest)))
        return
    names = [name for group in COMMANDS.values() for name in group]
    if name == "--complete":
        say("\n".join(completion.completions(rest[0], rest[1], names)))
        return
    if name not in names:
        raise PipelineError(
            "there is no command of this name", received=name, expected=suggestion(name, names)
        )
    sys.argv = [name, *rest]
    sys.path.insert(0, str(Path.cwd()))  # as `python -m` does
    runpy.run_module(f"pipeline.{name}", run_name="__main__", alter_sys=True)


def script() -> None:
    """Runs `main`. An installation puts this on the path as the script `pipeline`."""
    run_command(main, begin=lambda: None)  # the command decides


def listing() -> str:
    """The commands in groups, each with the first line of its help."""
    lines = ["python -m pipeline <command> …     --help after a command explains it"]
    for group, names in COMMANDS.items():
        lines += ["", group, *(f"  {name:<10} {_first_line(name)}" for name in names)]
    return "\n".join(lines)


def _first_line(name: str) -> str:
    """The first line of a command's help, without importing it."""
    source = Path(__file__).with_name(f"{name}.py").read_text(encoding="utf-8")
    return (ast.get_docstring(ast.parse(source)) or "").partition("\n")[0]


if __name__ == "__main__":
    script()
