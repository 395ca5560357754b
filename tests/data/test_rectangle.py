"""Which rows belong to a table, and what its columns are called."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.rectangle import Header, rectangle
from pipeline.errors import DataError
from tests.support.refusals import refusal


def table(text: str, **settings: object) -> tuple[list[str], list[list[str]], list[str]]:
    """The columns, rows and notes of lines with commas."""

    def rows(_notes: list[str]):
        for line, cells in enumerate(text.split("\n"), start=1):
            yield line, cells.split(",") if cells else []

    made = rectangle(rows, name="own", header=Header(**settings))  # type: ignore[arg-type]
    return made.columns, [cells for _, cells in made.rows], made.notes


def test_rows_keep_their_lines():
    made = rectangle(
        lambda _: iter([(3, ["a"]), (5, ["1"]), (9, ["2"])]), name="own", header=Header()
    )
    assert list(made.rows) == [(5, ["1"]), (9, ["2"])]


@pytest.mark.parametrize(
    ("text", "columns", "rows", "note"),
    [
        (
            "a,b,\n1,2,\n3,4,",
            ["a", "b"],
            [["1", "2"], ["3", "4"]],
            "left out without name and values: column 3",
        ),
        (
            "a,b\n1,2,\n3,4",
            ["a", "b"],
            [["1", "2"], ["3", "4"]],
            "left out: empty values at the end of 1 row",
        ),
        (
            "a,b,\n1,2\n3,4",
            ["a", "b"],
            [["1", "2"], ["3", "4"]],
            "left out without name and values: column 3",
        ),
        (
            ",a,b\n0,5,6\n1,7,8",
            ["a", "b"],
            [["5", "6"], ["7", "8"]],
            "left out, because it only counts rows: column 1",
        ),
        (
            ",a\n1,5\n2,7",
            ["a"],
            [["5"], ["7"]],
            "left out, because it only counts rows: column 1",
        ),
        (
            "Unnamed: 0.1,Unnamed: 0,a\n0,0,5\n1,1,7",
            ["a"],
            [["5"], ["7"]],
            "left out, because it only counts rows: columns 1 and 2",
        ),
        (
            ",a\n5,5\n1,7",
            ["unnamed_1", "a"],
            [["5", "5"], ["1", "7"]],
            "column 1 has no name, and is now called unnamed_1",
        ),
        (
            "a,,c\n0,0,1\n1,1,2",
            ["a", "unnamed_2", "c"],
            [["0", "0", "1"], ["1", "1", "2"]],
            "column 2 has no name, and is now called unnamed_2",
        ),
        (
            "a,b\n1,2\na,b\n3,4",
            ["a", "b"],
            [["1", "2"], ["3", "4"]],
            "left out: 1 row that repeat the header",
        ),
        (
            "a,b,c\nx,2,3\nTotal,5,6",
            ["a", "b", "c"],
            [["x", "2", "3"], ["Total", "5", "6"]],
            "the end may hold a sum or a note, not rows: 'Total,5,6'. Then set skip_footer: 1",
        ),
        (
            "a,b,c\nx,2,3\nNote: x,,\nSource,,",
            ["a", "b", "c"],
            [["x", "2", "3"], ["Note: x", "", ""], ["Source", "", ""]],
            "the end may hold a sum or a note, not rows: 'Note: x,,'. Then set skip_footer: 2",
        ),
    ],
)
def test_what_is_without_doubt_is_done_and_said(text, columns, rows, note):
    assert table(text) == (columns, rows, [note])


def test_index_that_breaks_late_is_a_column():
    text = ",a\n" + "".join(f"{row},1\n" for row in range(300)) + "0,1"
    assert table(text)[0] == ["unnamed_1", "a"]


@pytest.mark.parametrize(
    ("columns", "names"),
    [
        (["i", "x"], ["i", "x"]),
        (["x"], ["x"]),
        ({"a": "x"}, ["x"]),
    ],
)
def test_names_may_be_given_for_the_index_too(columns, names):
    assert table(",a\n0,5\n1,6", columns=columns)[0] == names


@pytest.mark.parametrize(
    ("text", "rows"),
    [("1,2,\n3,4,", [["1", "2"], ["3", "4"]]), ("1,2,\n3,4,5", [["1", "2", ""], ["3", "4", "5"]])],
)
def test_last_column_without_header_may_be_empty(text, rows):
    assert table(text, is_present=False)[1] == rows


def test_footer_is_left_out_without_blank_rows():
    assert table("a,b\n1,2\n\n3,4\nTotal,6\n,\n\n", skip_footer=2)[1] == [["1", "2"]]


@pytest.mark.parametrize(
    "header",
    ["country,1990,1991,1992,1993,1994", "y,0,1,2,3,4", "a,b,c,d,e,f", "a,NA,b,c,d,e"],
)
def test_names_that_count_are_a_header(header):
    assert table(f"{header}\n1,2,3,4,5,6")[0] == header.split(",")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("5.1,3.5,setosa\n4.9,3,setosa", "the header holds 2 numbers, as the columns below do"),
        ("1,2,3\n4,5,6", "the header holds only numbers"),
        ("x,1990\ny,3", "the header holds 1 number, as the columns below do"),
        ("ham,go\nspam,win\nham,no", "the header holds values of the columns below"),
    ],
)
def test_header_that_looks_like_data_is_refused(text, what):
    message = refusal(table, text)
    assert message == (
        f"own, line 1: {what}. Received: {text.splitlines()[0]!r}. "
        "If the file has no header, set header: false in the source's settings; "
        "if these are names, set header: true."
    )
    assert len(table(text, is_present=False)[1]) == len(text.splitlines())
    assert len(table(text, is_present=True)[1]) == len(text.splitlines()) - 1


@pytest.mark.parametrize(
    "text", ["5,a\nx,1", "a,b,c\na,1,2\n2,3,4", "year\n1990", "ham,go\nspam,win"]
)
def test_header_of_other_values_is_accepted(text):
    assert table(text)[0] == text.splitlines()[0].split(",")


def test_title_names_the_lines_to_skip():
    assert refusal(table, "Report,,\n\nof 2024,,\na,b,c\n1,2,3\n4,5,6") == (
        "own, line 1: the header names 1 of 3 columns. Received: 'Report,,'. If it is a title, "
        "set skip_rows: 3 in the source's settings; if these are names, set header: true."
    )


def test_row_of_units_is_refused():
    text = "t,v,site\n°C,m/s,\n1,2,x\n3,4,x\n5,6,x"
    assert refusal(table, text) == (
        "own, line 2: the row holds texts, and 2 columns below it hold numbers. "
        "Received: '°C,m/s,'. If it holds units or belongs to the header, set header: false, "
        "skip_rows: 2 and columns: [t, v, site] in the source's settings; if it is a row, set "
        "header: true."
    )
    assert len(table(text, is_present=True)[1]) == 4


def test_units_may_be_missing_above_a_count():
    text = "t,v,n\n°C,m/s,\n1,2,5\n3,4,6\n5,6,7"
    assert refusal(table, text).startswith("own, line 2: the row holds texts, and 3 columns below")


@pytest.mark.parametrize("row", ["n/a,-", "1,x", "NA,?"])
def test_row_without_units_is_a_row(row):
    assert len(table(f"a,b\n{row}\n1,2\n3,4\n5,6")[1]) == 4


@given(st.lists(st.lists(st.sampled_from(["x", "7", ""]), min_size=3, max_size=3), min_size=2))
def test_rows_with_values_are_all_kept(rows):
    text = "\n".join(["a,b,c", *(",".join(row) for row in rows)])
    filled = [row for row in rows if any(row)]
    if filled:
        assert table(text, is_present=True)[1] == filled


def test_second_header_of_a_survey_is_refused():
    rows = [
        f"{n},{'yes' if n % 2 else 'no'},{'f' if n % 3 else 'm'},{'a' if n % 5 else 'b'},x{n}"
        for n in range(25)
    ]
    text = "\n".join(["id,smokes,sex,,note", ",Response,Response,Response,", *rows])
    with pytest.raises(DataError, match="line 2: the row holds texts, and no other row") as caught:
        table(text)
    assert caught.value.advised == {
        "header": False,
        "skip_rows": 2,
        "columns": ["id", "smokes", "sex", "unnamed_4", "note"],
    }


def test_names_for_columns_of_one_name_are_advised():
    with pytest.raises(DataError) as caught:
        table("a,b,a,a_2,a\n1,2,3,4,5")
    assert caught.value.advised == {"columns": ["a", "b", "a_3", "a_2", "a_4"]}


@pytest.mark.parametrize(
    ("rows", "levels", "is_refused"), [(20, 8, True), (19, 8, False), (20, 9, False)]
)
def test_texts_of_one_row_stand_out_above_few_levels(rows, levels, is_refused):
    below = [",".join(f"{column}{row % levels}" for column in "abc") for row in range(rows)]
    text = "\n".join(["x,y,z", "one,two,three", *below])
    if is_refused:
        assert "although 3 columns have few levels" in refusal(table, text)
    else:
        assert len(table(text)[1]) == rows + 1


@pytest.mark.parametrize(("notes", "is_said"), [(9, True), (10, False)])
def test_only_the_end_of_the_last_ten_rows_may_be_a_note(notes, is_said):
    text = "a,b,c\n" + "1,2,3\n" * 5 + "\n".join(f"note {number},," for number in range(notes))
    assert table(text)[2] == (
        ["the end may hold a sum or a note, not rows: 'note 0,,'. Then set skip_footer: 9"]
        if is_said
        else []
    )
