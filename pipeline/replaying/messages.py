"""The request to `pipeline.replaying` in a work tree, and its answer: two JSON files."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Self

from pipeline.errors import PipelineError
from pipeline.files import read_json, write_json

REQUEST = "replay.request.json"
ANSWER = "replay.answer.json"

Values = dict[str, dict[int, float]]  # by name and step
_VALUES = ("figures", "values")
_REFUSED = "refused"
_MADE_BY = "the command that replays the run"


@dataclass(frozen=True)
class Request:
    """What to run again, and what to look at.

    Args:
        experiment: its settings are in `outputs/configs/`.
        run_id: of the run.
        identity: see `pipeline.runs.identity`. The work tree must give the same one.
        kept: the folder of the kept checkpoints.
        stretches: pairs of steps. The first is 0 or that of a kept checkpoint. The training
            continues to the first evaluation at or after the second.
        metrics: to measure at each evaluation, besides those of the run.
        probes: pairs of a probe and a layer; an empty layer stands for the whole network.
        steps: those that the probes look at.
        find_fault: looks for the first step with a loss or a variable that is not finite.
    """

    experiment: str
    run_id: str
    identity: dict[str, Any]
    kept: str
    stretches: list[tuple[int, int]]
    metrics: list[str] = field(default_factory=list)
    probes: list[tuple[str, str]] = field(default_factory=list)
    steps: list[int] = field(default_factory=list)
    find_fault: bool = False

    def write(self, folder: Path) -> None:
        """Writes the request into a work tree."""
        write_json(folder / REQUEST, asdict(self))

    @classmethod
    def read(cls) -> Self:
        """Reads the request in the current folder."""
        values = read_json(Path(REQUEST), made_by=_MADE_BY)
        pairs = {key: [tuple(pair) for pair in values[key]] for key in ("stretches", "probes")}
        return cls(**values | pairs)


@dataclass(frozen=True)
class Replayed:
    """A stretch that was run again.

    Args:
        start, stop: its first and its last step.
        figures: the history of the stretch.
        other_state: the parts of the state that differ from a kept checkpoint, each in words.
        fingerprint: of the variables, if the training ended.
        values: what the probes saw.
        fault: the first step with a value that is not finite; see `pipeline.replaying.fault`.
    """

    start: int
    stop: int
    figures: Values
    other_state: list[str]
    fingerprint: str | None = None
    values: Values = field(default_factory=dict)
    fault: dict[str, Any] | None = None


def write_refusal(error: PipelineError) -> None:
    """Writes the reason why the request has no answer."""
    received = None if error.received is None else str(error.received)
    refusal = {"what": error.what, "received": received, "expected": error.expected}
    write_json(Path(ANSWER), {_REFUSED: refusal})


def write_answer(replayed: list[Replayed]) -> None:
    """Writes the answer into the current folder."""
    texts = [asdict(one) | {key: _texts(getattr(one, key)) for key in _VALUES} for one in replayed]
    write_json(Path(ANSWER), texts)


def read_answer(folder: Path) -> list[Replayed]:
    """Reads the answer of a work tree.

    Raises:
        PipelineError: the request was refused there.
    """
    values = read_json(folder / ANSWER, made_by=_MADE_BY)
    if isinstance(values, dict):
        refused = values[_REFUSED]
        raise PipelineError(refused.pop("what"), **refused)
    return [Replayed(**one | {key: _numbers(one[key]) for key in _VALUES}) for one in values]


def _texts(values: Values) -> dict[str, dict[int, str]]:
    """JSON has no NaN. The shortest text of a number has all its bits."""
    return {
        name: {step: repr(value) for step, value in steps.items()} for name, steps in values.items()
    }


def _numbers(texts: Mapping[str, Mapping[str, str]]) -> Values:
    return {
        name: {int(step): float(text) for step, text in steps.items()}
        for name, steps in texts.items()
    }
