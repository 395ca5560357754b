import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pipeline.config.data import SplitMethod, SplitSettings
from pipeline.data.preparing.splits import Splits, split_rows
from tests.support.refusals import refusal

LABELS = np.array([0] * 60 + [1] * 30 + [2] * 10, dtype=np.int32)
CLASSES = ["a", "b", "c"]


def split(
    rows: int = 100,
    labels: np.ndarray | None = None,
    own_test: np.ndarray | None = None,
    **settings: object,
) -> Splits:
    classes = CLASSES if labels is not None else []
    return split_rows(
        rows, SplitSettings(**settings), labels=labels, classes=classes, own_test=own_test
    )  # type: ignore[arg-type]


def sizes(splits: Splits) -> tuple[int, int, int]:
    return len(splits.train), len(splits.validation), len(splits.test)


def test_defaults_are_a_fifth_and_a_fifth():
    assert sizes(split()) == (64, 16, 20)


def test_sizes_may_be_row_counts():
    assert sizes(split(test=30.0, validation=15.0)) == (55, 15, 30)


def test_own_test_split_is_used():
    splits = split(own_test=np.arange(100, 110))
    assert splits.test.tolist() == list(range(100, 110))
    assert sizes(splits) == (80, 20, 10)


def test_first_takes_rows_in_order():
    splits = split(method=SplitMethod.first, validation=5.0, own_test=np.arange(100, 110))
    assert splits.validation.tolist() == [0, 1, 2, 3, 4]
    assert splits.train.tolist() == list(range(5, 100))


def test_first_takes_test_before_validation():
    splits = split(method=SplitMethod.first, test=2.0, validation=3.0)
    assert (splits.test.tolist(), splits.validation.tolist()) == ([0, 1], [2, 3, 4])


def test_seed_changes_the_split():
    assert split(seed=1).test.tolist() != split(seed=2).test.tolist()


def test_rows_are_those_of_scikit_learn():
    assert split(rows=10, seed=42, method=SplitMethod.random).test.tolist() == sorted(
        train_test_split(range(10), test_size=2, random_state=42)[1]
    )


def test_split_smaller_than_classes_is_refused():
    labels = np.array([0, 1, 2] * 4, dtype=np.int32)
    assert refusal(split, rows=12, labels=labels, test=2) == (
        "data.split.test is too small or too large to stratify. Received: The test_size = 2 should "
        "be greater or equal to the number of classes = 3. Set data.split.method: random."
    )


def test_classes_are_stratified_by_default():
    splits = split(labels=LABELS, test=0.5)
    assert np.bincount(LABELS[splits.test]).tolist() == [30, 15, 5]


def test_class_with_too_few_rows_is_named():
    labels = np.array([0] * 10 + [1] * 10 + [2] * 2, dtype=np.int32)
    assert refusal(split, rows=22, labels=labels) == (
        "data.split.method stratified needs more rows of class c. Received: 2 rows. "
        "Expected: at least 3; or set data.split.method: random."
    )


def test_three_rows_of_a_class_suffice():
    labels = np.array([0] * 10 + [1] * 10 + [2] * 3, dtype=np.int32)
    assert sum(sizes(split(rows=23, labels=labels))) == 23


def test_random_split_allows_rare_classes():
    labels = np.array([0] * 10 + [1] * 10 + [2], dtype=np.int32)
    assert sum(sizes(split(rows=21, labels=labels, method=SplitMethod.random))) == 21


@pytest.mark.parametrize(
    ("rows", "settings", "line"),
    [
        (
            100,
            {"test": 100.0},
            "data.split.test leaves a split without rows. Received: 100 of 100 rows.",
        ),
        (
            100,
            {"validation": 80.0},
            "data.split.validation leaves a split without rows. Received: 80 of 80 rows.",
        ),
        (
            100,
            {"test": 0.001},
            "data.split.test leaves a split without rows. Received: 0.001 of 100 rows.",
        ),
        (2, {}, "data.split.test leaves a split without rows. Received: 0.2 of 2 rows."),
        (1, {}, "data.split.test leaves a split without rows. Received: 0.2 of 1 row."),
    ],
)
def test_empty_split_is_refused(rows, settings, line):
    assert refusal(split, rows=rows, **settings) == (
        f"{line} Expected: at least one row in each of train, validation and test."
    )


FRACTIONS = st.floats(0.2, 0.5)
SEEDS = st.integers(0, 2**32 - 1)
PROPER = [method for method in SplitMethod if method is not SplitMethod.whole]


@given(
    rows=st.integers(30, 300),
    test=FRACTIONS,
    validation=FRACTIONS,
    method=st.sampled_from(PROPER),
    seed=SEEDS,
)
def test_splits_are_disjoint_complete_ascending_and_sized(rows, test, validation, method, seed):
    labels = np.arange(rows, dtype=np.int32) % 3
    splits = split(
        rows=rows, labels=labels, test=test, validation=validation, method=method, seed=seed
    )
    assert sorted([*splits.train, *splits.validation, *splits.test]) == list(range(rows))
    assert all((np.diff(split) > 0).all() for _, split in splits.items())
    assert len(splits.test) == round(rows * test)
    assert len(splits.validation) == round((rows - len(splits.test)) * validation)


@given(seed=SEEDS, method=st.sampled_from(SplitMethod))
def test_same_seed_gives_the_same_split(seed, method):
    one, two = (split(labels=LABELS, seed=seed, method=method) for _ in range(2))
    assert [rows.tolist() for _, rows in one.items()] == [rows.tolist() for _, rows in two.items()]


@given(counts=st.lists(st.integers(15, 80), min_size=3, max_size=3), test=FRACTIONS, seed=SEEDS)
def test_class_shares_differ_by_under_one_row(counts, test, seed):
    labels = np.repeat(np.arange(3, dtype=np.int32), counts)
    splits = split(
        rows=len(labels),
        labels=labels,
        test=test,
        validation=0.5,
        method=SplitMethod.stratified,
        seed=seed,
    )
    drawn = np.bincount(labels[splits.test], minlength=3)
    assert (np.abs(drawn - np.array(counts) * len(splits.test) / len(labels)) < 1).all()


def test_whole_uses_all_rows_for_each_split():
    splits = split(rows=4, method=SplitMethod.whole)
    assert [rows.tolist() for rows in (splits.train, splits.validation, splits.test)] == [
        [0, 1, 2, 3]
    ] * 3


def test_whole_refuses_an_own_test_split():
    assert refusal(split, method=SplitMethod.whole, own_test=np.arange(100, 110)) == (
        "data.split.method whole uses all rows for each split. "
        "Received: a source with a test split. Expected: random, stratified or first."
    )


def test_whole_refuses_a_test_size():
    assert refusal(split, method=SplitMethod.whole, test=0.25) == (
        "data.split.method whole uses all rows for each split. Received: data.split.test=0.25. "
        "Expected: random, stratified or first."
    )
