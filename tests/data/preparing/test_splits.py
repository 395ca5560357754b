import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    StratifiedGroupKFold,
    StratifiedKFold,
    train_test_split,
)

from pipeline.config.split import Duplicates, SplitMethod, SplitSettings
from pipeline.data.preparing.splits import Splits, Traits, split_rows
from pipeline.errors import ConfigError
from tests.support.refusals import refusal

LABELS = np.array([0] * 60 + [1] * 30 + [2] * 10, dtype=np.int32)
CLASSES = ["a", "b", "c"]


def split(
    rows: int = 100,
    labels: np.ndarray | None = None,
    own_test: np.ndarray | None = None,
    groups: np.ndarray | None = None,
    times: np.ndarray | None = None,
    copies: np.ndarray | None = None,
    split_numbers: np.ndarray | None = None,
    **settings: object,
) -> Splits:
    classes = CLASSES if labels is not None else []
    traits = Traits(labels, classes, groups, times, copies, split_numbers)
    return split_rows(rows, SplitSettings(**settings), traits, own_test=own_test)  # type: ignore[arg-type]


def sizes(splits: Splits) -> tuple[int, int, int]:
    return len(splits.train), len(splits.validation), len(splits.test)


def test_defaults_are_a_fifth_and_a_fifth():
    assert sizes(split()) == (64, 16, 20)


@pytest.mark.parametrize(("size", "rows"), [(1.0, 1), (0.21, 3), (0.2, 2), (2.0, 2)])
def test_size_from_one_is_a_number_of_rows(size, rows):
    assert len(split(rows=10, test=size).test) == rows


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


def test_last_takes_the_rows_of_the_end():
    splits = split(method=SplitMethod.last, test=2.0, validation=3.0)
    assert (splits.test.tolist(), splits.validation.tolist()) == ([98, 99], [95, 96, 97])


def test_seed_changes_the_split():
    assert split(seed=1).test.tolist() != split(seed=2).test.tolist()


@pytest.mark.parametrize("rows", [10, 442, 1797])
@pytest.mark.parametrize("share", [0.1, 0.2, 0.25, 0.3])
def test_rows_are_those_of_scikit_learn(rows, share):
    rest, test = train_test_split(range(rows), test_size=share, random_state=42)
    splits = split(rows=rows, seed=42, method=SplitMethod.random, test=share, validation=share)
    assert splits.test.tolist() == sorted(test)
    train, validation = train_test_split(sorted(rest), test_size=share, random_state=42)
    assert splits.train.tolist() == sorted(train)
    assert splits.validation.tolist() == sorted(validation)


def test_fifth_of_442_rows_is_89():
    assert sizes(split(rows=442)) == (282, 71, 89)


def test_strata_are_those_of_scikit_learn():
    _, test = train_test_split(range(100), test_size=0.3, random_state=7, stratify=LABELS)
    assert split(labels=LABELS, test=0.3, seed=7).test.tolist() == sorted(test)


def test_split_smaller_than_classes_is_refused():
    labels = np.array([0, 1, 2] * 4, dtype=np.int32)
    assert refusal(split, rows=12, labels=labels, test=2) == (
        "data.split.test is too small or too large to stratify. Received: 2 rows for "
        "3 classes. Set data.split.method: random."
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


@pytest.mark.parametrize(
    ("given", "least"), [([], 3), ([1], 2), ([2], 2)], ids=["train", "validation", "test"]
)
def test_class_needs_a_row_for_each_split_that_the_column_lacks(given, least):
    rare = least - 1
    parts = np.array([0] * 20 + given * 5, dtype=np.int64)
    labels = np.array([0] * (20 - rare) + [2] * rare + [0] * 5 * len(given), dtype=np.int32)
    message = refusal(split, rows=len(parts), labels=labels, split_numbers=parts, column="part")
    assert message.startswith(
        f"data.split.method stratified needs more rows of class c. Received: {rare} row"
    )
    assert f"Expected: at least {least}; " in message


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
            {"test": 0.999},
            "data.split.test leaves a split without rows. Received: 0.999 of 100 rows.",
        ),
        (2, {}, "data.split.validation leaves a split without rows. Received: 0.2 of 1 row."),
        (1, {}, "data.split.test leaves a split without rows. Received: 0.2 of 1 row."),
    ],
)
def test_empty_split_is_refused(rows, settings, line):
    assert refusal(split, rows=rows, **settings) == (
        f"{line} Expected: at least one row in each of train, validation and test."
    )


