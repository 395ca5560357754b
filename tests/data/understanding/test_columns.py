"""What a column holds, decided from its cells and the settings."""

import pytest

from pipeline.data.columns.reader import read_levels, read_numbers
from pipeline.data.understanding.columns import finding_of
from pipeline.data.understanding.file import File
from pipeline.data.understanding.profile import profile_of
from tests.support.raw_sources import data_of

SEMICOLONS = File(delimiter=";")


def decided(*cells, column="c", file=None, **settings):
    data = data_of(**settings)
    return finding_of(profile_of(column, cells, data), data, file or File())


def read(*cells, file=None, **settings):
    """The kind of a column, and what its first cell becomes."""
    reading = decided(*cells, file=file, **settings).reading
    if reading.takes_text:
        return reading.kind, read_levels(reading, cells)[0]
    numbers = [float(values[0]) for values in read_numbers(reading, cells, place=str)]
    return reading.kind, numbers if len(numbers) > 1 else numbers[0]


@pytest.mark.parametrize(
    ("cells", "value"),
    [
        (["$1,200.50", "$30.25", "$7.00"], 1200.5),
        (["45%", "7%", "12%"], 45),
        (["72 kg", "80 kg", "66.5 kg"], 72),
        (["1 234", "12 345", "7"], 1234),
        (["1\u00a0234", "12\u00a0345", "7"], 1234),
        (["(3.5)", "4.5", "7.25"], -3.5),
        (["\u22123", "4", "5.5"], -3),
        (["288,737", "1,288,737", "5"], 288737),
        (["42,1", "53,0", "98,55"], 42.1),
        (["1.181,84", "505,11", "7,5"], 1181.84),
        (["7", "n/a", "#N/A", "-", "8.5"], 7),
        (["321-", "58", "7.5"], -321),
        (["'37'", "'4.5'", "'6'"], 37),
        (["7", "1.#QNAN", "-1.#IND", "8.5"], 7),
    ],
)
def test_number_in_disguise_is_read(cells, value):
    assert read(*cells) == ("number", value)


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (["2021-01-31", "2021-02-28", "2022-03-01"], [2021, 1, 31, 7, 31, 18658]),
        (["31.01.2021", "28.02.2021", "01.03.2022"], [2021, 1, 31, 7, 31, 18658]),
        (["1/31/2021", "2/28/2021", "3/1/2022"], [2021, 1, 31, 7, 31, 18658]),
        (["Jan 31, 2021", "Feb 28, 2021", "Mar 1, 2022"], [2021, 1, 31, 7, 31, 18658]),
        (["20210131", "20210228", "20220301"], [2021, 1, 31, 7, 31, 18658]),
        (["01312021", "02282021", "03012022"], [2021, 1, 31, 7, 31, 18658]),
        (["January-2021", "March-2022"], [2021, 1, 5, 1, 18628]),
        (["2021, January", "2022, March"], [2021, 1, 5, 1, 18628]),
    ],
)
def test_date_becomes_its_parts(cells, first):
    assert read(*cells) == ("date", first)


def test_only_parts_that_differ_are_kept():
    reading = decided("2021-01-01 00:00", "2021-02-01 00:00").reading
    assert reading.names == ["c month", "c weekday", "c day_of_year", "c days"]


@pytest.mark.parametrize(
    ("cells", "seconds"),
    [
        (["00:05:00", "01:00:30"], 300),
        (["17:05", "9:30"], 61500),
        (["12:10 AM", "1:00 PM"], 600),
        (["2 days 01:00:00", "0 days 00:00:30"], 176400),
        (["18.00.00", "19.30.00"], 64800),
        (["1h 37m", "2h", "45 min"], 5820),
        (["2 days 3 hours", "1 day 5 minutes 10 seconds"], 183600),
    ],
)
def test_time_becomes_seconds(cells, seconds):
    assert read(*cells) == ("time", seconds)


