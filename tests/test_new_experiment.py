"""What `add` and `adopt` share."""

import pytest

from pipeline import new_experiment


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("flats.csv", "flats"),
        ("data/My Flats (2024).csv.gz", "my_flats_2024"),
        ("Häuser-Preise.xlsx", "hauser_preise"),
        ("1.csv", "1"),
        ("住宅.csv", "table"),
    ],
)
def test_name_comes_from_the_file(path, name):
    assert new_experiment.name_of(path) == name
