"""A comparison in words and tables, for a terminal and as Markdown."""

import string
import textwrap
from collections.abc import Sequence

from pipeline.comparing.comparison import (
    FOLDS,
    ROWS,
    SEEDS,
    SPLITS,
    UNTIL_DECIDED,
    Comparison,
    Measured,
    Pair,
    Part,
)
from pipeline.formatting import interval, markdown, number

WIDTH = 80  # characters of a line
_DROPPED = ("trainings", "sd", "p", "Holm's p")  # columns; the first is the first to go
_SMALLEST_P = 0.0001
Table = Sequence[Sequence[str]]  # rows of cells; the first row is the heading


def on_terminal(comparison: Comparison, *, width: int = WIDTH) -> str:
    """The whole comparison, in lines of at most `width` characters unless a name is long.

    A table that is too wide loses columns, but never the figure, its limits or the verdict.
    """
    blocks = ["\n".join(_wrapped(title(comparison), width))]
    for part in comparison.parts:
        lines = [*_wrapped(heading(part), width), ""]
        lines += [*_aligned(values(comparison, part.decisive), width), ""]
        lines += _aligned(differences(comparison, part.decisive), width)
        remarks = part_remarks(comparison, part)
        blocks.append("\n".join([*lines, *([""] if remarks else []), *_items(remarks, width)]))
    blocks += ["\n".join(_wrapped(line, width)) for line in conclusion(comparison)]
    return "\n\n".join(blocks)


def in_markdown(comparison: Comparison, figures: Sequence[str]) -> str:
    """The comparison with all metrics, and its figures.

    Args:
        figures: the names of their files.
    """
    blocks = [f"# {markdown(title(comparison))}", *map(markdown, conclusion(comparison))]
    for part in comparison.parts:
        blocks.append(f"## {markdown(heading(part))}")
        blocks.append(_grid(values(comparison, part.decisive)))
        blocks.append(_grid(differences(comparison, part.decisive)))
        blocks.append(
            "\n".join(f"- {markdown(remark)}" for remark in part_remarks(comparison, part))
        )
        if len(part.measured) > 1:
            blocks.append("Other metrics. They decide nothing, because one of many is often lucky:")
            blocks.append(_grid(_others(comparison, part.measured[1:])))
    blocks += [f"![{name}]({name})" for name in figures]
    blocks.append("Runs:")
    blocks.append(
        "\n".join(
            f"- {markdown(comparison.titles[name])}: {', '.join(f'`{run}`' for run in runs)}"
            for name, runs in comparison.runs.items()
        )
    )
    return "\n\n".join(block for block in blocks if block) + "\n"


def title(comparison: Comparison) -> str:
    """`digits_cnn against digits_mlp by accuracy, larger is better`."""
    names = [comparison.titles[name] for name in comparison.names]
    decisive = comparison.parts[0].decisive
    return f"{' against '.join(names)} by {decisive.metric}, {direction(decisive)}"


def direction(measured: Measured) -> str:
    """Whether larger values are better, in words."""
    return f"{'larger' if measured.larger_is_better else 'smaller'} is better"


def heading(part: Part) -> str:
    """What a part compares, and by which test."""
    return f"{part.about[:1].upper()}{part.about[1:]}: {part.test}"


def letters(comparison: Comparison) -> dict[str, str]:
    """A letter for each name, because two names may not fit into a line."""
    return dict(zip(comparison.names, _letters(), strict=False))


def _letters() -> list[str]:
    single = list(string.ascii_uppercase)
    return [*single, *(f"{first}{second}" for first in single for second in single)]


def values(comparison: Comparison, measured: Measured) -> Table:
    """A row for each name: its letter, its value with limits, and its standard deviation."""
    repeated = any(value.samples for value in measured.values.values())
    limited = any(value.low is not None for value in measured.values.values())
    more = [*(["95 % interval"] if limited else []), *(["sd", "trainings"] if repeated else [])]
    rows = [["", "", measured.metric, *more]]
    for name, letter in letters(comparison).items():
        value = measured.values[name]
        row = [letter, comparison.titles[name], number(value.value)]
        if limited:
            row.append(
                "" if value.low is None or value.high is None else interval(value.low, value.high)
            )
        if repeated:
            row += [number(_deviation(value.samples)), f"{len(value.samples)}"]
        rows.append(row)
    return rows


def _deviation(samples: Sequence[float]) -> float:
    mean = sum(samples) / len(samples)
    squares = sum((sample - mean) ** 2 for sample in samples)
    return float((squares / max(1, len(samples) - 1)) ** 0.5)


