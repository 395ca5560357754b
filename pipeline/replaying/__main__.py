"""Answers a request of `pipeline.replaying.messages` in the current folder, a work tree.

python -m pipeline.replaying
"""

from collections.abc import Mapping
from typing import Any

from pipeline.command_line import run_command
from pipeline.config import resolved
from pipeline.errors import PipelineError
from pipeline.layout import CONFIGS, PREPARED
from pipeline.models import backend
from pipeline.replaying.messages import Request, write_answer, write_refusal
from pipeline.runs.identity import difference


def main() -> None:
    """Runs the stretches again and writes the answer."""
    backend.load()
    from pipeline.replaying.stretch import Stretch
    from pipeline.runs.run import Run

    request = Request.read()
    try:
        config = resolved.read(CONFIGS / f"{request.experiment}.yaml")
        run = Run.of(config, PREPARED / config.data.name)
        _require_equal(request.identity, run.identity)
        write_answer([Stretch(request, run, *pair).replay() for pair in request.stretches])
    except PipelineError as error:
        write_refusal(error)


def _require_equal(recorded: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    field = difference(recorded, here)
    if field is not None:
        name, before, now = field
        raise PipelineError(
            f"a replay of the run is impossible here, because {name} differs",
            received=f"{before} in the run, {now} here",
            expected="Find out what changed with: python -m pipeline.reproduce <run>",
        )


if __name__ == "__main__":
    run_command(main)