FRACTIONS = st.floats(0.2, 0.5)
SEEDS = st.integers(0, 2**32 - 1)
PROPER = [SplitMethod.random, SplitMethod.stratified, SplitMethod.first, SplitMethod.last]


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
    assert len(splits.test) == math.ceil(rows * test)
    assert len(splits.validation) == math.ceil((rows - len(splits.test)) * validation)


@given(seed=SEEDS, method=st.sampled_from([*PROPER, SplitMethod.kfold, SplitMethod.whole]))
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


GROUPS = np.arange(100) // 4


def numbers_in(splits: Splits, numbers: np.ndarray) -> list[set[int]]:
    """The different numbers of the rows of each split."""
    return [set(numbers[rows].tolist()) for _, rows in splits.items()]


def are_disjoint(sets: list[set[int]]) -> bool:
    return len(set.union(*sets)) == sum(map(len, sets))


@given(
    groups=st.lists(st.integers(0, 20), min_size=30, max_size=100).filter(
        lambda g: len(set(g)) > 2
    ),
    classes=st.booleans(),
    seed=SEEDS,
)
def test_no_group_is_in_two_splits(groups, classes, seed):
    labels = np.arange(len(groups), dtype=np.int32) % 3 if classes else None
    numbers = np.array(groups)
    splits = split(rows=len(groups), labels=labels, groups=numbers, group="g", seed=seed)
    assert are_disjoint(numbers_in(splits, numbers))
    assert sum(sizes(splits)) == len(groups)
    assert min(sizes(splits)) > 0


def test_groups_fill_the_size_of_a_split():
    assert sizes(split(groups=GROUPS, group="g")) == (64, 16, 20)


def test_groups_of_other_sizes_come_near_the_size():
    groups = np.repeat(np.arange(30), np.arange(1, 31))
    assert sizes(split(rows=465, groups=groups, group="g"))[2] == 92  # a fifth is 93


def test_groups_have_the_same_share_of_each_class():
    labels = np.array([0] * 300 + [1] * 100, dtype=np.int32)
    groups = np.arange(400) // 5
    splits = split(rows=400, labels=labels, groups=groups, group="g")
    counts = [np.bincount(labels[rows]).tolist() for _, rows in splits.items()]
    assert counts == [[190, 65], [50, 15], [60, 20]]


def test_group_larger_than_a_split_is_possible():
    groups = np.repeat([0, 1, 2], [40, 30, 30])
    assert sorted(sizes(split(groups=groups, group="g"))) == [30, 30, 40]


def test_two_groups_are_too_few():
    assert refusal(split, groups=np.arange(100) % 2, group="g") == (
        "data.split.group has too few groups. Received: 2 groups to divide. "
        "Expected: at least one group in each of train, validation and test."
    )


def test_group_of_the_own_test_split_is_refused():
    groups = np.arange(110) % 50
    assert refusal(split, groups=groups, group="g", own_test=np.arange(100, 110)) == (
        "data.split.group is invalid. Received: 10 groups that are also in the source's own test "
        "split. Expected: groups of its other rows only. Remove the setting."
    )


def test_newest_rows_are_tested_then_validated():
    times = np.arange(100)[::-1]
    splits = split(times=times, time="t")
    assert splits.test.tolist() == list(range(20))
    assert splits.validation.tolist() == list(range(20, 36))
    assert splits.train.tolist() == list(range(36, 100))


