"""Makes a finished run again from its record, and certifies whether it has the same bits.

    python -m pipeline.reproduce 3f2a91c0                a run, by the first characters of its id
    python -m pipeline.reproduce mnist_mlp               the run of an experiment
    python -m pipeline.reproduce report.html#mnist_mlp   the same, as the report links it
    python -m pipeline.reproduce 3f2a91c0 --allow-environment    with other versions of packages
    python -m pipeline.reproduce 3f2a91c0 --install      in an environment of the run's own packages
    python -m pipeline.reproduce 3f2a91c0 --sign KEY     signs the certificate with an SSH key

The code is that of the run's commit with its patch, in a Git work tree of its own. The data come
from this project, DVC's cache or remote, or a new download, and their digests are checked.
Settings, variables and threads are those of the run. Your files stay as they are.

Writes certificate.md and certificate.json to outputs/certificates/<run id>/ and adds them to the
run. The verdict is `identical` if fingerprint, history and test metrics are equal to the bit.
Otherwise the certificate names what makes the difference, and the exit code is 1. A killed
reproduction resumes with the same command.

The last line on stdout is one JSON object {run_id, verdict, fingerprint, culprits}.
"""

import argparse
import json
import sys
from pathlib import Path

from pipeline.command_line import arguments, run_command
from pipeline.console import log, say
from pipeline.layout import CERTIFICATES
from pipeline.locks import locked
from pipeline.option_parser import OptionParser


def main() -> None:
    """Reads the command line and makes the run again."""
    parser = OptionParser("reproduce")
    parser.add_argument("run")
    parser.add_argument("--allow-environment", action="store_true")
    parser.add_argument("--install", action="store_true")
    parser.add_argument("--sign", type=Path)
    options = parser.parse_args(arguments(__doc__))
    reproduce(options)


def reproduce(options: argparse.Namespace) -> None:
    """Makes a run again, and writes and logs its certificate."""
    from pipeline.reproducing import certificate, original, reproduction, worktree
    from pipeline.tracking import stores

    run_id = original.find(options.run)
    run = original.read(run_id)
    with locked(worktree.folder_of(run).parent, "makes this run again"):
        made = reproduction.reproduce(
            run,
            reproduction.Options(
                allow_environment=options.allow_environment, install=options.install
            ),
        )
    folder = CERTIFICATES / run_id
    made.write(folder)
    files = [folder / certificate.MARKDOWN, folder / certificate.JSON]
    if options.sign is not None:
        files.append(certificate.sign(folder, options.sign))
    tracker = stores.load("mlflow").attach(run_id)
    for file in files:
        tracker.log_file(file, folder="certificate")
    tracker.set_tag("reproduced", f"{made.verdict}, {made.facts['time']}")
    log(f"{run.name}: {made.verdict}. {folder / certificate.MARKDOWN} says what was compared")
    for culprit in made.culprits:
        log(f"{run.name}: {culprit}")
    line = {
        "run_id": run_id,
        "verdict": made.verdict,
        "fingerprint": made.fingerprints[1],
        "culprits": list(made.culprits),
    }
    say(json.dumps(line))
    if not made.identical:
        sys.exit(1)


if __name__ == "__main__":
    run_command(main)
