"""Numbers, times and settings as text, and text in Markdown."""

import pytest

from pipeline import formatting


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.44, "0.4 s"),
        (59.94, "59.9 s"),
        (59.96, "1 min 0 s"),
        (95.4, "1 min 35 s"),
        (3599.6, "1 h 0 min"),
        (7380, "2 h 3 min"),
    ],
)
def test_duration_has_two_units(seconds, text):
    assert formatting.duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.98333, "0.9833"),
        (-1.5, "-1.5000"),
        (99.99, "99.9900"),
        (2913.44, "2,913.4"),
        (0.0001, "0.0001"),
        (0.0000314, "3.1e-05"),
        (0.0, "0.0000"),
    ],
)
def test_number_has_four_decimals(value, text):
    assert formatting.number(value) == text


def test_interval_stands_in_brackets():
    assert formatting.interval(0.9, 1234.5) == "[0.9000, 1,234.5]"


@pytest.mark.parametrize(("value", "text"), [(40.0, "40"), (11.636, "11.6"), (10_001.0, "10,001")])
def test_epochs_have_three_digits_below_100(value, text):
    assert formatting.epochs(value) == text


@pytest.mark.parametrize(
    ("last", "text"),
    [
        (1_764_547_199_999, "30 November 2025"),
        (1_764_547_200_000, "30 November 2025 to 1 December 2025"),
    ],
)
def test_days_are_those_in_utc(last, text):
    assert formatting.dates(1_764_547_199_000, last) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0.001, "0.001"),
        ("relu", "relu"),
        ([256, 128], "[256, 128]"),
        ({"monitor": "loss"}, "{monitor: loss}"),
    ],
)
def test_setting_is_shown_as_in_its_file(value, text):
    assert formatting.setting(value) == text


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("training.batch_size", ["training.", "batch_", "size"]),
        ("test/accuracy ≥ 0.9", ["test/", "accuracy ≥ 0.9"]),
        ("mnist", ["mnist"]),
    ],
)
def test_long_name_breaks_between_its_parts(name, parts):
    assert formatting.parts(name) == parts


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("<script>alert('a & b')</script>", "&lt;script&gt;alert('a &amp; b')&lt;/script&gt;"),
        ("[here](https://a.example) ![](x)", "[here]\\(https://a.example) ![]\\(x)"),
        ("**bold** `code` ~~old~~ $x$", r"\*\*bold\*\* \`code\` \~\~old\~\~ \$x\$"),
        ("_a_ mnist_mlp", r"\_a\_ mnist_mlp"),
        ("a | b\n\n| c", r"a \| b \| c"),
        (r"a \| b", r"a \\\| b"),
        ("accuracy 0.95 [0.90, 0.98]", "accuracy 0.95 [0.90, 0.98]"),
    ],
)
def test_markdown_of_a_text_shows_the_text(text, escaped):
    assert formatting.markdown(text) == escaped
