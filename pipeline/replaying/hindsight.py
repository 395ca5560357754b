"""Measures in hindsight: a replay computes what a run did not log, and adds it to the record."""

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline import metrics
from pipeline.config.metrics import METRICS, is_metric
from pipeline.console import log
from pipeline.errors import PipelineError, suggestion
from pipeline.replaying import probes
from pipeline.replaying.asking import ask, differing
from pipeline.replaying.messages import Replayed, Request, Values
from pipeline.reproducing.original import Original
from pipeline.reproducing.setting_up import Options
from pipeline.runs.folder import kept_steps
from pipeline.tracking import names
from pipeline.tracking.facts import HINDSIGHT
from pipeline.tracking.tracker import Measurement, Tracker

FAULT = "hindsight/fault.json"  # in the record
_SHOWN = 8  # rows or variables
_MOST_STEPS = 1000  # that probes look at, unless `every` is set


@dataclass(frozen=True)
class Query:
    """What to log in hindsight.

    Args:
        names: metrics and probes, such as `f1` and `grad_norm(dense_1)`.
        first, last: the first and the last step; None sets no limit.
        every: the distance between the steps that probes look at; None gives up to 1,000 steps.
        find_fault: looks for the first step with a value that is not finite.
    """

    names: Sequence[str]
    first: int | None = None
    last: int | None = None
    every: int | None = None
    find_fault: bool = False


@dataclass(frozen=True)
class Seen:
    """The result of a replay.

    Args:
        start: the step from which it replayed.
        values: by metric and step.
        fault: see `pipeline.replaying.fault`.
    """

    start: int
    values: Values
    fault: dict[str, Any] | None


def look(original: Original, query: Query, options: Options) -> Seen:
    """Replays a run, and returns the values that `query` asks for.

    Raises:
        PipelineError: a name is neither a metric nor a probe, the run does not have these steps, or
            the replay has other bits than the run.
    """
    request = _request(original, query)
    [(start, _)] = request.stretches
    log(f"{original.name}: replays from step {start:,}" + _hint(request, original))
    [replayed] = ask(original, request, options)
    _require_same(original, replayed)
    first = query.first or 0
    figures = {
        name: {step: value for step, value in steps.items() if step >= first}
        for name, steps in replayed.figures.items()
        if names.path(name) not in original.points
    }
    values = {name: by_step for name, by_step in (figures | replayed.values).items() if by_step}
    return Seen(start, values, replayed.fault)


def _request(original: Original, query: Query) -> Request:
    if not original.times:
        raise PipelineError(
            "the record of the run has no evaluation to compare a replay with",
            received=original.run_id,
        )
    last = original.last_step if query.last is None else query.last
    checkpoint_steps = [step for step in kept_steps(original.folder) if step < last]
    first = query.first
    if first is None:
        # A training ends as soon as it diverges, so its fault lies after the last kept checkpoint.
        only_fault = query.find_fault and not query.names
        first = checkpoint_steps[-1] + 1 if checkpoint_steps and only_fault else 0
    if not 0 <= first <= last <= original.last_step:
        raise PipelineError(
            "these are not steps of the run",
            received=f"--steps {first}:{last}",
            expected=f"It has {original.last_step:,} steps",
        )
    chosen = {name: probes.parsed(name) for name in query.names}
    measured = [name for name, probe in chosen.items() if probe is None]
    for name in measured:
        _require_metric(name)
    start = max((step for step in checkpoint_steps if step < first), default=0)
    every = query.every or -(-(last - first + 1) // _MOST_STEPS)
    return Request(
        experiment=original.name,
        run_id=original.run_id,
        identity=dict(original.identity),
        kept=str(original.folder),
        stretches=[(start, last)],
        metrics=measured,
        probes=[probe for probe in chosen.values() if probe is not None],
        steps=list(range(max(first, 1), last + 1, every)),
        find_fault=query.find_fault,
    )


def _require_metric(name: str) -> None:
    if not is_metric(name):
        names = [*probes.PROBES.names(), *METRICS.names()]
        raise PipelineError(
            "this is neither a metric nor a probe",
            received=name,
            expected=suggestion(name, names),
        )
    metrics.named(name, key="--log")


def _hint(request: Request, original: Original) -> str:
    """What the user should know about the steps."""
    every = request.steps[1] - request.steps[0] if len(request.steps) > 1 else 1
    parts = [f"; the probes look at every {every:,}th step"] if request.probes and every > 1 else []
    [(start, _)] = request.stretches
    if start == 0 and request.steps[:1] > [1] and not kept_steps(original.folder):
        parts.append("; with checkpoint.keep_every it could start later")
    return "".join(parts)


def _require_same(original: Original, replayed: Replayed) -> None:
    """Raises `PipelineError` unless the replay has the bits of the run."""
    if differences := differing(original, replayed):
        raise PipelineError(
            "the replay does not have the bits of the run, so nothing is logged",
            received=differences[0],
            expected=f"Find out why with: python -m pipeline.reproduce {original.run_id[:8]}",
        )


def in_words(seen: Seen, *, find_fault: bool) -> list[str]:
    """The result of a replay, in lines for people."""
    lines = []
    for name, steps in sorted(seen.values.items()):
        step, value = list(steps.items())[-1]
        lines.append(f"{name}: {len(steps):,} values are logged; {value:.6g} at step {step:,}")
    if not (lines or find_fault):
        lines.append("the record has these metrics already")
    if find_fault and seen.fault is None:
        lines.append(f"no loss and no variable is infinite or NaN from step {seen.start + 1:,} on")
    if seen.fault is not None:
        lines.append(_fault_in_words(seen.fault))
    return lines


def _fault_in_words(fault: Mapping[str, Any]) -> str:
    rows, gradients = fault["rows_not_finite"], fault["gradients_not_finite"]
    text = f"step {fault['step']:,}, in epoch {fault['epoch']}, is the first with NaN or infinity: "
    if rows:
        text += f"an input, a target or the loss of rows {_some(rows)} of data/prepared/…/train"
        cells = fault["cells"].get(str(rows[0]))
        return text + (f"; row {rows[0]} is {', '.join(cells)}" if cells else "")
    if gradients:
        return text + f"the gradients of {_some(gradients)}, with finite losses of all rows"
    return text + f"the update of its weights, at learning rate {fault['learning_rate']:.3g}"


def _some(items: Sequence[object]) -> str:
    more = len(items) - _SHOWN
    return ", ".join(map(str, items[:_SHOWN])) + (f" and {more:,} more" if more > 0 else "")


def record(tracker: Tracker, original: Original, seen: Seen) -> None:
    """Adds the result of a replay to the record of the run, at the time of its steps.

    The tag comes first, so that even after a kill no value looks as if the run had logged it.
    """
    added = {*(tracker.tag(HINDSIGHT) or "").split(", "), *map(names.path, seen.values)} - {""}
    tracker.set_tag(HINDSIGHT, ", ".join(sorted(added)))
    steps = sorted({step for values in seen.values.values() for step in values})
    tracker.log_metrics(
        [
            Measurement(
                step,
                _time_of(step, original),
                {name: by_step[step] for name, by_step in seen.values.items() if step in by_step},
            )
            for step in steps
        ]
    )
    if seen.fault is not None:
        tracker.log_json(FAULT, seen.fault)


def _time_of(step: int, original: Original) -> int:
    """The time of the first evaluation at or after a step."""
    measured = sorted(original.times)
    place = min(bisect.bisect_left(measured, step), len(measured) - 1)
    return original.times[measured[place]]
