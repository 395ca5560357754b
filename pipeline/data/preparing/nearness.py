"""Rows that nearly equal a training row: the same image or measurement, slightly changed."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.data.preparing.equality import equal_rows
from pipeline.data.preparing.splits import Rows

Mask = NDArray[np.bool_]

# Images are compared by Pearson's correlation of their pixels. docs/splits.md shows what these
# numbers find in CIFAR-10 and MNIST.
_SIDE = 8  # pixels of the reduced images
_ALIKE = 0.8  # nearly equal images correlate at least this much ...
_TIMES, _FEW = 5, 4  # ... and at most 4 training images are up to 5 times as different
_SAME = 0.995  # images that correlate this much are nearly equal, however many there are
_BLOCK = 1 << 25  # correlations in memory
_PIXELS = 1 << 22  # of images that are compared at once
MOST_PAIRS = 1_000_000_000  # of images: more take minutes

# Rows of a table are nearly equal if no number differs by more than this many standard deviations,
# or by less if this share of the rows would be that near by chance.
_NEAR, _CHANCE = 0.01, 1e-3
_FEW_PAIRS = 1 << 20
_ROWS = 1 << 16  # rows that are read at the same time
_NUMBERS_OF_A_TREE = 1 << 22


def near_images(train: NDArray[np.uint8], others: NDArray[np.uint8]) -> Mask:
    """Whether each image nearly equals a training image.

    Reduced images of 8 x 8 pixels find the most similar training image. All pixels of both images
    must then correlate at 0.8 or more. That image must also stand out: at most 4 training images
    may have up to 5 times its difference (1 - correlation). Brightness and contrast do not matter.

    Args:
        train, others: pixels of shape (images, height, width, channels).

    Returns:
        One value for each of `others`.
    """
    near = np.zeros(len(others), dtype=np.bool_)
    if not len(others):
        return near
    few = min(_FEW, len(train) // 10)
    reduced = _standardised(_reduced(train))
    block = max(1, _BLOCK // len(train))
    for start in range(0, len(others), block):
        images = others[start : start + block]
        correlations = _standardised(_reduced(images)) @ reduced.T
        nearest = correlations.argmax(axis=1)
        alike = _correlations(images, train, nearest)
        result = alike >= _SAME
        open_cases = np.flatnonzero((alike >= _ALIKE) & ~result)
        difference = 1 - correlations[open_cases, nearest[open_cases]]
        is_rival = correlations[open_cases] >= (1 - _TIMES * difference)[:, None]
        result[open_cases] = np.count_nonzero(is_rival, axis=1) <= few
        near[start : start + block] = result
    return near


def _reduced(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The means of square blocks of pixels, as rows: about 8 by 8 of each channel."""
    count, height, width, channels = images.shape
    size = max(1, min(height, width) // _SIDE)
    rows, columns = height // size, width // size
    blocks = images[:, : rows * size, : columns * size].reshape(
        count, rows, size, columns, size, channels
    )
    means: NDArray[np.float32] = blocks.mean(axis=(2, 4), dtype=np.float32)
    return means.reshape(count, -1)


def _correlations(
    images: NDArray[np.uint8], train: NDArray[np.uint8], nearest: Rows
) -> NDArray[np.float32]:
    """Pearson's correlation of the pixels of each image with those of one training image.

    Args:
        nearest: the number of that training image.
    """
    result = np.empty(len(images), dtype=np.float32)
    step = max(1, _PIXELS // images[0].size)
    for start in range(0, len(images), step):
        rows = slice(start, start + step)
        first, second = (
            _standardised(some.reshape(len(some), -1).astype(np.float32))
            for some in (images[rows], train[nearest[rows]])
        )
        result[rows] = (first * second).sum(axis=1)
    return result


def _standardised(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Rows with mean 0 and length 1, so that products are correlations. Constant rows become 0."""
    centred = rows - rows.mean(axis=1, keepdims=True)
    length = np.linalg.norm(centred, axis=1, keepdims=True)
    standardised: NDArray[np.float32] = centred / np.where(length == 0, 1, length)
    return standardised


def near_rows(
    numbers: Callable[[Rows], NDArray[np.float32]], kinds: Rows, train: Rows, others: Rows
) -> Mask:
    """Whether each row nearly equals a training row.

    Their kinds must be equal, and no number may differ by more than a hundredth of its standard
    deviation. Among many rows of few numbers, some are that near by chance. The limit is then so
    small that this happens to one row in a thousand, if the numbers are independent and normal.

    Args:
        numbers: gives the numbers of rows, float32 of shape (rows, numbers). It is called for some
            rows at a time.
        kinds: rows of different kinds, such as other categories, are never nearly equal.
        train, others: row numbers, ascending.

    Returns:
        One value for each of `others`.
    """
    near = np.zeros(len(others), dtype=np.bool_)
    deviation = _deviation(numbers, train)
    varies = deviation > 0
    dimensions = int(varies.sum())
    if dimensions == 0 or not len(others):
        return near
    # The difference of two normal numbers has the density 1 / (2 sqrt(pi)) at 0.
    width = (_CHANCE / len(train)) ** (1 / dimensions) * np.sqrt(np.pi)
    distance = min(_NEAR, float(width))

    def points(rows: Rows) -> NDArray[np.float64]:
        scaled = numbers(rows)[:, varies] / deviation[varies]
        return np.column_stack([scaled, kinds[rows]]).astype(np.float64, copy=False)

    def firsts(rows: Rows) -> NDArray[np.float64]:
        # A view would keep all numbers of its block in memory.
        return np.concatenate([points(some)[:, 0].copy() for some in _in_blocks(rows)])

    # Training rows with similar first numbers are compared together. Only other rows with a first
    # number in the same range can be near them.
    first, other_first = firsts(train), firsts(others)
    order, other_order = np.argsort(first), np.argsort(other_first)
    sorted_others = other_first[other_order]
    del other_first
    size = max(1, _NUMBERS_OF_A_TREE // (dimensions + 1))
    for start in range(0, len(train), size):
        together = order[start : start + size]
        least, greatest = first[together[[0, -1]]]
        # Twice the distance leaves room for rounding.
        low, high = np.searchsorted(sorted_others, [least - 2 * distance, greatest + 2 * distance])
        asked = np.sort(other_order[low:high])
        asked = asked[~near[asked]]
        if len(asked):
            near[asked] = _have_near(points, others[asked], train[np.sort(together)], distance)
    return near


def _deviation(numbers: Callable[[Rows], NDArray[np.float32]], rows: Rows) -> NDArray[np.float32]:
    """The standard deviation of each number, with the bits of `numpy.std` over all rows.

    NumPy adds the rows one after the other, and a single column by halves.
    """
    deviation: NDArray[np.float32]
    if len(rows) <= _ROWS or numbers(rows[:1]).shape[1] == 1:
        whole = np.concatenate([numbers(some) for some in _in_blocks(rows)])
        deviation = whole.std(axis=0)
        return deviation
    mean = _sum(numbers(some) for some in _in_blocks(rows)) / np.float32(len(rows))
    squares = _sum((numbers(some) - mean) ** 2 for some in _in_blocks(rows))
    deviation = np.sqrt(squares / np.float32(len(rows)))
    return deviation


def _sum(blocks: Iterable[NDArray[np.float32]]) -> NDArray[np.float32]:
    """The sum over the rows of all blocks, row by row."""
    total = np.zeros(0, dtype=np.float32)
    for number, block in enumerate(blocks):
        total = np.add.reduce(np.vstack([total, block]) if number else block, axis=0)
    return total


def _in_blocks(rows: Rows) -> Iterator[Rows]:
    for start in range(0, len(rows), _ROWS):
        yield rows[start : start + _ROWS]


def _have_near(
    points: Callable[[Rows], NDArray[np.float64]], rows: Rows, train: Rows, distance: float
) -> Mask:
    """Whether each row is nearer than a distance to a training row, in every number."""
    neighbours = np.empty((len(train), points(train[:1]).shape[1]))
    for start in range(0, len(train), _ROWS):
        neighbours[start : start + _ROWS] = points(train[start : start + _ROWS])
    is_first = equal_rows(neighbours.T, rows=len(neighbours)) == np.arange(len(neighbours))
    if not is_first.all():
        neighbours = neighbours[is_first]
    if len(neighbours) * len(rows) <= _FEW_PAIRS:
        return _have_near_pair(points(rows), neighbours, distance)
    from scipy.spatial import KDTree

    # A balanced tree takes minutes if many values of a column are equal.
    tree = KDTree(neighbours, balanced_tree=False, compact_nodes=False)
    nearest = [
        tree.query(points(some), p=np.inf, distance_upper_bound=distance)[0]
        for some in _in_blocks(rows)
    ]
    near: Mask = np.isfinite(np.concatenate(nearest))
    return near


def _have_near_pair(
    points: NDArray[np.float64], others: NDArray[np.float64], distance: float
) -> Mask:
    """Compares all pairs of points, number by number. For few pairs, loading SciPy takes longer.

    Args:
        points, others: of shape (points, numbers).
    """
    point, other = np.divmod(np.arange(len(points) * len(others)), len(others))
    for first, second in zip(points.T, others.T, strict=True):
        is_near = np.abs(first[point] - second[other]) < distance
        point, other = point[is_near], other[is_near]
        if not len(point):
            break
    near = np.zeros(len(points), dtype=np.bool_)
    near[point] = True
    return near
