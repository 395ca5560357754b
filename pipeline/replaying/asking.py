"""Asks for stretches of a run to be trained again in its work tree."""

from pipeline.errors import PipelineError
from pipeline.replaying.messages import ANSWER, Replayed, Request, read_answer
from pipeline.reproducing.differences import departures, stored
from pipeline.reproducing.original import Original
from pipeline.reproducing.setting_up import Options, set_up


def ask(original: Original, request: Request, options: Options) -> list[Replayed]:
    """Runs the stretches of a request in the work tree of a run, then removes the work tree.

    Raises:
        PipelineError: the code, the data or the packages of the run are missing, or the request
            does not suit the run.
    """
    if not original.has_its_patch:
        raise PipelineError(
            "the code of the run is not known, because its diff.patch was changed",
            received=original.run_id,
        )
    ready = set_up(original, options)
    folder = ready.commands.folder
    try:
        git = original.lineage["git"]
        if git is not None and not (folder / "pipeline/replaying").is_dir():
            raise PipelineError(
                "the code of the run cannot replay, because it is older than pipeline.replay",
                received=f"commit {git['commit']}",
            )
        request.write(folder)
        (folder / ANSWER).unlink(missing_ok=True)
        ready.commands.run("replaying")
        return read_answer(folder)
    finally:
        ready.remove()


def differing(original: Original, replayed: Replayed) -> list[str]:
    """The differences of a stretch from the run, in words: figures, checkpoints, variables."""
    before = {
        name: {step: value for step, value in steps.items() if step <= replayed.stop}
        for name, steps in original.points.items()
    }
    figures = stored(replayed.figures)
    again = {name: figures.get(name, {}) for name in before}
    differences = [*map(str, departures(before, again)), *replayed.other_state]
    if replayed.fingerprint not in (None, original.fingerprint):
        differences.append("the fingerprint of the variables")
    return differences
