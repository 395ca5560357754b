"""Finds what makes a difference between a run and its reproduction."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.reproducing import packages
from pipeline.reproducing.differences import Departure, departures, figures_of, stored
from pipeline.reproducing.original import Original
from pipeline.reproducing.second_training import SecondTraining

_NAMES = {
    "settings": "configuration",
    "data": "data",
    "code": "code",
    "versions": "versions",
    "environment": "environment",
    "own": "own code",
}


def deviations(
    original: Original, again: SecondTraining, *, changed_data: Sequence[str]
) -> list[str]:
    """What differed from the run when it was made again, each in one line."""
    result = [f"data: {name} differs" for name in changed_data]
    before, now = original.identity, again.lineage["identity"]
    for part in before.keys() | now.keys():
        if part == "data" and changed_data:
            continue
        if part == "code":
            result += _other_modules(original.lineage["modules"], again.lineage["modules"])
            continue
        for name, one, two in _leaves(before.get(part), now.get(part), ""):
            result.append(
                f"{_NAMES.get(part, part)}: {name or part} was {one}, and now it is {two}"
            )
    result += [f"versions: {line}" for line in packages.in_words(packages.differing(original))]
    if original.lineage["cpu"] != again.lineage["cpu"]:
        one, two = (_cpu(lineage) for lineage in (original.lineage, again.lineage))
        result.append(f"hardware: the CPU was {one}, and now it is {two}")
    return sorted(set(result))


def _cpu(lineage: Mapping[str, Any]) -> str:
    return f"{lineage['cpu']['model']} ({lineage['cpu']['instructions']})"


def _other_modules(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    names = sorted(before.keys() | now.keys())
    return [f"code: {name} differs" for name in names if before.get(name) != now.get(name)]


def _leaves(before: Any, now: Any, path: str) -> Iterator[tuple[str, Any, Any]]:
    """The values that differ in two nested mappings, by their dotted name."""
    if isinstance(before, Mapping) and isinstance(now, Mapping):
        for key in [*before, *(key for key in now if key not in before)]:
            yield from _leaves(before.get(key), now.get(key), f"{path}.{key}".lstrip("."))
    elif before != now:
        yield path, before, now


def culprits(
    original: Original,
    again: SecondTraining,
    *,
    differences: Sequence[str],
    third: str | None,
) -> list[str]:
    """What makes a difference, each in one line.

    Args:
        differences: the deviations.
        third: the fingerprint of one more training in the same work tree; None if there was none.
    """
    named = [f"record: {fault}" for fault in original.faults]
    same_variables = original.fingerprint == again.run.fingerprint
    stored = _changed_in_the_store(original, again)
    if stored and (same_variables or original.history):
        named += [f"record: the store has another value than the run: {one}" for one in stored]
    if same_variables:
        return named
    if differences:
        return [*named, *differences]
    if third is not None and third != again.run.fingerprint:
        return [*named, "the training itself: two trainings from equal inputs differ here"]
    if (step := _resumption_before(original, again)) is not None:
        named.append(
            f"checkpoint: the run was resumed from step {step:,}, and its history departs after it"
        )
    if not named:
        named.append(
            "the run itself: data, code, settings, versions and CPU are the same, and two "
            "trainings here agree, so its files or its process were disturbed"
        )
    return named


def _changed_in_the_store(original: Original, again: SecondTraining) -> list[Departure]:
    """The figures that the store shows, and that neither the run's files nor `again` have."""
    own = stored(figures_of(original.history)) if original.history else again.points
    points = departures(original.points, own)
    tests = departures(original.tests, {name: again.tests.get(name, {}) for name in original.tests})
    return points + (tests if original.fingerprint == again.run.fingerprint else [])


def _resumption_before(original: Original, again: SecondTraining) -> int | None:
    """The last step from which the run was resumed before its history departs."""
    first = departures(original.points, again.points)
    limit = first[0].step if first else None
    before = [step for step in original.resumed_at if limit is None or step < limit]
    return max(before, default=None)