def test_pair_of_numbers_becomes_two():
    assert read("48.1, 11.5", "52.5, 13.4") == ("numbers", [48.1, 11.5])
    assert decided("48.1, 11.5", "52.5, 13.4").notes == ["becomes c 1, c 2"]


@pytest.mark.parametrize("cells", [["+49 30 1234", "+49 89 5678"], ["030 1234", "089 5678"]])
def test_numbers_of_telephones_are_no_numbers(cells):
    assert read(*cells) == ("category", cells[0])


def test_settings_are_quoted_as_yaml_needs():
    (doubt,) = decided("1E5", "3E10", column="size: all").doubts
    assert doubt.endswith('data.categorical: ["size: all"] if they are codes')


def test_sentinel_of_another_column_must_be_an_outlier():
    file = File(sentinels=frozenset({99.0, -200.0}))
    near = [str(number) for number in range(2, 98)]
    assert decided("99", "99", *near, file=file).doubts == []
    assert len(decided("-200", "-200", "2", "1400", "900", "30", file=file).doubts) == 1


def test_only_negative_number_is_a_note():
    cells = [str(number) for number in range(10, 30)]
    assert decided("-1", "-1", *cells).notes == [
        "has -1 in 2 of 22 rows as its only negative number; if it means missing, set "
        "data.na_values: {c: [-1]}"
    ]


@pytest.mark.parametrize(
    ("column", "cells", "note"),
    [
        (
            "created_at",
            ["1600000000", "1609459200"],
            "seems to count seconds since 1970, from 2020-09-13 to 2021-01-01; is read as numbers",
        ),
        (
            "time_ms",
            ["1600000000000", "1609459200000"],
            "seems to count milliseconds since 1970, from 2020-09-13 to 2021-01-01; is read as "
            "numbers",
        ),
        (
            "Order Date",
            ["44197", "44561"],
            "seems to count days as Excel does, from 2021-01-01 to 2021-12-31; is read as numbers",
        ),
    ],
)
def test_numbers_that_may_be_moments_are_a_note(column, cells, note):
    assert decided(*cells, column=column).notes == [note]


def test_texts_that_begin_with_digits_are_a_note():
    assert decided("10-20", "20-30", "65+").notes == [
        "begins with digits, as in '10-20', '20-30', and is read as categories; if they have an "
        "order, set data.ordinal"
    ]


@pytest.mark.parametrize(
    ("cells", "years"),
    [
        (["7/1/62", "8/13/64", "3/1/06"], [1962, 1964, 2006]),
        (["Jan-91", "Feb-10"], [1991, 2010]),
        (["05-Mar-21", "06-Mar-35"], [2021, 2035]),
        (["3/13/50", "8/1/68"], [1950, 1968]),
    ],
)
def test_short_years_are_in_the_likeliest_century(cells, years):
    finding = decided(*cells)
    year = finding.reading.names.index("c year")
    assert list(read_numbers(finding.reading, cells, place=str)[year]) == years
    assert f"has years of two digits, read as {years[0]} to {years[-1]}" in finding.notes


def test_model_reads_short_years_as_in_training():
    reading = decided("7/1/62", "8/13/64", "3/1/06").reading
    assert read_numbers(reading, ["1/1/10"], place=str)[0] == [2010]


@pytest.mark.parametrize(
    "cells",
    [
        ["2013FAIL", "2012PASS", "2013PASS", "2012FAIL", "2010PASS", "2011FAIL"],
        [f"{number}{letter}" for number in range(10, 16) for letter in "ABCDEFGH"] * 3,
    ],
)
def test_codes_of_digits_and_letters_have_no_units(cells):
    assert (decided(*cells).doubts, read(*cells)) == ([], ("category", cells[0]))


def test_two_texts_with_one_letter_may_be_codes_and_prices_are_none():
    assert read("1a", "2a", "1a") == ("category", "1a")
    assert read("1a", "2a", "3a") == ("number", 1.0)
    assert read("$1", "$2", "$1") == ("number", 1.0)


