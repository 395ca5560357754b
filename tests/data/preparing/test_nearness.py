"""Rows that nearly equal a training row: what is found, and what is not."""

import numpy as np
import pytest
from sklearn.datasets import load_digits

from pipeline.data.preparing import nearness
from pipeline.data.preparing.nearness import near_images, near_rows

RANDOM = np.random.default_rng(0)


def photographs(count: int) -> np.ndarray:
    """Images of coarse blocks: as in photographs, neighbouring pixels are alike."""
    blocks = RANDOM.integers(0, 200, (count, 4, 4, 3), dtype=np.uint8)
    return blocks.repeat(8, axis=1).repeat(8, axis=2)


TRAIN, OTHERS = photographs(200), photographs(50)


def changed(kind: str) -> np.ndarray:
    """The first 50 training images, changed."""
    images = TRAIN[:50].astype(np.float64)
    if kind == "noise":
        images += np.random.default_rng(1).normal(0, 10, images.shape)
    elif kind == "brighter":
        images = images * 1.1 + 20
    elif kind == "shifted":
        images = np.roll(images, 1, axis=2)
    return images.clip(0, 255).round().astype(np.uint8)


@pytest.mark.parametrize("kind", ["noise", "brighter", "shifted"])
def test_changed_image_is_near(kind):
    assert near_images(TRAIN, changed(kind)).all()


def test_other_image_is_not_near():
    assert not near_images(TRAIN, OTHERS).any()


def test_image_with_many_copies_is_near():
    copies = np.concatenate([TRAIN, *[TRAIN[:1]] * 50])
    assert near_images(copies, changed("brighter")).all()


def test_blank_images_are_not_near():
    assert not near_images(TRAIN, np.zeros((2, 32, 32, 3), dtype=np.uint8)).any()


def test_few_training_images_are_no_evidence():
    assert not near_images(TRAIN[:8], changed("shifted")).any()


def test_written_digits_are_rarely_near():
    images = load_digits().images.astype(np.uint8)[..., None]
    assert near_images(images[:1400], images[1400:]).sum() <= 2


def patterns(*correlations: float) -> np.ndarray:
    """Images of 8 x 8 pixels that correlate so much with the first pattern, and else not."""
    columns = np.random.default_rng(7).normal(size=(64, 63))
    _, first, *others = np.linalg.qr(np.column_stack([np.ones(64), columns]))[0].T
    rows = [
        share * first + np.sqrt(1 - share**2) * other
        for share, other in zip(correlations, others, strict=False)
    ]
    return (128 + 250 * np.array(rows)).round().astype(np.uint8).reshape(-1, 8, 8, 1)


@pytest.mark.parametrize(
    ("rivals", "is_near"), [([0.91] * 3, True), ([0.91] * 4, False), ([0.91] * 3 + [0.89], True)]
)
def test_four_of_40_training_images_may_be_similar(rivals, is_near):
    train = patterns(0.98, *rivals, *[0.0] * (39 - len(rivals)))
    assert near_images(train, patterns(1.0)).tolist() == [is_near]


def test_blocks_give_the_same_result(monkeypatch):
    whole = near_images(TRAIN, np.concatenate([OTHERS, changed("noise")]))
    monkeypatch.setattr("pipeline.data.preparing.nearness._BLOCK", 7 * len(TRAIN))
    blocks = near_images(TRAIN, np.concatenate([OTHERS, changed("noise")]))
    assert blocks.tolist() == whole.tolist()


def rows_near(numbers: np.ndarray, kinds: np.ndarray | None = None) -> np.ndarray:
    """Compares the last fifth of the rows with the others."""
    first = len(numbers) * 4 // 5
    kinds = np.zeros(len(numbers), dtype=np.int64) if kinds is None else kinds
    train, others = np.arange(first), np.arange(first, len(numbers))
    return near_rows(numbers.astype(np.float32).__getitem__, kinds, train, others)


def with_copies(noise: float) -> np.ndarray:
    """Rows of five numbers; the last fifth repeats the first, with noise of equal deviations."""
    rows = np.random.default_rng(2).normal(size=(500, 5)) * [1, 10, 100, 0.1, 1]
    deviations = rows.std(axis=0)
    rows[400:] = rows[:100] + np.random.default_rng(3).uniform(-noise, noise, (100, 5)) * deviations
    return rows


def test_slightly_changed_row_is_near():
    assert rows_near(with_copies(0.009)).all()


def test_row_that_differs_more_is_not_near():
    assert not rows_near(with_copies(1.0)).any()


def test_rows_of_other_kinds_are_not_near():
    kinds = np.arange(500) // 400
    assert not rows_near(with_copies(0.001), kinds).any()


def test_constant_numbers_are_no_evidence():
    assert not rows_near(np.ones((50, 3))).any()


@pytest.mark.parametrize("columns", [1, 2, 3, 5])
def test_chance_makes_few_rows_near(columns):
    numbers = np.random.default_rng(4).normal(size=(10_000, columns))
    assert rows_near(numbers).sum() <= 6  # one in a thousand of 2,000 is expected


def test_many_equal_values_take_no_time():
    numbers = (np.random.default_rng(5).random((20_000, 50)) < 0.02).astype(np.float64)
    assert rows_near(numbers).mean() > 0.5


@pytest.mark.parametrize("numbers_of_a_tree", [1, 60, 1 << 24])
@pytest.mark.parametrize("few_pairs", [0, 1 << 20])
@pytest.mark.parametrize("rows_at_once", [7, 1 << 16])
def test_all_ways_to_compare_rows_agree(monkeypatch, numbers_of_a_tree, few_pairs, rows_at_once):
    numbers = with_copies(0.009)[::-1].copy()
    numbers[250:, 0] = numbers[250, 0]
    kinds = np.arange(500) % 3
    expected = rows_near(numbers, kinds)
    monkeypatch.setattr(nearness, "_NUMBERS_OF_A_TREE", numbers_of_a_tree)
    monkeypatch.setattr(nearness, "_FEW_PAIRS", few_pairs)
    monkeypatch.setattr(nearness, "_ROWS", rows_at_once)
    assert rows_near(numbers, kinds).tolist() == expected.tolist()


@pytest.mark.parametrize("columns", [1, 2, 3, 17])
def test_deviation_in_blocks_has_the_bits_of_numpy(monkeypatch, columns):
    numbers = np.random.default_rng(6).lognormal(size=(1000, columns)).astype(np.float32)
    monkeypatch.setattr(nearness, "_ROWS", 64)
    deviation = nearness._deviation(numbers.__getitem__, np.arange(1000))
    assert deviation.tolist() == numbers.std(axis=0).tolist()
