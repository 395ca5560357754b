"""Decides what all columns of a table hold, and stops if any is in doubt."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.config.data import Data
from pipeline.data.columns.reading import ColumnReading
from pipeline.data.spool import mapped, only
from pipeline.data.tables import TextTable
from pipeline.data.understanding.columns import finding_of
from pipeline.data.understanding.file import File
from pipeline.data.understanding.finding import Finding
from pipeline.data.understanding.profile import Profile, profile_of
from pipeline.data.understanding.targets import target_finding
from pipeline.errors import ConfigError, DataError

_TOTALS = ("total", "sum", "gesamt", "summe", "grand total", "subtotal", "totals", "insgesamt")


@dataclass(frozen=True)
class Understanding:
    """What the columns of a table hold.

    Args:
        profiles: the cells of each column.
        findings: what each column holds, except dropped columns and those that decide the split.
        features: the columns to learn from, in order.
        operand_columns: the columns that ratios and functions use.
        doubts: what is in doubt about rows.
    """

    profiles: Mapping[str, Profile]
    findings: Mapping[str, Finding]
    features: Sequence[str]
    operand_columns: Sequence[str]
    targets: Sequence[str]
    doubts: Sequence[str] = ()

    @property
    def readings(self) -> dict[str, ColumnReading]:
        """How the features are read."""
        return {
            name: reading
            for name in self.features
            if (reading := self.findings[name].reading) is not None
        }

    @property
    def target_readings(self) -> list[ColumnReading]:
        """How each target is read."""
        readings = [self.findings[name].reading for name in self.targets]
        known_readings = [reading for reading in readings if reading is not None]
        if len(known_readings) < len(readings):
            raise ValueError("a target is in doubt")
        return known_readings

    @property
    def operands(self) -> list[ColumnReading]:
        """How to read the columns of ratios and functions. These columns need not be features."""
        readings = (self.findings[name].reading for name in self.operand_columns)
        return [reading for reading in readings if reading is not None]

    @property
    def left_out(self) -> dict[str, str]:
        """The columns that are left out of the features, and why."""
        return {
            name: finding.why
            for name, finding in self.findings.items()
            if finding.reading is None and name not in self.targets
        }

    def require_no_doubt(self, path: str) -> None:
        """Checks that nothing is in doubt, and that a feature is left.

        Args:
            path: names the file in errors.

        Raises:
            DataError: a column is in doubt. The message names all of them, with the settings.
            ConfigError: no feature is left.
        """
        doubts = [
            f"{name}: {doubt}"
            for name, finding in self.findings.items()
            for doubt in finding.doubts
        ]
        count = sum(bool(finding.doubts) for finding in self.findings.values())
        if doubts or self.doubts:
            columns = f"{count:,} column{'s' * (count != 1)} in doubt"
            what = columns if count else "a row in doubt"
            raise DataError(f"{path}: {what}", expected=". ".join([*doubts, *self.doubts]))
        if not self.features and not self.operand_columns:
            raise self._no_feature()

    def _no_feature(self) -> ConfigError:
        left_out = "; ".join(f"{name}: {why}" for name, why in self.left_out.items())
        if not left_out:
            return ConfigError(
                "data.drop", "leaves no feature", expected="Expected: at least one column left"
            )
        return ConfigError(
            "data.features",
            "has no column, because all are left out",
            received=left_out,
            expected="List those to learn from under data.numeric or data.categorical",
        )


def understand(text: TextTable, data: Data, file: File) -> Understanding:
    """Decides what each column holds.

    Args:
        file: facts about the file, before this function adds evidence.
    """
    unused = {*data.drop, *data.roles.values()}
    used = [name for name in text.columns if name not in {*unused, *data.targets}]
    if data.features is not None:
        used = list(data.features)
    operands = data.operands
    names = list(dict.fromkeys([*used, *operands, *data.targets]))
    others = [name for name in operands if name not in data.numeric]
    data = replace(data, numeric=[*data.numeric, *others])
    profiles = mapped(only(text.columns, names), lambda name, cells: profile_of(name, cells, data))
    file = replace(file, evidence=frozenset(_evidence(profiles.values())))
    findings = _findings(profiles, data, file)
    sentinels = {finding.sentinel for finding in findings.values() if finding.sentinel is not None}
    if sentinels:  # A logger writes the same number into all of its columns.
        findings = _findings(profiles, data, replace(file, sentinels=frozenset(sentinels)))
    features = [name for name in used if findings[name].reading is not None]
    doubts = list(_doubts_on_rows(text, profiles, data.categorical))
    return Understanding(profiles, findings, features, operands, data.targets, doubts)


def _findings(profiles: Mapping[str, Profile], data: Data, file: File) -> dict[str, Finding]:
    return {
        name: target_finding(profile, data, file)
        if name in data.targets
        else finding_of(profile, data, file, is_chosen=data.features is not None)
        for name, profile in profiles.items()
    }


def _evidence(profiles: Iterable[Profile]) -> set[str]:
    """The decimal sign of the file, if the columns that have only one agree."""
    signs: set[str] = set()
    for profile in profiles:
        if profile.numerals is not None:
            signs |= profile.numerals.evidence()
    return signs if len(signs) == 1 else set()


def _doubts_on_rows(
    text: TextTable, profiles: Mapping[str, Profile], categorical: Sequence[str]
) -> Iterator[str]:
    last = {name: text.columns[name][-1].strip() for name in profiles}
    filled = [name for name, cell in last.items() if cell]
    if len(filled) == 1 and len(last) > 2 and " " in last[filled[0]]:
        (name,) = filled
        if profiles[name].values.get(last[name]) == 1 and name not in categorical:
            yield (
                f"the last row has only {last[name]!r}, so it may be a note. If it is, set "
                "skip_footer: 1 in the source's settings; if not, list its column under "
                "data.categorical or data.drop"
            )
            return
    for name in profiles:
        cell = text.columns[name][-1].strip()
        if name in categorical:
            continue
        if cell.casefold() in _TOTALS and profiles[name].values.get(cell) == 1:
            yield (
                f"the last row has {cell!r} in column {name}, so it may be a total. If it is, set "
                "skip_footer: 1 in the source's settings; if not, list the column under "
                "data.categorical or data.drop"
            )
