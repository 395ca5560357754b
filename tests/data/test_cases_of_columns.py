"""Columns as people bring them, in `cases/`: read rightly, or asked about with the way out."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.config.data import Data, Task
from pipeline.config.split import SplitMethod, SplitSettings
from pipeline.data.fetching.sources import fetch
from pipeline.data.prepared import Meta
from pipeline.data.preparing.preparation import prepare
from tests.data.test_cases import CASES, source_of
from tests.support.refusals import refusal


def prepared(folder: Path, case: str, source: dict[str, Any], data: dict[str, Any]) -> Meta:
    """Fetches and prepares a case with settings in addition to its own."""
    fetch(source_of(case, **source), root=folder / "raw", mirror=str(CASES))
    settings = yaml.safe_load((CASES / case / "data.yaml").read_text(encoding="utf-8")) | data
    split = settings.pop("split", {})
    if "method" in split:
        split["method"] = SplitMethod[split["method"]]
    settings["task"] = Task[settings["task"]]
    return prepare(
        Data(name=case, split=SplitSettings(**split), **settings),
        raw_root=folder / "raw",
        root=folder / "prepared",
    )


def features_of(meta: Meta) -> list[str]:
    assert meta.table is not None
    return meta.table.features


NOTED = {
    "currency_small": (
        ["qty", "price", "item=a", "item=b", "item=c"],
        ["price reads '$11,800.50' as 11800.5"],
    ),
    "multi_target": (["a", "b"], []),
    "unk_level": (["a", "b=[UNK]", "b=x", "b=z"], []),
    "serve_raw_cells": (
        [
            *("age", "work=", "work=Private", "work=State-gov"),
            *("garage=", "garage=Attchd", "garage=Detchd"),
        ],
        ["work reads '?' as missing"],
    ),
    "percent": (["ctr", "visits"], ["ctr reads '12%' as 12"]),
    "units": (
        ["weight", "speed"],
        ["weight reads '66 kg' as 66", "speed reads '33km/h' as 33"],
    ),
    "thousands": (["pop", "area"], ["pop reads '288,737' as 288737"]),
    "thousands_space": (["pop", "area"], ["pop reads '641 287' as 641287"]),
    "excel_de": (
        ["Fläche", "Stadt=Köln", "Stadt=Münster"],
        ["Fläche reads '110,4' as 110.4", "Miete reads '1.181,84' as 1181.84"],
    ),
    "date_int": (
        [f"day {part}" for part in ("month", "day", "weekday", "day_of_year", "days")]
        + ["shop=a", "shop=b"],
        ["day is read as dates; if they are numbers, set data.numeric: [day]"],
    ),
    "dates_monthly": (
        [f"month {part}" for part in ("year", "month", "weekday", "day_of_year", "days")]
        + ["shop=a", "shop=b"],
        ["month becomes year, month, weekday, day_of_year, days"],
    ),
    "id_int": (
        ["score"],
        ["id is left out: each row has a number of its own, and the name says that it names rows"],
    ),
    "leading_zero_id": (
        ["bmi"],
        [
            f"{name} is left out: it holds codes with leading zeros, and each row has a text of "
            "its own"
            for name in ("zip", "patient")
        ],
    ),
    "unique_small": (["score"], ["name is left out: each row has a text of its own"]),
    "na_majority": (
        ["temp", "hum", "temp is missing"],
        ["temp is missing in 35 of 60 rows", "temp reads 'n/a' as missing"],
    ),
    "na_excel": (
        ["temp", "hum", "temp is missing", "kind=", "kind=a", "kind=b"],
        ["temp reads '#N/A' as missing", "kind reads '#N/A', 'n/a' as missing"],
    ),
    "na_excel_cat": (
        ["hum", "kind=", "kind=a", "kind=b"],
        [
            "kind is missing in 46 of 60 rows",
            "kind reads '#N/A', 'n/a', '<NA>' and 2 others as missing",
        ],
    ),
    "text": (
        [f"message: {word}" for word in ("call", "free", "now", "ok", "see", "you")],
        ["message is read as words; to leave it out, set data.drop: [message]"],
    ),
    "target_case": (["age", "bmi"], ["y reads 'Yes' as 'yes', 'no' as 'No'"]),
    "mixed_case": (
        ["age", "sex=F", "sex=Female", "sex=M", "sex=male"],
        [
            "sex reads 'MALE', 'Male' as 'male', 'female' as 'Female'",
            "sex has 'F' and 'Female'; if they are the same, set data.spellings: "
            "{sex: {F: Female}}",
            "sex has 'M' and 'male'; if they are the same, set data.spellings: {sex: {M: male}}",
        ],
    ),
}


@pytest.mark.parametrize(("case", "expected"), NOTED.items(), ids=NOTED)
def test_case_is_read_and_noted(tmp_path, case, expected):
    meta = prepared(tmp_path, case, {}, {})
    assert (features_of(meta), meta.notes) == expected


@dataclass(frozen=True)
class Way:
    """Settings that a message advises, and a fact about the data that they make."""

    fact: Any
    source: dict[str, Any] = field(default_factory=dict)
    data: dict[str, Any] = field(default_factory=dict)


DOUBTS: dict[str, tuple[str, list[Way]]] = {
    "excel_de_thousands": (
        "Einwohner: '.' in '3.352' may separate thousands or decimals. Set thousands: '.' and "
        "decimal: ',' for the former, decimal: '.' for the latter, in the source's settings.",
        [
            Way("Einwohner > 1000", source={"thousands": ".", "decimal": ","}),
            Way("Einwohner < 1000", source={"decimal": "."}),
        ],
    ),
    "sentinel": (
        "temp: -999 is in 21 of 60 rows, far from all other values. If it means missing, set "
        "data.na_values: ['-999']; if it is a number, data.numeric: [temp]; if it is a "
        "code, data.categorical: [temp].",
        [
            Way(["temp", "hum", "temp is missing"], data={"na_values": ["-999"]}),
            Way(["temp", "hum"], data={"numeric": ["temp"]}),
        ],
    ),
    "none_is_a_level": (
        "garage: it has 'None' in 20 rows and 'NA' in others. If 'None' is a level, set "
        "data.keep_as_level: {garage: [None]}; if both mean missing, data.na_values: "
        "{garage: [None]}.",
        [
            Way(
                ["age", "garage=", "garage=Attchd", "garage=None"],
                data={"keep_as_level": {"garage": ["None"]}},
            ),
            Way(["age", "garage=", "garage=Attchd"], data={"na_values": {"garage": ["None"]}}),
        ],
    ),
    "num_as_codes": (
        "region: 99 is in 29 of 120 rows, far from all other values. If it means missing, set "
        "data.na_values: ['99']; if it is a number, data.numeric: [region]; if it is a "
        "code, data.categorical: [region].",
        [
            Way(
                ["job", "region=10", "region=20", "region=99"],
                data={"categorical": ["region"]},
            )
        ],
    ),
    "na_is_a_class": (
        "continent: the target is missing in 24 of 60 rows ('NA'). To leave these rows out, set "
        "data.drop_missing_target: true. If it is a class, set data.keep_as_level: "
        "{continent: ['NA']}.",
        [
            Way(["AS", "EU", "NA"], data={"keep_as_level": {"continent": ["NA"]}}),
            Way(["AS", "EU"], data={"drop_missing_target": True}),
        ],
    ),
    "none_is_a_class": (
        "Sleep Disorder: the target is missing in 33 of 60 rows ('None'). To leave these rows "
        "out, set data.drop_missing_target: true. If it is a class, set data.keep_as_level: "
        "{Sleep Disorder: ['None']}.",
        [
            Way(
                ["Insomnia", "None", "Sleep Apnea"],
                data={"keep_as_level": {"Sleep Disorder": ["None"]}},
            )
        ],
    ),
    "target_missing": (
        "income: the target is missing in 21 of 60 rows (empty cells). To leave these rows out, "
        "set data.drop_missing_target: true.",
        [Way(39, data={"drop_missing_target": True})],
    ),
    "float_class": (
        "y: the labels look like a quantity: '1.5' among 3 different numbers. If they are a "
        "quantity, set data.task: regression; if they are classes, data.categorical: [y].",
        [Way(["1.0", "1.5", "2.0"], data={"categorical": ["y"]})],
    ),
    "price_target_advised": (
        "price: the labels look like numbers, such as '$10.98'. If they are a quantity, set "
        "data.task: regression; if they are classes, data.categorical: [price].",
        [Way(None, data={"task": "regression"})],
    ),
    "zero_class": (
        "y: the labels '001', '01', '1' are equal as numbers. If they are, set data.numeric: "
        "[y]; if they are different, data.categorical: [y].",
        [
            Way(["001", "01", "1"], data={"categorical": ["y"]}),
        ],
    ),
    "total_row": (
        "the last row has 'Total' in column shop, so it may be a total. If it is, set "
        "skip_footer: 1 in the source's settings; if not, list the column under "
        "data.categorical or data.drop.",
        [Way(40, source={"skip_footer": 1})],
    ),
}


@pytest.mark.parametrize("case", DOUBTS)
def test_doubt_is_one_message(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    message, _ = DOUBTS[case]
    count = "a row in doubt" if case == "total_row" else "1 column in doubt"
    assert refusal(prepared, Path(), case, {}, {}) == f"raw/{case}/data.csv: {count}. {message}"


@pytest.mark.parametrize(
    ("case", "way"), [(case, way) for case, (_, ways) in DOUBTS.items() for way in ways]
)
def test_advised_setting_means_what_it_says(tmp_path, case, way):
    meta = prepared(tmp_path, case, way.source, way.data)
    if isinstance(way.fact, str):
        means = {feature.name: feature.mean for feature in meta.table.numeric}
        name, sign, bound = way.fact.split()
        assert means[name] > float(bound) if sign == ">" else means[name] < float(bound)
    elif isinstance(way.fact, int):
        assert sum(meta.rows.values()) == way.fact
    elif meta.classes and way.fact[0] in meta.classes:
        assert meta.classes == way.fact
    elif way.fact is not None:
        assert features_of(meta) == way.fact
    else:
        assert meta.classes is None


WARNED = {
    "dup_rows": "13 of 13 validation rows and 16 of 16 test rows equal a training row",
    "iris_rows": "the rows are sorted by c5, and data.rows takes the first 60 of 150",
    "rare_class_random": "no validation row is of class rare; no test row is of class rare",
}


@pytest.mark.parametrize(("case", "warning"), WARNED.items(), ids=WARNED)
def test_case_is_prepared_with_a_warning(tmp_path, case, warning):
    assert any(line.startswith(warning) for line in prepared(tmp_path, case, {}, {}).remarks)


TOO_RARE = {"five_rows": "class 1. Received: 2 rows", "rare_class": "class rare. Received: 1 row"}


@pytest.mark.parametrize(("case", "rare"), TOO_RARE.items(), ids=TOO_RARE)
def test_rare_class_names_the_setting_of_the_split(tmp_path, case, rare):
    assert refusal(prepared, tmp_path, case, {}, {}) == (
        f"data.split.method stratified needs more rows of {rare}. Expected: at least 3; or set "
        "data.split.method: random."
    )
    assert prepared(tmp_path, case, {}, {"split": {"method": "random"}}).rows["test"] >= 1


def test_weights_are_read_as_written_first(tmp_path):
    meta = prepared(tmp_path, "weights", {}, {})
    assert (features_of(meta), meta.config["sample_weight"]) == (["a", "b"], "w")