def test_unknown_among_numbers_is_missing():
    finding = decided("16", "27", "Unknown", "26", "unknown", "40.5", "3", "8")
    assert (finding.doubts, finding.notes) == ([], ["reads 'Unknown', 'unknown' as missing"])
    values = read_numbers(finding.reading, ["16", "Unknown"], place=str)[0]
    assert (values[0], str(values[1])) == (16, "nan")


def test_unknown_among_texts_is_a_level():
    assert read("Unknown", "brick", "stone", "brick") == ("category", "Unknown")


def test_many_spellings_are_one_note():
    cells = [f"{letter}a{case}" for letter in "bcdef" for case in "bB"]
    assert decided(*cells, *cells).notes == [
        "reads 'bab' as 'baB', 'cab' as 'caB', 'dab' as 'daB', and 2 more spellings"
    ]


def test_three_spellings_are_all_named():
    cells = [f"{letter}a{case}" for letter in "bcd" for case in "bB"]
    assert decided(*cells, *cells).notes == ["reads 'bab' as 'baB', 'cab' as 'caB', 'dab' as 'daB'"]


@pytest.mark.parametrize(("cells", "notes"), [(["1st", "2nd"], 0), (["1st", "2nd", "3rd"], 1)])
def test_several_levels_that_begin_with_digits_may_have_an_order(cells, notes):
    assert len(decided(*cells, *cells).notes) == notes


@pytest.mark.parametrize(
    ("settings", "why"),
    [({}, "its values are texts"), ({"categorical": ["c"]}, "data.categorical names it")],
)
def test_reason_for_categories_is_said(settings, why):
    assert decided("a", "b", "a", **settings).why == why


def test_identifier_of_several_rows_is_a_note():
    cells = [str(number // 3) for number in range(30, 75)]
    assert decided(*cells, column="user_id").notes == [
        "seems to name what several rows share. If so, set data.split: {group: user_id}, or "
        "data.drop: [user_id]"
    ]


def test_postal_code_of_numbers_is_a_note():
    assert decided("11207", "10001", "11207", column="Zip Code").notes == [
        "is read as numbers; if they are codes, set data.categorical: [Zip Code]"
    ]


def test_codes_keep_their_leading_zeros():
    assert read("01234", "99999", "01234", "00501", "99999", "00501") == ("category", "01234")


def test_spellings_are_the_commonest_one():
    finding = decided("yes", "Yes", "no", "YES", "yes", "no")
    assert read_levels(finding.reading, ["YES", "no"]) == ["yes", "no"]
    assert finding.notes == ["reads 'YES', 'Yes' as 'yes'"]


@pytest.mark.parametrize(("text", "notes"), [("Mr", 0), ("Mrs", 1)])
def test_word_of_an_abbreviation_has_three_letters(text, notes):
    assert len(decided(text, "M", "female", text).notes) == notes


def test_abbreviation_is_a_note():
    assert decided("male", "M", "female", "male").notes == [
        "has 'M' and 'male'; if they are the same, set data.spellings: {c: {M: male}}"
    ]


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["7"] * 5, "every row has the same value, '7'"),
        (["", "NA", "?"], "it has no value"),
        ([str(number) for number in range(100, 130)], "it counts the rows"),
        ([f"Person {number}" for number in range(20)], "each row has a text of its own"),
        (
            [f"A/5 {number // 2 * 7}" for number in range(5)] + list("bcdefgh"),
            "10 of 12 texts are different",
        ),
    ],
)
def test_column_without_use_is_left_out(cells, why):
    finding = decided(*cells)
    assert (finding.reading, finding.why) == (None, why)


def test_tickets_of_numbers_and_texts_are_left_out():
    cells = [f"{number * 37}" if number % 4 else f"A/5 {number}" for number in range(40)]
    finding = decided(*cells, *cells[:5])
    assert (finding.reading, finding.doubts) == (None, [])
    assert finding.why == "40 of 45 texts are different"


