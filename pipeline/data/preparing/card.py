"""Builds the data card of a table or of images."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.config.data import Data
from pipeline.data.card import ColumnCard, DataCard
from pipeline.data.prepared import Table
from pipeline.data.preparing.description import examples_of, levels_of
from pipeline.data.preparing.given_splits import usual_splits
from pipeline.data.preparing.images import Images
from pipeline.data.preparing.rows import SourceRows
from pipeline.data.raw import Raw
from pipeline.data.understanding.profile import Profile, profile_of
from pipeline.data.understanding.table import Understanding

_MOST_FEATURES = 3


def card_of(
    data: Data,
    source: SourceRows,
    described: Mapping[str, ColumnCard],
    *,
    columns: Sequence[str],
    rows: Mapping[str, int],
    table: Table | None = None,
    unseen: Mapping[str, Mapping[str, int]] | None = None,
    notes: Sequence[str] = (),
) -> DataCard:
    """Builds the card of a table.

    Args:
        described: what each used column holds, as `described_columns` returns it.
        columns: all columns, in the order of the file.
        rows: the number of rows of each split.
        table: the features; None before the rows are split.
        unseen: how many rows of each split have a level that no training row has, by column.
        notes: what else a user should know.
    """
    features = _features_of(source.understanding, table)
    cards = [
        replace(described[column], becomes=described[column].becomes or _listed(features[column]))
        if column in described
        else _unused(column, data)
        for column in columns
    ]
    lines = [f"{source.dropped:,} rows without a target are left out"] if source.dropped else []
    for name, own in data.functions.items():
        lines.append(f"{name} is computed by {own.function} from {', '.join(own.columns)}")
    rare = (unseen or {}).get("train", {})
    for split, counts in (unseen or {}).items():
        for column, count in counts.items():
            level = "a rare level" if column in rare else "a level that no training row has"
            shared = ", and such levels share one code" if split == "train" else ""
            lines.append(f"{column} has {level} in {count:,} {split} rows{shared}")
    return DataCard(
        data.name,
        data.source,
        dict(rows),
        data.targets,
        cards,
        [*lines, *notes, *source.understanding.doubts],
    )


def image_card_of(
    data: Data, raw: Raw, images: Images, *, rows: Mapping[str, int], notes: Sequence[str]
) -> DataCard:
    """Builds the card of images: their pixels, their label, and what else the source holds.

    Args:
        rows: the number of rows of each split.
        notes: what else a user should know.
    """
    height, width, channels = images.x.shape[1:]
    size = f"{height} by {width} pixels of {channels} channel{'s' if channels > 1 else ''}"
    content = f"{images.x.min():g} to {images.x.max():g} of {images.maximum}"
    names = images.columns or [raw.file_column or ""]
    name = names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"
    cards = [ColumnCard(name, "pixels", "", [], {}, None, content, size)]
    for column, cells in images.text.columns.items():
        if column != raw.file_column:
            cards.append(_other_column(profile_of(column, cells, data), data))
    return DataCard(data.name, data.source, dict(rows), data.targets, cards, list(notes))


def _other_column(profile: Profile, data: Data) -> ColumnCard:
    """The card of a column that holds no pixels."""
    column, why, notes = profile.column, "", []
    if column in data.targets:
        becomes = "the target"
    elif column in data.drop or column in data.split.columns.values():
        becomes = _unused(column, data).becomes
    else:
        why = "the rows are images"
        becomes = f"left out: {why}"
        if len(usual_splits(profile.values)) == len(profile.values) > 1:
            notes.append(
                f"has the values {', '.join(profile.values)}. If they say the split of a row, set "
                f"split: {{column: {column}}} in the data settings"
            )
    return ColumnCard(
        column,
        "category",
        why,
        examples=examples_of(profile),
        missing=dict(profile.missing),
        different=len(profile.values),
        content=levels_of(profile),
        becomes=becomes,
        notes=notes,
    )


def _unused(column: str, data: Data) -> ColumnCard:
    becomes = "left out: data.drop names it" if column in data.drop else "not used"
    for key, name in data.roles.items():
        if name == column:
            becomes = f"not a feature: data.{key} names it"
    return ColumnCard(column, "", "", [], {}, None, "", becomes)


def _features_of(understanding: Understanding, table: Table | None) -> dict[str, list[str]]:
    """The features that each column becomes."""
    if table is None:
        return {
            name: reading.names or ["an indicator for each level or word"]
            for name, reading in understanding.readings.items()
        }
    column_of = {name: one.column for one in table.readings for name in one.names}
    features: dict[str, list[str]] = {one.column: [] for one in table.readings}
    for number in table.numeric:
        for column in dict.fromkeys(column_of[name] for name in number.of):
            features[column].append(number.name)
    for number in table.with_indicator:
        features[column_of[number.of[0]]].append(f"{number.name} is missing")
    for category in table.categorical:
        features[category.name] += [f"{category.name}={level}" for level in category.levels]
    for text in table.texts:
        features[text.name].append(f"{len(text.words):,} words")
    return features


def _listed(features: list[str]) -> str:
    if len(features) <= _MOST_FEATURES:
        return ", ".join(features)
    return f"{len(features):,} features, {features[0]} to {features[-1]}"