def test_rows_of_one_time_stay_together():
    times = np.arange(100) // 15
    splits = split(times=times, time="t")
    assert are_disjoint(numbers_in(splits, times))
    assert sizes(splits) == (60, 15, 25)


def test_border_comes_nearest_to_the_size():
    times = np.repeat([0, 1, 2, 3], [50, 20, 11, 19])
    assert sizes(split(times=times, time="t"))[2] == 19


def test_one_time_cannot_be_divided():
    assert refusal(split, times=np.zeros(100), time="t") == (
        "data.split.time leaves a split without rows, because rows of the same time stay together. "
        "Received: one time in all 100 rows. Expected: at least three different times."
    )


@given(times=st.lists(st.integers(0, 30), min_size=10).filter(lambda t: len(set(t)) > 2))
def test_every_tested_row_is_newer_than_training(times):
    moments = np.array(times)
    try:
        splits = split(rows=len(times), times=moments, time="t")
    except ConfigError:  # too many rows of one time leave a split without rows
        assume(False)
    assert moments[splits.train].max() < moments[splits.validation].min()
    assert moments[splits.validation].max() < moments[splits.test].min()


def test_own_test_split_leaves_the_newest_for_validation():
    splits = split(times=np.arange(110), time="t", own_test=np.arange(100, 110))
    assert splits.validation.tolist() == list(range(80, 100))


def folds_of(**settings: object) -> list[list[int]]:
    """The test rows of each of four folds."""
    return [
        split(folds=4, fold=fold, **settings).test.tolist()  # type: ignore[arg-type]
        for fold in range(4)
    ]


def test_each_row_is_tested_in_one_fold():
    assert sorted(row for test in folds_of() for row in test) == list(range(100))


def test_folds_of_numbers_are_those_of_scikit_learn():
    folds = KFold(4, shuffle=True, random_state=5).split(np.arange(100))
    assert folds_of(seed=5) == [test.tolist() for _, test in folds]


def test_folds_of_classes_are_stratified():
    folds = StratifiedKFold(4, shuffle=True, random_state=5).split(LABELS, LABELS)
    assert folds_of(labels=LABELS, seed=5) == [test.tolist() for _, test in folds]


def test_folds_of_groups_are_whole():
    folds = GroupKFold(4, shuffle=True, random_state=5).split(GROUPS, groups=GROUPS)
    assert folds_of(groups=GROUPS, group="g", seed=5) == [test.tolist() for _, test in folds]


def test_folds_of_groups_are_stratified_for_classes():
    labels = np.arange(100, dtype=np.int32) // 50
    folds = StratifiedGroupKFold(4, shuffle=True, random_state=5).split(labels, labels, GROUPS)
    assert folds_of(labels=labels, groups=GROUPS, group="g", seed=5) == [
        test.tolist() for _, test in folds
    ]


def test_validation_rows_of_a_fold_share_no_group():
    splits = split(groups=GROUPS, group="g", folds=4, fold=3)
    assert are_disjoint(numbers_in(splits, GROUPS))


def test_validation_of_a_fold_has_its_size():
    assert sizes(split(folds=4, validation=0.2)) == (60, 15, 25)


def test_class_rarer_than_the_folds_is_named():
    labels = np.array([0] * 50 + [1] * 46 + [2] * 4, dtype=np.int32)
    assert refusal(split, labels=labels, folds=5) == (
        "data.split.method kfold needs more rows of class c. Received: 4 rows. "
        "Expected: at least 5; or set data.split.method: random."
    )


def test_more_folds_than_rows_are_refused():
    assert refusal(split, rows=5, folds=6) == (
        "data.split.folds is too large for these rows. Received: Cannot have number of splits "
        "n_splits=6 greater than the number of samples: n_samples=5. Choose fewer folds."
    )


def test_folds_of_an_own_test_split_are_refused():
    assert refusal(split, folds=5, own_test=np.arange(100, 110)) == (
        "data.split.method kfold tests every row once, but the source has its own test split. "
        "Received: kfold. Set another method, such as random."
    )


THRICE = np.arange(100) // 3 * 3  # each row equals the first of three


