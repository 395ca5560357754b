"""What all columns of a table hold."""

from pathlib import Path

from pipeline.data.tables import TextTable
from pipeline.data.understanding.file import File
from pipeline.data.understanding.table import understand
from tests.support.raw_sources import data_of


def test_sentinel_is_in_doubt_in_all_columns():
    columns = {
        "near": ["13", "-200", "14", "-200", "15"],
        "wide": ["647", "-200", "2040", "-200", "900"],
        "other": ["-300", "-100", "5", "-100", "7"],
        "y": ["1", "2", "-200", "-200", "5000"],
    }
    text = TextTable(columns, [(Path("own.csv"), line) for line in range(2, 7)])
    findings = understand(text, data_of(), File()).findings
    assert [name for name, finding in findings.items() if finding.doubts] == ["near", "wide", "y"]
    assert "set data.na_values: ['-200'];" in findings["wide"].doubts[0]


def test_sentinel_as_a_missing_value_settles_all_columns():
    columns = {"a": ["13", "-200", "14", "-200", "15"], "y": ["1", "2", "-200", "-200", "9"]}
    text = TextTable(columns, [(Path("own.csv"), line) for line in range(2, 7)])
    data = data_of(na_values=["-200"], drop_missing_target=True)
    understand(text, data, File()).require_no_doubt("own.csv")
