"""Turns a Keras script into an experiment.

    python -m pipeline.adopt train.py                      writes the files
    python -m pipeline.adopt train.py --run                trains, tests and reports as well
    python -m pipeline.adopt train.py --dry-run            only shows what it would write
    python -m pipeline.adopt train.py --name flats_deep    the name comes from the script otherwise
    python -m pipeline.adopt train.py --fit 2              adopts the second call of fit
    python -m pipeline.adopt train.py --without-network    leaves the network to you
    python -m pipeline.adopt train.py -- --epochs 20       what follows -- goes to the script
    python -m pipeline.adopt train.ipynb                   runs the code cells of a notebook

The script runs once, in a process of its own, and trains nothing. Its arrays, network, optimizer,
loss, callbacks and split become files, and params.yaml gets their lines. The command names the
parts that are lost. After an error, all files are as before. docs/adopting.md describes the files.
Adopt only scripts that you trust.
"""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pipeline import new_experiment, project
from pipeline.adopting.outcome import FILES, OUTCOME
from pipeline.adopting.refusal import AdoptionError
from pipeline.command_line import arguments, require_experiment_name, run_command
from pipeline.config import params, yaml_files
from pipeline.config.composition import compose
from pipeline.config.data import PrepareConfig
from pipeline.config.experiment_composition import compose_experiment
from pipeline.config.hydra_composition import register
from pipeline.console import say
from pipeline.errors import PipelineError, require
from pipeline.files import read_json, replacing, write_text
from pipeline.layout import ADOPTED, CONF, PARAMS
from pipeline.option_parser import OptionParser

register("prepare", PrepareConfig)


def main() -> None:
    """Reads the command line, runs the script and writes the files."""
    parser = OptionParser("adopt")
    parser.add_argument("script")
    parser.add_argument("--name")
    parser.add_argument("--fit", type=int, default=1)
    parser.add_argument("--run", action="store_true")
    parser.add_argument("--dry-run", action="store_true")
    parser.add_argument("--without-network", action="store_true")
    received = arguments(__doc__)
    end = received.index("--") if "--" in received else len(received)
    options, own = parser.parse_args(received[:end]), received[end + 1 :]
    name = options.name or new_experiment.name_of(options.script)
    require_experiment_name(name)
    require(options.fit >= 1, "--fit", received=options.fit, expected="1 for the first call of fit")
    if options.run and options.without_network:
        raise PipelineError(
            "--run needs a network",
            received="--run --without-network",
            expected=f"Adopt without --run, write the network into {ADOPTED / name}.py, then train",
        )
    if not Path(options.script).is_file():
        raise PipelineError("the script does not exist", received=options.script)
    params.read()  # Outside of the root, this fails before the script runs for minutes.
    with TemporaryDirectory() as folder:
        chosen = [str(options.fit), str(not options.without_network)]
        losses = _recorded(Path(folder), [options.script, folder, name, *chosen, *own])
        files = Path(folder) / FILES
        paths = sorted(path.relative_to(files) for path in files.rglob("*") if path.is_file())
        listed = _listed(name, files, paths)
        for loss in losses:
            say(f"not adopted: {loss}")
        if options.dry_run:
            texts = {path: _text(files / path) for path in paths if path.suffix != ".parquet"}
            new_experiment.show({**texts, PARAMS: listed})
            return
        _install(name, files, paths, listed)
    say(f"written: {', '.join(map(str, [*paths, PARAMS]))}")
    if options.run:
        new_experiment.train_and_test(name)
    else:
        new_experiment.compose_again()
        new_experiment.say_next(name)


def _recorded(folder: Path, words: Sequence[str]) -> list[str]:
    """Runs the script in a process of its own. Returns the parts that the experiment loses.

    Args:
        folder: receives the files.
        words: the arguments of `pipeline.adopting`, from the script on.
    """
    command = [sys.executable, "-m", "pipeline.adopting", *words]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if not (folder / OUTCOME).is_file():
        lines = ended.stderr.strip().splitlines()
        raise AdoptionError(
            f"{words[0]} ended its process",
            received=f"exit code {ended.returncode}" + (f": {lines[-1]}" if lines else ""),
            expected="Correct the script so that it reaches its call of fit",
        )
    outcome = read_json(folder / OUTCOME, made_by="python -m pipeline.adopt")
    if "refused" in outcome:
        raise AdoptionError(outcome["refused"])
    return [str(part) for part in outcome["missing"]]


def _listed(name: str, files: Path, paths: Sequence[Path]) -> str:
    """The text of `params.yaml` with the experiment.

    Raises:
        PipelineError: the name is taken by something else.
    """
    new_experiment.require_free(name, [path for path in paths if _differs(path, files / path)])
    variant = yaml_files.load(files / CONF / f"data/{name}.yaml")
    entries: dict[str, dict[str, Any]] = {
        "data": {name: variant.get("source", name)},
        "experiments": {name: {"data": name}},
    }
    for key, suffix in (("own_code", "py"), ("own_files", "parquet")):
        path = ADOPTED / f"{name}.{suffix}"
        if path in paths:
            entries[key] = {name: str(path)}
    return params.with_entries(entries)


def _differs(path: Path, new: Path) -> bool:
    return path.is_file() and path.read_bytes() != new.read_bytes()


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _install(name: str, files: Path, paths: Sequence[Path], listed: str) -> None:
    """Writes all files and checks that they work, or leaves all files as they were.

    Args:
        listed: the text of `params.yaml`.
    """
    with new_experiment.all_or_none([*paths, PARAMS]):
        for path in paths:
            with replacing(path) as temporary:
                shutil.copyfile(files / path, temporary)
        compose("prepare", PrepareConfig, [f"data={name}"])
        compose_experiment([f"experiment={name}"])
        write_text(PARAMS, listed)


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
