"""Runs a script in this process, and writes the files of its experiment to a folder.

    python -m pipeline.adopting SCRIPT FOLDER NAME FIT WITH_NETWORK [ARGUMENT_OF_THE_SCRIPT ...]

`pipeline.adopt` runs it, and reads FOLDER.
"""

import os
import sys
from pathlib import Path

from pipeline.adopting.outcome import FILES, OUTCOME
from pipeline.errors import PipelineError
from pipeline.files import write_json
from pipeline.models import backend


def main() -> None:
    """Records the script and writes the outcome."""
    script, folder, name, fit, with_network, *arguments = sys.argv[1:]
    os.environ["MPLBACKEND"] = "agg"  # a window would wait for someone to close it
    backend.load()
    from pipeline.adopting import plan
    from pipeline.adopting.script import record

    files = Path(folder) / FILES
    try:
        recording = record(Path(script), fit=int(fit), arguments=arguments)
        missing = plan.write(recording, name, script, files, with_network=with_network == str(True))
        outcome: dict[str, object] = {"missing": missing}
    except PipelineError as error:
        outcome = {"refused": str(error)}
    write_json(Path(folder) / OUTCOME, outcome)


if __name__ == "__main__":
    main()
