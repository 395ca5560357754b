"""Copies the runs of another store into the store of this project.

    python -m pipeline.merge ../laptop/mlruns
    python -m pipeline.merge a/mlruns b/mlruns           several, one after the other

OTHER is the folder mlruns/ of a copy of this project, of a colleague, or of a machine without
network. Ids, times, points, tags, files, models, results and looks at test splits are kept. Nothing
in this store is lost, and the other stores stay as they are. The order of the merges and their
number do not change the result.

With --json, or if stdout is not a terminal, stdout gets one JSON object {runs, models, files,
content}: how many are new, and the sha256 of all that the store holds.
"""

from dataclasses import asdict
from pathlib import Path

from pipeline import project
from pipeline.command_line import arguments, run_command, without_json
from pipeline.console import answer, log
from pipeline.errors import PipelineError


def main() -> None:
    """Reads the command line and merges each store."""
    received, as_json = without_json(arguments(__doc__))
    if not received or any(argument.startswith("-") for argument in received):
        raise PipelineError(
            "this command takes folders mlruns/ of other projects",
            received=" ".join(received) or "nothing",
            expected="Write for example: python -m pipeline.merge ../laptop/mlruns",
        )
    from pipeline.tracking import merging

    for name in received:
        merged = merging.merge(Path(name))
        log(f"{name}: {merged.runs:,} new runs, {merged.models:,} models, {merged.files:,} files")
    answer(asdict(merged), [], next_command="python -m pipeline.ui", as_json=as_json)


if __name__ == "__main__":
    run_command(main, begin=project.require_root)
