"""Damage to files, as a failing disk leaves it."""

from pathlib import Path


def flip_a_bit(path: Path) -> None:
    """Changes the lowest bit of the byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
