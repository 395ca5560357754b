"""Compares names with each kind of noise: that of the rows, of the seeds and of the splits."""

import math
from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from pipeline import metrics
from pipeline.comparing import rows, seeds, splits
from pipeline.comparing.comparison import (
    FOLDS,
    ROWS,
    SEEDS,
    SPLITS,
    Measured,
    Pair,
    Part,
    Value,
    decided,
)
from pipeline.comparing.holm import LEVEL
from pipeline.comparing.names import Contender, Evaluated, Group
from pipeline.config.metrics import is_metric
from pipeline.errors import PipelineError, suggestion
from pipeline.evaluation.over_seeds import mean_interval
from pipeline.evaluation.series import corrected_interval
from pipeline.metrics import Metric
from pipeline.models.scores import NumberScores, Scores, ScoresByTarget

_FEWEST = 2  # trainings of a group
_KEY = "--metric"
_SAME_TRUTH = 1e-4  # relative: float32 rounds the targets of two encodings differently


def compare(contenders: Sequence[Contender], *, metric: str | None, over: str | None) -> list[Part]:
    """The parts of a comparison: the named one, or all that suit.

    Results over splits or folds contain the noise of rows and seeds. So one such part is enough.

    Args:
        metric: the metric that decides; by default the headline metric of the task.
        over: one of `OVER`.

    Raises:
        PipelineError: the names are not comparable.
    """
    reasons = {noise: _reason(contenders, noise) for noise in (SPLITS, FOLDS, SEEDS, ROWS)}
    possible = [noise for noise, reason in reasons.items() if not reason]
    if over is not None:
        if reasons[over]:
            raise PipelineError(f"these are not comparable over {over}: {reasons[over]}")
        chosen = [over]
    elif not possible:
        repeated = [
            next(iter(contender.groups)) for contender in contenders if contender.tested is None
        ]
        raise PipelineError(
            f"these are not comparable: {reasons[repeated[0] if repeated else ROWS]}"
        )
    else:
        whole = [noise for noise in possible if noise in (SPLITS, FOLDS)]
        chosen = whole[:1] or possible
    return [_PARTS[noise](contenders, metric) for noise in chosen]


def _reason(contenders: Sequence[Contender], over: str) -> str:
    """Why names are not comparable over one kind of noise; empty if they are."""
    for contender in contenders:
        if reason := contender.missing.get(over):
            return f"{contender.title}: {reason}"
    if over == ROWS:
        return reason_of_rows([contender.tested for contender in contenders if contender.tested])
    groups = [contender.groups[over] for contender in contenders]
    if few := [
        contender.title
        for contender, of in zip(contenders, groups, strict=True)
        if len(of.values) < _FEWEST
    ]:
        return f"{few[0]} was trained once, so the noise of the seed is not known"
    if over == SEEDS:
        return _reason_of_seeds(groups)
    return _reason_of_splits(groups)


def reason_of_rows(tested: Sequence[Evaluated]) -> str:
    """Why models were not tested on the same rows; empty if they were."""
    first, *others = (evaluated.predictions for evaluated in tested)
    for other in others:
        for name, expected, actual in (
            ("tasks", first.facts.task, other.facts.task),
            ("targets", first.facts.targets, other.facts.targets),
            ("classes", first.facts.classes, other.facts.classes),
        ):
            if expected != actual:
                return f"they have different {name}: {_listed(expected)} and {_listed(actual)}"
        if (first.facts.truth, first.facts.rows) != (other.facts.truth, other.facts.rows):
            return "they were tested on different rows"
        if not _same_truth(first.scores, other.scores):
            return "their targets have different units"
    return ""