def test_note_on_a_point_shows_one():
    assert decided("75", "60.667", "55", "42").notes == [
        "reads the point in '60.667' as a decimal point; if it separates thousands, set "
        "thousands: '.' and decimal: ',' in the source's settings"
    ]


@pytest.mark.parametrize(
    "column",
    [
        *("id", "PassengerId", "row_id", "patient no", "Order.Number"),
        *("CLIENTNUM", "storenum", "EmployeeNumber", "Major_code"),
    ],
)
def test_name_says_that_whole_numbers_identify(column):
    assert decided("812", "7", "455", column=column).reading is None


@pytest.mark.parametrize("column", ["liquid", "price", "node", "humid", "paid"])
def test_other_name_says_nothing(column):
    assert decided("812", "7", "455", column=column).reading.kind == "number"


def test_numbers_that_count_with_gaps_count_the_rows():
    cells = [str(number) for number in range(1, 41) if number % 9]
    assert decided(*cells).why == "it counts the rows"
    assert decided(*reversed(cells)).reading.kind == "number"
    assert decided(*cells, "").reading.kind == "number"


def test_years_do_not_count_rows():
    assert decided(*map(str, range(1990, 2020))).reading.kind == "number"


DOUBTS = {
    "sentinel": (
        ["20.1", "-999", "19.5", "-999", "21"],
        "-999 is in 2 of 5 rows, far from all other values. If it means missing, set "
        "data.na_values: {c: ['-999']}; if it is a number, data.numeric: [c]; if it is a code, "
        "data.categorical: [c]",
    ),
    "negative sentinel below negative numbers": (
        ["13.6", "-200", "-1.9", "-200", "21"],
        "-200 is in 2 of 5 rows, far from all other values. If it means missing, set "
        "data.na_values: {c: ['-200']}; if it is a number, data.numeric: [c]; if it is a code, "
        "data.categorical: [c]",
    ),
    "two signs of missing": (
        ["None", "NA", "brick", "stone", "None", "brick", "stone"],
        "it has 'None' in 2 rows and 'NA' in others. If 'None' is a level, set "
        "data.keep_as_level: {c: [None]}; if both mean missing, data.na_values: {c: [None]}",
    ),
    "code of a country": (
        ["NA", "AS", "EU", "EU", "AS", "NA"],
        "its levels are codes of two letters, so 'NA' may be one. If it is, set "
        "data.keep_as_level: {c: [NA]}; if it means missing, data.na_values: {c: [NA]}",
    ),
    "day or month": (
        ["01/02/2021", "03/04/2021", "05/06/2021"],
        "its dates, such as '01/02/2021', can be read in several ways. Set "
        "data.dates: {c: '%d/%m/%Y'} or data.dates: {c: '%m/%d/%Y'}",
    ),
    "letters": (
        ["a", "A", "b", "a", "A"],
        "it has 'A', 'a'. If they are the same, set data.spellings: {c: {a: A}}; if they are "
        "different, data.categorical: [c]",
    ),
    "few texts among numbers": (
        ["1", "2", "3", "4", "off", "5", "6"],
        "it holds numbers, but 1 of 7 values are not: 'off'. If they mean missing, set "
        "data.na_values: {c: ['off']}; if the column holds categories, data.categorical: [c]",
    ),
    "units": (
        ["66 kg", "80 kg", "145 lb", "150 lb", "70 kg", "71 kg"],
        "its numbers have different units (kg, lb). Make them equal in the file, or list it "
        "under data.categorical or data.drop",
    ),
    "powers of ten": (
        ["1E5", "3E10", "20000"],
        "its values, such as '1E5', may be codes or powers of ten. Set data.numeric: [c] if "
        "they are numbers, data.categorical: [c] if they are codes",
    ),
    "infinite numbers": (
        ["1.5", "inf", "2.5", "3.5", "4.5"],
        "it holds numbers, but 1 of 5 values are not: 'inf'. If they mean missing, set "
        "data.na_values: {c: ['inf']}; if the column holds categories, data.categorical: [c]",
    ),
    "infinite numbers of C": (
        ["1.5", "1.#INF", "2.5", "3.5", "4.5"],
        "it holds numbers, but 1 of 5 values are not: '1.#INF'. If they mean missing, set "
        "data.na_values: {c: ['1.#INF']}; if the column holds categories, "
        "data.categorical: [c]",
    ),
    "dates with another text": (
        ["2021-01-31", "0000-00-00", "2021-02-28", "2022-03-01", "0000-00-00"],
        "it holds dates or times, but 2 of 5 values are not: '0000-00-00'. If they mean "
        "missing, set data.na_values: {c: ['0000-00-00']}; if the column holds categories, "
        "data.categorical: [c]",
    ),
    "times with another text": (
        ["17:05", "closed", "9:30", "8:15"],
        "it holds dates or times, but 1 of 4 values are not: 'closed'. If they mean missing, "
        "set data.na_values: {c: ['closed']}; if the column holds categories, "
        "data.categorical: [c]",
    ),
    "dates in two formats": (
        ["2021-01-31", "Feb 28, 2021", "2022-03-01"],
        "its dates have several formats, such as '2021-01-31', 'Feb 28, 2021'. Write them in "
        "one format in the file, or list it under data.categorical or data.drop",
    ),
    "a very large number": (
        ["1e+20", "1e+20", "2.5", "3.5", "4.5"],
        "1e+20 is in 2 of 5 rows, far from all other values. If it means missing, set "
        "data.na_values: {c: ['1e+20']}; if it is a number, data.numeric: [c]; if it is a "
        "code, data.categorical: [c]",
    ),
    "the greatest of 16 bits": (
        ["32767", "32767", "9000", "10500", "4000"],
        "32767 is in 2 of 5 rows, far from all other values. If it means missing, set "
        "data.na_values: {c: ['32767']}; if it is a number, data.numeric: [c]; if it is a "
        "code, data.categorical: [c]",
    ),
}


