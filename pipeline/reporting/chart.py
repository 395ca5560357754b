"""The chart of all experiments by data: each result with its interval, and what to compare it with.

Each chart has an axis of its own, because its metric and its test rows are its own. Places on an
axis are percentages of its width, so a chart fits any screen.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.config.metrics import METRICS, module_of
from pipeline.reporting.published import published
from pipeline.reporting.results import Row, Series

_EDGE = 0.06  # share of an axis that stays empty at each end
_FAR = 5  # a mark further away than this many times the span of the results stays outside
_TICKS = 4
_DIGITS = 2  # of a place in per cent


@dataclass(frozen=True)
class Mark:
    """A figure on an axis.

    Args:
        kind: `baseline`, `published` or `claim`.
        label: what it is, with its figure.
        place: in per cent of the axis. 0 or 100 if it lies outside.
        outside: `below` or `above` the axis; empty if it lies on it.
    """

    kind: str
    label: str
    value: float
    place: float = 0.0
    outside: str = ""


@dataclass(frozen=True)
class Span:
    """A figure with its interval on an axis: of the result, or of a series of trainings."""

    label: str
    value: float
    low: float | None
    high: float | None
    place: float = 0.0
    start: float = 0.0
    stop: float = 0.0

    @property
    def width(self) -> float:
        return round(self.stop - self.start, _DIGITS)


@dataclass(frozen=True)
class Line:
    """An experiment in a chart.

    Args:
        variant: its data variant; empty if that has the name of the source.
        series: the means over folds, splits and seeds.
    """

    row: Row
    variant: str
    result: Span
    series: Sequence[Span]
    marks: Sequence[Mark]


@dataclass(frozen=True)
class Chart:
    """The experiments of one source with one headline metric, the best first.

    Args:
        better: `larger` or `smaller`; empty if it is not known.
        ticks: places and labels.
    """

    source: str
    metric: str
    better: str
    ticks: Sequence[tuple[float, str]]
    lines: Sequence[Line]

    @property
    def kinds(self) -> set[str]:
        """The kinds of marks in it, for the legend."""
        kinds = {mark.kind for line in self.lines for mark in line.marks}
        return kinds | ({"series"} if any(line.series for line in self.lines) else set())


def charts(rows: Sequence[Row]) -> list[Chart]:
    """A chart for each source and headline metric, by the names of the sources.

    Experiments without a value are left out.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in sorted(rows, key=lambda row: row.source):
        if row.value is not None and math.isfinite(row.value):
            groups.setdefault((row.source, row.headline), []).append(row)
    return [_chart(source, metric, group) for (source, metric), group in groups.items()]


def _chart(source: str, metric: str, rows: Sequence[Row]) -> Chart:
    larger = _larger_is_better(metric)
    lines = [_line(row) for row in rows]
    lines.sort(key=lambda line: line.result.value, reverse=larger is not False)
    axis = _Axis.of(lines)
    return Chart(
        source=source,
        metric=metric,
        better={True: "larger", False: "smaller", None: ""}[larger],
        ticks=[(axis.place(value), text) for value, text in axis.ticks],
        lines=[axis.placed(line) for line in lines],
    )


def _larger_is_better(metric: str) -> bool | None:
    module = module_of(metric)
    if module not in METRICS.names():  # the user's own, or deleted since
        return None
    larger: bool | None = METRICS.load(module, key="metric").METRIC.larger_is_better
    return larger


def _line(row: Row) -> Line:
    assert row.value is not None
    assert row.result is not None
    limits = row.metrics["test"][row.headline]
    series = [_series(one, row.headline) for one in row.result.series if row.headline in one.mean]
    return Line(
        row=row,
        variant="" if row.data == row.source else row.data,
        result=Span(row.score, row.value, limits.get("low"), limits.get("high")),
        series=series,
        marks=[*_baselines(row), *_published(row), *_claims(row)],
    )


def _series(series: Series, metric: str) -> Span:
    """The mean with its interval, or with one standard deviation over seeds of one split."""
    mean, spread = series.mean[metric], series.sd[metric]
    if series.low is None or series.high is None:
        low, high = mean - spread, mean + spread
    else:
        low, high = series.low[metric], series.high[metric]
    return Span(series.score(metric), mean, low, high)


def _baselines(row: Row) -> list[Mark]:
    return [
        Mark("baseline", f"{one.title} {one.figure} {one.interval}".rstrip(), one.value)
        for one in row.baselines
        if one.value is not None
    ]


def _published(row: Row) -> list[Mark]:
    value = published(row.planned.reported)
    return [] if value is None else [Mark("published", row.planned.reported, value)]


def _claims(row: Row) -> list[Mark]:
    """The bounds of claims on the headline metric."""
    own = [one.claim for one in row.claims if one.claim.metric == f"test/{row.headline}"]
    return [
        Mark("claim", f"must reach {claim}", bound)
        for claim in own
        for bound in dict.fromkeys((claim.at_least, claim.at_most))
        if math.isfinite(bound)
    ]


@dataclass(frozen=True)
class _Axis:
    start: float
    stop: float

    @classmethod
    def of(cls, lines: Sequence[Line]) -> "_Axis":
        """The axis of some lines: it holds all results, and the marks that are not far away."""
        spans = [span for line in lines for span in (line.result, *line.series)]
        values = [value for span in spans for value in (span.value, span.low, span.high)]
        finite = [value for value in values if value is not None and math.isfinite(value)]
        low, high = min(finite), max(finite)
        span = high - low or abs(high) or 1.0
        near = [
            mark.value
            for line in lines
            for mark in line.marks
            if low - _FAR * span <= mark.value <= high + _FAR * span
        ]
        low, high = min([low, *near]), max([high, *near])
        margin = _EDGE * (high - low or abs(high) or 1.0)
        return cls(low - margin, high + margin)

    def place(self, value: float) -> float:
        """In per cent of the axis; values outside are at its ends."""
        share = (value - self.start) / (self.stop - self.start)
        return round(100 * min(1.0, max(0.0, share)), _DIGITS)

    def placed(self, line: Line) -> Line:
        """The line with all its places."""
        return replace(
            line,
            result=self._span(line.result),
            series=[self._span(span) for span in line.series],
            marks=[self._mark(mark) for mark in line.marks],
        )

    def _span(self, span: Span) -> Span:
        low = span.value if span.low is None else span.low
        high = span.value if span.high is None else span.high
        return replace(
            span, place=self.place(span.value), start=self.place(low), stop=self.place(high)
        )

    def _mark(self, mark: Mark) -> Mark:
        outside = "below" if mark.value < self.start else "above" if mark.value > self.stop else ""
        return replace(mark, place=self.place(mark.value), outside=outside)

    @property
    def ticks(self) -> list[tuple[float, str]]:
        """Round values on the axis, with their labels."""
        step = _round_step((self.stop - self.start) / _TICKS)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        first, last = math.ceil(self.start / step), math.floor(self.stop / step)
        return [(count * step, f"{count * step:,.{digits}f}") for count in range(first, last + 1)]


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5, 10, … and their fractions that is not below `least`."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= least * (1 - 1e-9))
