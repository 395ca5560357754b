"""Makes a finished run again from its record, and certifies whether it has the same bits.

    python -m pipeline.reproduce 3f2a91c0                a run, by the first characters of its id
    python -m pipeline.reproduce mnist_mlp               the run of an experiment
    python -m pipeline.reproduce report.html#mnist_mlp   the same, as the report links it
    python -m pipeline.reproduce 3f2a91c0 --allow-environment    with other versions of packages
    python -m pipeline.reproduce 3f2a91c0 --install      in an environment of the run's own packages
    python -m pipeline.reproduce 3f2a91c0 --sign KEY     signs the certificate with an SSH key
    python -m pipeline.reproduce 3f2a91c0 --slices 3     only three stretches, chosen at random

The code is that of the run's commit with its patch, in a Git work tree of its own. The data come
from this project, DVC's cache or remote, or a new download, and their digests are checked.
Settings, variables and threads are those of the run. Your files stay as they are.

Writes certificate.md and certificate.json to outputs/certificates/<run id>/ and adds them to the
run. The verdict is `identical` if fingerprint, history and test metrics are equal to the bit.
Otherwise the certificate names what makes the difference, and the exit code is 1. A killed
reproduction resumes with the same command.

--slices needs checkpoints that the run kept (checkpoint.keep_every). audit.md names the stretches
that were trained again, and states the chance that an altered run passes.

With --json, or if stdout is not a terminal, stdout gets one JSON object {run_id, verdict,
fingerprint, culprits}, or {run_id, verdict, stretches} with --slices.
"""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import project
from pipeline.command_line import arguments, run_command
from pipeline.console import answer
from pipeline.errors import PipelineError
from pipeline.layout import CERTIFICATES
from pipeline.locks import locked
from pipeline.option_parser import OptionParser

if TYPE_CHECKING:
    from pipeline.reproducing.setting_up import Options


def main() -> None:
    """Reads the command line and makes the run again."""
    parser = OptionParser("reproduce")
    parser.add_argument("run")
    parser.add_argument("--allow-environment", action="store_true")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--sign", type=Path)
    parser.add_argument("--slices", type=int)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args(arguments(__doc__))
    if options.slices is None:
        reproduce(options)
    elif options.slices < 1:
        raise PipelineError("--slices is a number of stretches", received=options.slices)
    else:
        audit(options)


def reproduce(options: argparse.Namespace) -> None:
    """Makes a run again, and writes and logs its certificate."""
    from pipeline.reproducing import certificate, original, reproduction, worktree
    from pipeline.tracking import stores

    run_id = original.find(options.run)
    run = original.read(run_id)
    with locked(worktree.folder_of(run).parent, "makes this run again"):
        made = reproduction.reproduce(run, _environment(options))
    folder = CERTIFICATES / run_id
    made.write(folder)
    files = [folder / certificate.MARKDOWN, folder / certificate.JSON]
    if options.sign is not None:
        files.append(certificate.sign(folder / certificate.JSON, options.sign))
    tracker = stores.load("mlflow").attach(run_id)
    for file in files:
        tracker.log_file(file, folder="certificate")
    tracker.set_tag("reproduced", f"{made.verdict}, {made.facts['time']}")
    lines = [f"{made.verdict}. {folder / certificate.MARKDOWN} says what was compared"]
    words = [f"{run.name}: {line}" for line in [*lines, *made.culprits]]
    values = {
        "run_id": run_id,
        "verdict": made.verdict,
        "fingerprint": made.fingerprints[1],
        "culprits": list(made.culprits),
    }
    answer(values, words, as_json=options.json)
    if not made.identical:
        sys.exit(1)


def audit(options: argparse.Namespace) -> None:
    """Makes some stretches of a run again, and writes and logs the result."""
    from pipeline.replaying import audit as audits
    from pipeline.reproducing import certificate, original, worktree
    from pipeline.tracking import stores

    run = original.read(original.find(options.run))
    with locked(worktree.folder_of(run).parent, "makes this run again"):
        made = audits.audit(run, options.slices, _environment(options))
    files = made.write(CERTIFICATES / run.run_id)
    if options.sign is not None:
        files.append(certificate.sign(files[0], options.sign))
    tracker = stores.load("mlflow").attach(run.run_id)
    for file in files:
        tracker.log_file(file, folder="certificate")
    tracker.set_tag("audited", f"{made.verdict}, {made.time}")
    words = f"{run.name}: {made.verdict}; one altered stretch would pass in {made.chance(1):.0%}"
    stretches = [[stretch.start, stretch.stop, stretch.differing] for stretch in made.stretches]
    values = {"run_id": run.run_id, "verdict": made.verdict, "stretches": stretches}
    answer(values, [words], as_json=options.json)
    if not made.passed:
        sys.exit(1)


def _environment(options: argparse.Namespace) -> "Options":
    from pipeline.reproducing.setting_up import Options

    return Options(allow_environment=options.allow_environment, install=options.install)


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
