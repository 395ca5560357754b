"""Turns a Keras script into an experiment.

    python -m pipeline.adopt mnist_mlp.py
    python -m pipeline.adopt train.py --name flats_deep
    python -m pipeline.adopt train.py --fit 2        the second call of fit
    python -m pipeline.adopt train.py --dry-run      shows the files, and writes nothing

The script runs once, in a process of its own, and trains nothing. Its arrays, network, optimizer,
loss, callbacks and split become files. docs/adopting.md describes them. Run only scripts that you
trust.
"""

import argparse
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from pipeline.adopting.refusal import AdoptionError
from pipeline.command_line import arguments, require_experiment_name, run_command
from pipeline.config import yaml_files
from pipeline.config.composition import compose, register
from pipeline.config.data import PrepareConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.console import say
from pipeline.errors import PipelineError
from pipeline.files import read_json, replacing
from pipeline.layout import ADOPTED, CONF, PARAMS

_OUTCOME = "outcome.json"

register("prepare", PrepareConfig)


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise PipelineError(message, expected="Use --help to see what adopt takes")


def main() -> None:
    """Reads the command line, runs the script and writes the files."""
    parser = _Parser(add_help=False)
    parser.add_argument("script")
    parser.add_argument("--name")
    parser.add_argument("--fit", type=int, default=1)
    parser.add_argument("--dry-run", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    name = options.name or re.sub(r"\W+", "_", Path(options.script).stem).strip("_").lower()
    require_experiment_name(name)
    if not Path(options.script).is_file():
        raise PipelineError("there is no such script", received=options.script)
    if not CONF.is_dir():
        raise PipelineError(
            f"{CONF}/ is missing", expected="Run the command in the root of the project"
        )
    with TemporaryDirectory() as folder:
        missing = _recorded(options.script, Path(folder), name, options.fit)
        files = Path(folder) / "files"
        paths = sorted(path.relative_to(files) for path in files.rglob("*") if path.is_file())
        if options.dry_run:
            _show(files, paths)
        else:
            _install(files, paths, name)
        variant = yaml_files.load(files / CONF / f"data/{name}.yaml")
    source = str(variant.get("source", name))
    _report(name, source, paths, missing, is_written=not options.dry_run)


def _recorded(script: str, folder: Path, name: str, fit: int) -> list[str]:
    """Runs the script in a process of its own. Returns what the experiment does not keep."""
    command = [sys.executable, "-m", "pipeline.adopting", script, str(folder), name, str(fit)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (folder / _OUTCOME).is_file():
        lines = ended.stderr.strip().splitlines()
        raise AdoptionError(
            f"{script} ended its process",
            received=f"exit code {ended.returncode}" + (f": {lines[-1]}" if lines else ""),
            expected="Correct the script so that it reaches its call of fit",
        )
    outcome = read_json(folder / _OUTCOME, made_by="python -m pipeline.adopt")
    if "refused" in outcome:
        raise AdoptionError(outcome["refused"])
    return [str(one) for one in outcome["missing"]]


def _install(files: Path, paths: Sequence[Path], name: str) -> None:
    """Writes all files, or none. The experiment comes last, so it never lacks the others."""
    taken = [str(path) for path in paths if path.exists()]
    if taken:
        raise PipelineError(
            "files of this name exist already",
            received=", ".join(taken),
            expected="Choose another name with --name, or remove them",
        )
    written: list[Path] = []
    try:
        for path in sorted(paths, key=lambda path: path.parent.name == "experiment"):
            written.append(path)
            with replacing(path) as temporary:
                shutil.copyfile(files / path, temporary)
        compose("prepare", PrepareConfig, [f"data={name}"])
        compose_experiment([f"experiment={name}"])
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise


def _show(files: Path, paths: Sequence[Path]) -> None:
    for path in paths:
        if path.suffix == ".yaml":
            say(f"# {path}\n{(files / path).read_text(encoding='utf-8')}")


def _report(
    name: str, source: str, paths: Sequence[Path], missing: Sequence[str], *, is_written: bool
) -> None:
    """Prints what was written, what is lost, and what to do next.

    Args:
        source: of the data variant.
    """
    say(f"{'wrote' if is_written else 'would write'}: {', '.join(map(str, paths))}")
    for one in missing:
        say(f"not kept: {one}")
    data, code = (ADOPTED / f"{name}.{suffix}" for suffix in ("parquet", "py"))
    say(f"for dvc repro, add to {PARAMS}:")
    if code in paths:
        say(f"  own_code: {{{name}: {code}}}")
    if data in paths:
        say(f"  own_files: {{{name}: {data}}}")
    say(f"  data: {{{name}: {source}}}")
    say(f"  experiments: {{{name}: {{data: {name}}}}}")
    commands = [f"prepare data={name}", f"train experiment={name}"]
    if data in paths:
        commands.insert(0, f"fetch source={name}")
    say("next: " + " && ".join(f"python -m pipeline.{command}" for command in commands))


if __name__ == "__main__":
    run_command(main)