def _listed(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _same_truth(one: Scores, other: Scores) -> bool:
    numbers = isinstance(one, NumberScores | ScoresByTarget)
    return np.allclose(one.truth, other.truth, rtol=_SAME_TRUTH if numbers else 0.0, atol=0.0)


def _reason_of_seeds(groups: Sequence[Group]) -> str:
    measured = {rows for group in groups for rows in group.rows.values()}
    if "" in measured:
        return "an earlier version trained the seeds, and did not record their test rows"
    if len(measured) > 1:
        return "their seeds were tested on different rows"
    return ""


def _reason_of_splits(groups: Sequence[Group]) -> str:
    shared = _shared(groups)
    if len(shared) < _FEWEST:
        return "they share fewer than two splits"
    measured = [{group.rows[split] for group in groups} for split in shared]
    if any("" in rows for rows in measured):
        return "an earlier version trained the splits, and did not record their test rows"
    if any(len(rows) > 1 for rows in measured):
        return "their splits have different test rows"
    return ""


def _shared(groups: Sequence[Group]) -> list[str]:
    return [key for key in groups[0].values if all(key in group.values for group in groups)]


def larger_is_better(name: str) -> bool | None:
    """The direction of a metric or loss; None if it is not known."""
    return metrics.named(name, key=_KEY).larger_is_better if is_metric(name) else False


def _metrics(available: Sequence[Sequence[str]], headline: str, metric: str | None) -> list[str]:
    """The metrics that all names have, with a known direction. The deciding one comes first.

    Raises:
        PipelineError: the deciding one is not among them.
    """
    shared = [
        name
        for name in available[0]
        if all(name in other for other in available) and larger_is_better(name) is not None
    ]
    first = metric or headline
    if first not in shared:
        raise PipelineError(
            "this metric does not compare all names: one of them lacks it, or its direction is "
            "not known",
            received=first,
            expected=f"Choose another with {_KEY}, or --over rows. {suggestion(first, shared)}",
        )
    others = [name for name in shared if not (is_metric(name) and metrics.is_of_a_class(name))]
    return list(dict.fromkeys([first, *others]))


def _over_rows(contenders: Sequence[Contender], metric: str | None) -> Part:
    tested = {contender.name: contender.tested for contender in contenders if contender.tested}
    figures = {name: evaluated.metrics["test"] for name, evaluated in tested.items()}
    available = [
        [name for name, entry in entries.items() if entry["value"] is not None]
        for entries in figures.values()
    ]
    names = _metrics(available, contenders[0].headline, metric)
    metric_of = {name: metrics.named(name, key=_KEY) for name in names}
    scores = {name: evaluated.predictions.scores for name, evaluated in tested.items()}
    tests = {
        name: rows.compare_rows(metric_of, scores[name], {other: scores[other] for other in others})
        for name, others in _later(list(tested))
    }
    measured = []
    for key, chosen_metric in metric_of.items():
        values = {
            name: Value(entry[key]["value"], entry[key].get("low"), entry[key].get("high"))
            for name, entry in figures.items()
        }
        pairs = [
            _pair_of_rows(name, other, of_other[key])
            for name, of_name in tests.items()
            for other, of_other in of_name.items()
        ]
        measured.append(_measured(key, chosen_metric, values, pairs, decides=key == names[0]))
    count = next(iter(tested.values())).predictions.facts.rows
    return Part(
        over=ROWS,
        about=f"{count:,} test rows, the same for all",
        test=_test_of_rows(metric_of[names[0]]),
        measured=measured,
    )


def _later(names: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
    """Each name with those after it."""
    return [(name, names[place + 1 :]) for place, name in enumerate(names[:-1])]


def _test_of_rows(metric: Metric) -> str:
    if metric.share and metric.per_row is not None:
        return "McNemar's exact test, and the paired interval"
    return "the paired interval"


def _pair_of_rows(one: str, other: str, test: rows.RowsTest) -> Pair:
    facts, remarks = {}, []
    if test.difference.reason:
        remarks.append(test.difference.reason)
    if test.mcnemar is not None:
        exact = test.mcnemar
        facts = {"only_one": exact.only_one, "only_other": exact.only_other, "mcnemar_p": exact.p}
        remarks.append(
            f"rows that only {{one}} gets right: {exact.only_one:,}; "
            f"only {{other}}: {exact.only_other:,}"
        )
    low, high = test.difference.interval or (None, None)
    assert test.difference.value is not None
    return Pair(
        one,
        other,
        test.difference.value,
        low,
        high,
        test.p,
        facts=facts,
        remarks=remarks,
        is_bound=test.is_bound,
    )


def _measured(
    key: str,
    metric: Metric | None,
    values: Mapping[str, Value],
    pairs: Sequence[Pair],
    *,
    decides: bool,
) -> Measured:
    """All names by one metric. Only one metric decides: among many, one is often lucky."""
    larger = False if metric is None else bool(metric.larger_is_better)
    if decides:
        pairs = decided(pairs, larger_is_better=larger)
    return Measured(key, larger, values, pairs)


def _over_seeds(contenders: Sequence[Contender], metric: str | None) -> Part:
    groups = {contender.name: contender.groups[SEEDS] for contender in contenders}
    names = _metrics([_common(group) for group in groups.values()], contenders[0].headline, metric)
    level = LEVEL / math.comb(len(groups), 2)
    measured = []
    for key in names:
        samples = {
            name: [value[key] for value in of.values.values()] for name, of in groups.items()
        }
        values = {name: _mean_value(of, *mean_interval(of)) for name, of in samples.items()}
        pairs = [
            _pair_of_seeds(one, other, samples[one], samples[other], level=level)
            for one, other in combinations(samples, 2)
        ]
        measured.append(_measured(key, _metric(key), values, pairs, decides=key == names[0]))
    counts = list(dict.fromkeys(len(of.values) for of in groups.values()))
    return Part(
        over=SEEDS,
        about=f"{' and '.join(map(str, counts))} seeds of one split, on its {_split(groups)} rows",
        test="a permutation test, and Welch's interval",
        measured=measured,
    )


def _split(groups: Mapping[str, Group]) -> str:
    return next(iter(groups.values())).split


def _metric(key: str) -> Metric | None:
    return metrics.named(key, key=_KEY) if is_metric(key) else None


def _common(group: Group) -> list[str]:
    """The metrics that all trainings of a group have."""
    first, *others = group.values.values()
    return [name for name in first if all(name in other for other in others)]


def _mean_value(samples: Sequence[float], mean: float, limits: tuple[float, float]) -> Value:
    return Value(mean, *limits, samples=samples)


def _pair_of_seeds(
    one: str, other: str, first: Sequence[float], second: Sequence[float], *, level: float
) -> Pair:
    test, effect = seeds.compare_seeds(first, second), seeds.effect_of(first, second)
    facts = {
        "permutation_p": test.permutation_p,
        "permutation_is_exact": test.is_exact,
        "smallest_p": test.smallest_p,
        "effect": None if effect is None else effect.size,
        "effect_interval": None if effect is None else effect.interval,
    }
    remarks = [] if effect is None else [_effect(effect)]
    if test.smallest_p > level:
        remarks.append(
            f"{len(first)} and {len(second)} seeds cannot decide: the smallest p of the "
            f"permutation test is {test.smallest_p:.2g}, and it must be at most {level:.2g}"
        )
    if test.p >= level and test.difference:
        size = math.inf if effect is None else effect.size
        facts["seeds_needed"] = needed = seeds.seeds_for(size, level=level)
        remarks.append(_in_words(needed, min(len(first), len(second))))
    low, high = test.interval
    return Pair(one, other, test.difference, low, high, test.p, facts=facts, remarks=remarks)


def _effect(effect: seeds.Effect) -> str:
    text = f"the effect size, Hedges' g, is {effect.size:.2f}"
    if effect.interval is None:
        return text
    return f"{text} [{effect.interval[0]:.2f}, {effect.interval[1]:.2f}]"


def _in_words(needed: int | None, trained: int) -> str:
    if needed is None:
        return "no number of seeds up to 10,000 would decide with a power of 80 %"
    more = max(needed - trained, 1)
    return (
        f"if the true effect is the observed one, {more:,} more "
        f"{'seed' if more == 1 else 'seeds'} of each would decide with a power of 80 %"
    )


def _over_splits(contenders: Sequence[Contender], metric: str | None) -> Part:
    return _of_splits(contenders, metric, over=SPLITS)


def _over_folds(contenders: Sequence[Contender], metric: str | None) -> Part:
    return _of_splits(contenders, metric, over=FOLDS)


def _of_splits(contenders: Sequence[Contender], metric: str | None, *, over: str) -> Part:
    groups = {contender.name: contender.groups[over] for contender in contenders}
    shared = _shared(list(groups.values()))
    names = _metrics([_common(group) for group in groups.values()], contenders[0].headline, metric)
    ratio = max(group.ratio for group in groups.values())
    measured = []
    for key in names:
        samples = {name: [of.values[split][key] for split in shared] for name, of in groups.items()}
        values = {
            name: _mean_value(of, sum(of) / len(of), corrected_interval(of, ratio))
            for name, of in samples.items()
        }
        pairs = [
            _pair_of_splits(one, other, samples[one], samples[other], ratio=ratio)
            for one, other in combinations(samples, 2)
        ]
        measured.append(_measured(key, _metric(key), values, pairs, decides=key == names[0]))
    return Part(
        over=over,
        about=f"{len(shared)} {over}, the same for all, by their {_split(groups)} rows",
        test="the corrected resampled t test",
        measured=measured,
    )


def _pair_of_splits(
    one: str, other: str, first: Sequence[float], second: Sequence[float], *, ratio: float
) -> Pair:
    test = splits.compare_splits(first, second, ratio=ratio)
    low, high = test.interval
    return Pair(one, other, test.difference, low, high, test.p, facts={"ratio": ratio})


_PARTS = {ROWS: _over_rows, SEEDS: _over_seeds, SPLITS: _over_splits, FOLDS: _over_folds}
