"""Code that `add` and `adopt` share: the name, the files and the first run of an experiment."""

import re
import shlex
import subprocess
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from pipeline import console
from pipeline.config import params
from pipeline.config.rules import LONGEST_NAME
from pipeline.console import log, say
from pipeline.errors import PipelineError
from pipeline.files import replacing
from pipeline.layout import PARAMS, PLAN


def name_of(path: str) -> str:
    """A valid name for what a file holds, from the name of the file."""
    stem = Path(path).name.lstrip(".").split(".")[0]
    plain = unicodedata.normalize("NFKD", stem).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_NAME].strip("_") or "table"


def require_free(name: str, taken: Sequence[Path]) -> None:
    """Checks that a new experiment may have a name.

    Args:
        taken: files of this name with another content.

    Raises:
        PipelineError: such files exist, or a source of this name.
    """
    if taken or name in params.read().sources:
        raise PipelineError(
            f"the name {name} is taken",
            received=", ".join(map(str, taken)) or f"sources in {PARAMS}",
            expected="Choose another one with --name, or delete the files and entries of that name",
        )


@contextmanager
def all_or_none(paths: Iterable[Path]) -> Iterator[None]:
    """Restores files if the block that writes them raises. New files are deleted."""
    before = {path: path.read_bytes() if path.is_file() else None for path in paths}
    try:
        yield
    except BaseException:
        for path, content in before.items():
            if content is None:
                path.unlink(missing_ok=True)
            elif path.read_bytes() != content:
                with replacing(path) as temporary:
                    temporary.write_bytes(content)
        raise


def show(files: Mapping[Path, str]) -> None:
    """Prints the lines that each file would get."""
    for path, text in files.items():
        say(f"\n--- {path}\n{_added(path, text)}")
    say("\nnothing is written, because of --dry-run")


def _added(path: Path, text: str) -> str:
    """The lines that a file does not have yet, with the key above them."""
    lines = text.splitlines()
    if not path.is_file():
        return "\n".join(lines)
    old = set(path.read_text(encoding="utf-8").splitlines())
    keys = [number for number, line in enumerate(lines) if line[:1].isalpha()]
    new = [number for number, line in enumerate(lines) if line not in old]
    line_numbers = {max(key for key in keys if key <= number) for number in new} | {*new}
    return "\n".join(lines[number] for number in sorted(line_numbers))


def compose_again() -> None:
    """Composes all experiments with the new one, so that `compare` and `report` still work.

    It composes only if `outputs/plan.json` exists. An error is a warning, because it may lie in
    another experiment.
    """
    if not PLAN.is_file():
        return
    from pipeline.composing import compose

    try:
        compose()
    except PipelineError as error:
        log(f"warning: the new experiment is written, but the experiments do not compose: {error}")


def say_next(name: str) -> None:
    """Prints the commands that train, test and report a new experiment."""
    say(f"next: dvc repro evaluate@{name} && python -m pipeline.report {name}")


def train_and_test(name: str) -> None:
    """Trains, tests and reports an experiment, and prints its result in words.

    Raises:
        PipelineError: a command fails.
    """
    from pipeline.reporting.results import collect
    from pipeline.reporting.words import in_sentences

    for words in (["dvc", "repro", f"evaluate@{name}"], ["pipeline.report", name]):
        log(f"running: {shlex.join(words)}")
        if subprocess.run([sys.executable, "-m", *words], check=False).returncode:
            raise PipelineError(
                f"{shlex.join(words)} failed",
                expected="See its error above. Fix that, and run the same command again",
            )
    (row,) = collect(params.read(), [name])
    say(in_sentences(row))
    are_images = row.meta is not None and row.meta.pixel_maximum is not None
    rows = "new/" if are_images else "new.csv"
    console.say_next(f"python -m pipeline.predict {name} {rows} -o answers.csv")