def differences(comparison: Comparison, measured: Measured) -> Table:
    """A row for each pair: its difference with limits, p, Holm's p, and which one is better."""
    letter = letters(comparison)
    several = len(measured.pairs) > 1
    rows = [["", "difference", "95 % interval", "p", *(["Holm's p"] if several else []), ""]]
    for pair in measured.pairs:
        limits = signed_interval(pair)
        outcome = f"{letter[pair.better]} is better" if pair.better else "not decided"
        shown = [pair.p, pair.adjusted_p] if several else [pair.p]
        p_values = [p_text(p, is_bound=pair.is_bound) for p in shown]
        name = f"{letter[pair.one]} - {letter[pair.other]}"
        rows.append([name, signed(pair.difference), limits, *p_values, outcome])
    return rows


def _others(comparison: Comparison, measured: Sequence[Measured]) -> Table:
    """A row for each metric and pair, without a verdict."""
    letter = letters(comparison)
    rows = [["metric", "better if", "", "difference", "95 % interval", "p"]]
    for metric in measured:
        for pair in metric.pairs:
            limits = signed_interval(pair)
            name = f"{letter[pair.one]} - {letter[pair.other]}"
            size = "larger" if metric.larger_is_better else "smaller"
            p = p_text(pair.p, is_bound=pair.is_bound)
            rows.append([metric.metric, size, name, signed(pair.difference), limits, p])
    return rows


def signed(value: float) -> str:
    """`+0.0111`, `-0.0051` or `+2,913.4`."""
    return f"{'-' if value < 0 else '+'}{number(abs(value))}"


def signed_interval(pair: Pair) -> str:
    """`[-0.0051, +0.0285]`, or `none`."""
    if pair.low is None or pair.high is None:
        return "none"
    return f"[{signed(pair.low)}, {signed(pair.high)}]"


def p_text(p: float | None, *, is_bound: bool = False) -> str:
    """`0.22`, `0.0031`, `≤0.001`, `<0.0001`, or `none`."""
    if p is None:
        return "none"
    if is_bound:
        return f"≤{p:.2g}"
    return f"{p:.2g}" if p >= _SMALLEST_P else f"<{_SMALLEST_P:g}"


def part_remarks(comparison: Comparison, part: Part) -> list[str]:
    """The sentences about the tests of a part."""
    letter = letters(comparison)
    several = len(part.decisive.pairs) > 1
    lines = []
    for pair in part.decisive.pairs:
        beginning = f"{letter[pair.one]} - {letter[pair.other]}: " if several else ""
        for remark in pair.remarks:
            text = remark.replace("{one}", letter[pair.one]).replace("{other}", letter[pair.other])
            lines.append(f"{beginning}{text}")
    return lines


_NOISE = {ROWS: "test rows", SEEDS: "seeds", SPLITS: "splits", FOLDS: "folds"}
_NOISE[UNTIL_DECIDED] = _NOISE[SEEDS]


def conclusion(comparison: Comparison) -> list[str]:
    """The verdict with the noise that it exceeds, and the remarks on the whole comparison."""
    return [f"Verdict: {verdict(comparison)}.", *comparison.remarks]


def verdict(comparison: Comparison) -> str:
    """`a is better, beyond the noise of the test rows`."""
    return f"{comparison.verdict}{_beyond(comparison)}"


def _beyond(comparison: Comparison) -> str:
    """Which noise the difference exceeds, and which not."""
    if comparison.best:
        return f", beyond {_noise(comparison.parts)}"
    if len(comparison.names) > 2:
        return ": no name is better than all others"
    inside = [part for part in comparison.parts if not part.decisive.pairs[0].better]
    beyond = [part for part in comparison.parts if part not in inside]
    if not inside:
        return f": {_noise(beyond)} name different ones as better"
    if beyond:
        return f": the difference is beyond {_noise(beyond)}, but inside {_noise(inside)}"
    return f": the difference is inside {_noise(inside)}"


def _noise(parts: Sequence[Part]) -> str:
    """`the noise of the seeds and of the test rows`."""
    return "the noise " + " and ".join(f"of the {_NOISE[part.over]}" for part in parts)


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, break_long_words=False, break_on_hyphens=False)


def _items(lines: Sequence[str], width: int) -> list[str]:
    return [
        wrapped
        for line in lines
        for wrapped in textwrap.wrap(line, width, initial_indent="  ", subsequent_indent="    ")
    ]


def _aligned(table: Table, width: int) -> list[str]:
    """Columns side by side: all, or those that fit."""
    columns = list(zip(*table, strict=True))
    for heading in ("", *_DROPPED):
        columns = [column for column in columns if column[0] != heading or not heading]
        lines = _side_by_side(columns)
        if max(map(len, lines)) <= width:
            break
    return lines


def _side_by_side(columns: Sequence[Sequence[str]]) -> list[str]:
    padded = [[cell.ljust(max(map(len, column))) for cell in column] for column in columns]
    return [f"  {'  '.join(row)}".rstrip() for row in zip(*padded, strict=True)]


def _grid(table: Table) -> str:
    head, *rows = ([markdown(cell) for cell in row] for row in table)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
