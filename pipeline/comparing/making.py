"""Makes a comparison: resolves its names, and writes and logs the result."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.comparing import names, record, text
from pipeline.comparing.comparison import ROWS, SEEDS, UNTIL_DECIDED, Comparison, Part
from pipeline.comparing.names import Contender
from pipeline.errors import PipelineError
from pipeline.files import replacing_folder, write_text


def resolve_all(typed: Sequence[str]) -> list[Contender]:
    """Resolves the names.

    Raises:
        PipelineError: a name stands for nothing, it was not evaluated or its results are stale, or
            two names are the same.
    """
    contenders = [names.resolve(name) for name in typed]
    seen = [contender.name for contender in contenders]
    if twice := [name for name in seen if seen.count(name) > 1]:
        raise PipelineError("a name appears twice", received=twice[0], expected="Name each once")
    return contenders


def comparison_of(
    contenders: Sequence[Contender], parts: Sequence[Part], *, command: str
) -> Comparison:
    """The comparison with these parts.

    Args:
        command: the command that repeats the comparison.
    """
    return Comparison(
        names=[contender.name for contender in contenders],
        titles={contender.name: contender.title for contender in contenders},
        experiments=[contender.name for contender in contenders if contender.is_experiment],
        parts=list(parts),
        remarks=_remarks(contenders, parts),
        runs={contender.name: contender.run_ids for contender in contenders},
        sources=record.digests(path for contender in contenders for path in contender.sources),
        command=command,
    )


def _remarks(contenders: Sequence[Contender], parts: Sequence[Part]) -> list[str]:
    """The noise that the comparison does not test, and remarks on each name."""
    over = {part.over for part in parts}
    remarks = [
        f"{contender.title}: {remark}" for contender in contenders for remark in contender.remarks
    ]
    if over == {ROWS}:
        advice = (
            "list them under repeats in params.yaml, or use --until-decided."
            if all(contender.is_experiment for contender in contenders)
            else "write the settings of a run into conf/experiment/, and compare experiments."
        )
        remarks.append(
            "The noise of the seed is not in this comparison. It needs several seeds of each: "
            f"{advice}"
        )
    if over <= {SEEDS, UNTIL_DECIDED}:
        remarks.append("All seeds were measured on the same rows: this says nothing about others.")
    return remarks


def write(folder: Path, comparison: Comparison, contenders: Sequence[Contender]) -> None:
    """Writes the table, the figures and the record, whole or not at all."""
    from pipeline.comparing import figures
    from pipeline.evaluation.drawing.png import png
    from pipeline.runs import history

    letter = text.letters(comparison)
    histories = {
        f"{letter[contender.name]}  {contender.title}": history.read(contender.tested.history)
        for contender in contenders
        if contender.tested and contender.tested.history
    }
    drawings = {
        "differences.png": figures.differences(comparison),
        "curves.png": figures.curves(histories, comparison.metric) if len(histories) > 1 else None,
    }
    with replacing_folder(folder) as temporary:
        drawn = {name: drawing for name, drawing in drawings.items() if drawing is not None}
        for name, figure in drawn.items():
            (temporary / name).write_bytes(png(figure))
        write_text(temporary / record.TEXT, text.in_markdown(comparison, list(drawn)))
        record.write(temporary, comparison)


def log(folder: Path, comparison: Comparison, contenders: Sequence[Contender]) -> str:
    """Records what `write` wrote as a run of its own.

    Returns:
        The id of that run.
    """
    from pipeline.tracking import stores
    from pipeline.tracking.comparisons import log_comparison

    decisive = comparison.parts[0].decisive
    letter = text.letters(comparison)
    values = {
        f"{letter[name]}/{decisive.metric}": value.value for name, value in decisive.values.items()
    }
    metrics = {
        f"{letter[pair.one]}-{letter[pair.other]}/{name}": value
        for pair in decisive.pairs
        for name, value in (("difference", pair.difference), ("p", pair.p))
        if value is not None
    }
    tags = {
        "verdict": comparison.verdict,
        "metric": comparison.metric,
        **{f"name.{letter[name]}": comparison.titles[name] for name in comparison.names},
        **{f"runs.{letter[name]}": ", ".join(runs) for name, runs in comparison.runs.items()},
    }
    return log_comparison(
        stores.load(contenders[0].store),
        record.identifier(comparison),
        " against ".join(comparison.titles[name] for name in comparison.names),
        tags=tags,
        metrics=values | metrics,
        files=[folder / record.FILE, folder / record.TEXT],
        figures=sorted(folder.glob("*.png")),
    )