@pytest.mark.parametrize(("cells", "doubt"), DOUBTS.values(), ids=DOUBTS)
def test_doubt_names_the_settings(cells, doubt):
    assert decided(*cells).doubts == [doubt]


def test_point_before_three_digits_is_in_doubt():
    (doubt,) = decided("3.352", "3.163", "12.001", file=SEMICOLONS).doubts
    assert doubt == (
        "'.' in '12.001' may separate thousands or decimals. Set thousands: '.' and decimal: ',' "
        "for the former, decimal: '.' for the latter, in the source's settings"
    )


@pytest.mark.parametrize(
    ("file", "value"),
    [
        (File(";", thousands="."), 3352),
        (File(";", decimal="."), 3.352),
        (File(";", decimal=","), 3352),
        (File(";", evidence=frozenset(".")), 3.352),
        (File(";", evidence=frozenset(",")), 3352),
    ],
)
def test_source_or_other_columns_decide_the_point(file, value):
    assert not decided("3.352", "3.163", "12.001", file=file).doubts
    assert read("3.352", "3.163", "12.001", file=file) == ("number", value)


def test_fraction_below_one_is_beyond_doubt():
    assert read("0.374", "0.163", "0.001", file=SEMICOLONS) == ("number", 0.374)


@pytest.mark.parametrize(
    ("cells", "settings", "expected"),
    [
        (["-999", "5", "7", "-999"], {"numeric": ["c"]}, ("number", -999)),
        (["-999", "5", "7", "-999"], {"categorical": ["c"]}, ("category", "-999")),
        (["None", "NA", "a", "b", "b"], {"keep_as_level": {"c": ["None"]}}, ("category", "None")),
        (["None", "NA", "a", "b", "b"], {"na_values": {"c": ["None"]}}, ("category", "")),
        (["NA", "AS", "EU", "AS"], {"keep_as_level": {"c": ["NA"]}}, ("category", "NA")),
        (["NA", "AS", "EU", "AS"], {"na_values": {"c": ["NA"]}}, ("category", "")),
        (["M", "male", "F"], {"spellings": {"c": {"M": "male"}}}, ("category", "male")),
        (["low", "high", "mid"], {"ordinal": {"c": ["low", "mid", "high"]}}, ("ordinal", 0)),
        (["a", "A", "b"], {"categorical": ["c"]}, ("category", "a")),
        (["02.01.2021", "03.01.2021"], {"dates": {"c": "%m.%d.%Y"}}, ("date", [2, 32, 18659])),
        (["20210131", "20210228", "20220301"], {"numeric": ["c"]}, ("number", 20210131)),
        (["x", "y", "x"], {"na_values": ["x"]}, ("category", "")),
        (["NA", "y", "y"], {"usual_na_values": False}, ("category", "NA")),
    ],
)
def test_setting_decides(cells, settings, expected):
    assert not decided(*cells, **settings).doubts
    assert read(*cells, **settings) == expected


