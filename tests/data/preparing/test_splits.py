import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.model_selection import train_test_split

from pipeline.config.data import Split, SplitMethod
from pipeline.data.preparing.splits import Parts, split_rows
from pipeline.errors import ConfigError

LABELS = np.array([0] * 60 + [1] * 30 + [2] * 10, dtype=np.int32)
CLASSES = ["a", "b", "c"]


def split(
    rows: int = 100,
    labels: np.ndarray | None = None,
    own_test: np.ndarray | None = None,
    **settings: object,
) -> Parts:
    classes = CLASSES if labels is not None else []
    return split_rows(rows, Split(**settings), labels=labels, classes=classes, own_test=own_test)  # type: ignore[arg-type]


def sizes(parts: Parts) -> tuple[int, int, int]:
    return len(parts.train), len(parts.validation), len(parts.test)


def test_without_settings_a_fifth_is_test_and_a_fifth_of_the_rest_validation():
    assert sizes(split()) == (64, 16, 20)


def test_counts_are_taken_as_they_are():
    assert sizes(split(test=30.0, validation=15.0)) == (55, 15, 30)


def test_the_sources_own_test_part_is_the_test():
    parts = split(own_test=np.arange(100, 110))
    assert parts.test.tolist() == list(range(100, 110))
    assert sizes(parts) == (80, 20, 10)


def test_a_test_part_beside_the_sources_own_is_refused():
    with pytest.raises(ConfigError) as refusal:
        split(own_test=np.arange(100, 110), test=0.2)
    assert str(refusal.value) == (
        "data.split.test is given, and the source has its own test part. Received: 0.2. "
        "Leave it out: test rows are never pooled with training rows."
    )


def test_first_takes_the_first_rows_in_order():
    parts = split(method=SplitMethod.first, validation=5.0, own_test=np.arange(100, 110))
    assert parts.validation.tolist() == [0, 1, 2, 3, 4]
    assert parts.train.tolist() == list(range(5, 100))


def test_first_takes_the_test_before_the_validation():
    parts = split(method=SplitMethod.first, test=2.0, validation=3.0)
    assert (parts.test.tolist(), parts.validation.tolist()) == ([0, 1], [2, 3, 4])


def test_another_seed_is_another_split():
    assert split(seed=1).test.tolist() != split(seed=2).test.tolist()


def test_a_seed_draws_the_rows_that_scikit_learn_draws():
    assert split(rows=10, seed=42, method=SplitMethod.random).test.tolist() == sorted(
        train_test_split(range(10), test_size=2, random_state=42)[1]
    )


def test_a_part_with_fewer_rows_than_classes_is_refused():
    labels = np.array([0, 1, 2] * 4, dtype=np.int32)
    with pytest.raises(ConfigError) as refusal:
        split(rows=12, labels=labels, test=2)
    assert str(refusal.value) == (
        "data.split.test cannot be stratified. Received: The test_size = 2 should be greater or equal to the number of "
        "classes = 3. Use data.split.method: random."
    )


def test_classes_are_stratified_unless_told_otherwise():
    parts = split(labels=LABELS, test=0.5)
    assert np.bincount(LABELS[parts.test]).tolist() == [30, 15, 5]


def test_a_class_with_too_few_rows_is_named():
    labels = np.array([0] * 10 + [1] * 10 + [2] * 2, dtype=np.int32)
    with pytest.raises(ConfigError) as refusal:
        split(rows=22, labels=labels)
    assert str(refusal.value) == (
        "data.split.method cannot be stratified: class c has too few rows. Received: 2 rows. "
        "Expected: at least 3 of each class, or data.split.method: random."
    )


def test_drawn_at_random_a_class_may_be_rare():
    labels = np.array([0] * 10 + [1] * 10 + [2], dtype=np.int32)
    assert sum(sizes(split(rows=21, labels=labels, method=SplitMethod.random))) == 21


@pytest.mark.parametrize(
    ("rows", "settings", "line"),
    [
        (
            100,
            {"test": 100.0},
            "data.split.test leaves a part without rows. Received: 100 of 100 rows.",
        ),
        (
            100,
            {"validation": 80.0},
            "data.split.validation leaves a part without rows. Received: 80 of 80 rows.",
        ),
        (
            100,
            {"test": 0.001},
            "data.split.test leaves a part without rows. Received: 0.001 of 100 rows.",
        ),
        (2, {}, "data.split.test leaves a part without rows. Received: 0.2 of 2 rows."),
        (1, {}, "data.split.test leaves a part without rows. Received: 0.2 of 1 row."),
    ],
)
def test_a_part_without_rows_is_refused(rows, settings, line):
    with pytest.raises(ConfigError) as refusal:
        split(rows=rows, **settings)
    assert (
        str(refusal.value)
        == f"{line} Expected: at least one row in each of train, validation and test."
    )


FRACTIONS = st.floats(0.2, 0.5)
SEEDS = st.integers(0, 2**32 - 1)
PARTING = [method for method in SplitMethod if method is not SplitMethod.whole]


@given(
    rows=st.integers(30, 300),
    test=FRACTIONS,
    validation=FRACTIONS,
    method=st.sampled_from(PARTING),
    seed=SEEDS,
)
def test_parts_are_disjoint_complete_ascending_and_of_the_size_asked_for(
    rows, test, validation, method, seed
):
    labels = np.arange(rows, dtype=np.int32) % 3
    parts = split(
        rows=rows, labels=labels, test=test, validation=validation, method=method, seed=seed
    )
    assert sorted([*parts.train, *parts.validation, *parts.test]) == list(range(rows))
    assert all((np.diff(part) > 0).all() for _, part in parts.items())
    assert len(parts.test) == round(rows * test)
    assert len(parts.validation) == round((rows - len(parts.test)) * validation)


@given(seed=SEEDS, method=st.sampled_from(SplitMethod))
def test_the_same_seed_is_the_same_split(seed, method):
    one, two = (split(labels=LABELS, seed=seed, method=method) for _ in range(2))
    assert [part.tolist() for _, part in one.items()] == [part.tolist() for _, part in two.items()]


@given(counts=st.lists(st.integers(15, 80), min_size=3, max_size=3), test=FRACTIONS, seed=SEEDS)
def test_each_class_is_within_one_row_of_its_share(counts, test, seed):
    labels = np.repeat(np.arange(3, dtype=np.int32), counts)
    parts = split(
        rows=len(labels),
        labels=labels,
        test=test,
        validation=0.5,
        method=SplitMethod.stratified,
        seed=seed,
    )
    drawn = np.bincount(labels[parts.test], minlength=3)
    assert (np.abs(drawn - np.array(counts) * len(parts.test) / len(labels)) < 1).all()


def test_each_part_may_be_the_whole():
    parts = split(rows=4, method=SplitMethod.whole)
    assert [rows.tolist() for rows in (parts.train, parts.validation, parts.test)] == [
        [0, 1, 2, 3]
    ] * 3


def test_the_whole_leaves_no_room_for_a_test_part():
    with pytest.raises(ConfigError) as refusal:
        split(method=SplitMethod.whole, own_test=np.arange(100, 110))
    assert str(refusal.value) == (
        "data.split.method takes all rows for each part. Received: a source with a test part. "
        "Expected: random, stratified or first."
    )


def test_the_whole_leaves_no_room_for_a_size_of_the_test_part():
    with pytest.raises(ConfigError) as refusal:
        split(method=SplitMethod.whole, test=0.25)
    assert str(refusal.value) == (
        "data.split.method takes all rows for each part. Received: data.split.test=0.25. Expected: random, stratified or first."
    )
