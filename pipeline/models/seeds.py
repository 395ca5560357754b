"""Derives the seeds of random layers from the seed of a run."""

import hashlib


def derived_seed(seed: int, role: str, number: int) -> int:
    """A seed for one of the layers that draw numbers at random.

    It is a hash, because `seed + number` would give layer 2 of seed 1 the draws of layer 1 of
    seed 2. Runs of consecutive seeds would then share most of their draws.

    Args:
        role: what draws, such as `dropout`.
        number: counts those with the same role from 1.

    Returns:
        An integer below 2³¹, because some backends of Keras read no larger one.
    """
    digest = hashlib.sha256(f"{seed}/{role}/{number}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1