def test_sentinel_is_a_missing_number():
    reading = decided("-999", "5", "7", "-999", na_values={"c": ["-999"]}).reading
    assert (reading.sentinels, reading.is_missing(" -999 ")) == ([-999.0], True)


def test_only_value_among_missing_ones_is_categorical():
    assert read("yes", "", "yes") == ("category", "yes")


def test_sign_of_a_missing_number_has_other_spellings():
    cells = ["13,6", "-200,0", "14,5", "-200", "-200,000", "7,25"]
    finding = decided(*cells, na_values=["-200"])
    values = read_numbers(finding.reading, cells, place=str)[0]
    assert [str(value) for value in values] == ["13.6", "nan", "14.5", "nan", "-200.0", "7.25"]


def test_plain_numbers_among_decimal_commas_need_no_note():
    cells = [str(number * number) for number in range(3, 30)]
    assert decided(*cells, file=File(";", decimal=",")).notes == []


@pytest.mark.parametrize(
    ("cells", "merged"),
    [
        (["Y", "n", "y", "N", "Y", "N"], {"y": "Y", "n": "N"}),
        (["1", "0", "true", "false", "1", "0"], {"true": "1", "false": "0"}),
        (["no", "yes", "y", "no", "yes"], {"y": "yes"}),
    ],
)
def test_spellings_of_yes_and_no_are_merged(cells, merged):
    finding = decided(*cells)
    assert finding.reading.settings["spellings"] == merged
    assert finding.doubts == []


def test_codes_of_one_letter_are_not_yes_and_no():
    assert decided("y", "n", "t", "f").reading.settings == {}


def test_minus_next_to_plus_is_in_doubt():
    (doubt,) = decided("-", "+", "+", "-").doubts
    assert doubt.startswith("its level is '+', so '-' may be a level too. ")
    assert read("+", "-", keep_as_level={"c": ["-"]}) == ("category", "+")


def test_names_of_images_are_in_doubt():
    (doubt,) = decided("a/1.png", "a/2.JPG", "b/3.jpeg").doubts
    assert doubt.startswith("its cells, such as 'b/3.jpeg', name image files. To learn from them, ")


def test_unnamed_numbers_name_the_rows():
    assert decided("0", "2", "4", "7", column="Unnamed: 0").reading is None


@pytest.mark.parametrize("delimiter", ["whitespace", "fixed_width"])
def test_point_is_decimal_between_blanks(delimiter):
    assert read("24.709", "13.017", file=File(delimiter=delimiter)) == ("number", 24.709)
    assert decided("24.709", "13.017", file=File(delimiter=delimiter)).doubts == []


def test_one_more_spelling_is_one():
    cells = [f"{letter}a{case}" for letter in "bcde" for case in "bB"]
    assert decided(*cells, *cells).notes[0].endswith(", and 1 more spelling")