def test_equal_rows_may_stay_where_they_are_drawn():
    assert split(copies=THRICE).test.tolist() == split().test.tolist()


def test_dropping_keeps_the_first_of_equal_rows():
    splits = split(copies=THRICE, duplicates=Duplicates.drop)
    assert sorted([*splits.train, *splits.validation, *splits.test]) == list(range(0, 100, 3))


def test_dropping_leaves_the_own_test_split():
    copies = np.array([*range(100), *range(10)])
    splits = split(copies=copies, duplicates=Duplicates.drop, own_test=np.arange(100, 110))
    assert splits.test.tolist() == list(range(100, 110))
    assert sorted([*splits.train, *splits.validation]) == list(range(10, 100))


@pytest.mark.parametrize("method", ["random", "stratified", "kfold"])
def test_equal_rows_can_stay_together(method):
    splits = split(
        labels=np.arange(100, dtype=np.int32) // 3 % 3,
        copies=THRICE,
        duplicates=Duplicates.together,
        method=SplitMethod(method),
    )
    assert are_disjoint(numbers_in(splits, THRICE))
    assert sum(sizes(splits)) == 100


def test_equal_rows_join_their_groups():
    groups, copies = np.arange(100) // 2, np.arange(100)
    copies[2] = 1  # groups 0 and 1 share a row
    for seed in range(20):
        splits = split(
            groups=groups, group="g", copies=copies, duplicates=Duplicates.together, seed=seed
        )
        assert are_disjoint(numbers_in(splits, groups))
        assert are_disjoint(numbers_in(splits, copies))


def test_equal_rows_of_own_test_split_stay():
    copies = np.array([*range(100), *range(10)])
    message = refusal(
        split, copies=copies, duplicates=Duplicates.together, own_test=np.arange(100, 110)
    )
    assert message == (
        "data.split.duplicates is invalid. Received: together, and 10 rows of the source's own "
        "test split that equal others. Expected: keep or drop."
    )


PARTS = np.array([0, 0, 0, 1, 2] * 20)  # training, validation and test by turns


def test_column_gives_each_row_its_split():
    splits = split(split_numbers=PARTS, column="part")
    assert [rows.tolist() for _, rows in splits.items()] == [
        np.flatnonzero(number == PARTS).tolist() for number in range(3)
    ]


def test_split_missing_in_the_column_is_drawn():
    splits = split(labels=LABELS, split_numbers=np.where(PARTS == 1, 0, PARTS), column="part")
    assert sizes(splits) == (64, 16, 20)
    assert splits.test.tolist() == np.flatnonzero(PARTS == 2).tolist()
    strata = np.bincount(LABELS[splits.validation], minlength=3)
    assert strata.tolist() == [10, 5, 1]


def test_test_rows_are_drawn_before_those_of_validation():
    splits = split(split_numbers=np.zeros(100, dtype=np.int64), column="part")
    assert [rows.tolist() for _, rows in splits.items()] == [
        rows.tolist() for _, rows in split().items()
    ]


def test_split_column_suits_an_own_test_split():
    parts = np.array([*(PARTS > 0), *[2] * 10], dtype=np.int64)
    splits = split(split_numbers=parts, column="part", own_test=np.arange(100, 110))
    assert sizes(splits) == (60, 40, 10)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"split_numbers": PARTS, "own_test": np.arange(100, 110)},
            "data.split.column is invalid. Received: 20 test rows, next to the source's own test "
            "split. Expected: levels for train and validation only.",
        ),
        (
            {"split_numbers": PARTS, "test": 0.1},
            "data.split.test is invalid. Received: 0.1. "
            "Expected: no value, because the column gives the test rows.",
        ),
        (
            {"split_numbers": np.ones(100, dtype=np.int64)},
            "data.split.column is invalid. Received: no training row. Expected: a level for train.",
        ),
    ],
)
def test_column_that_contradicts_is_refused(settings, message):
    assert refusal(split, column="part", **settings) == message
