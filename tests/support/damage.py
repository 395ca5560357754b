"""Damage to files, as a failing disk leaves it."""

import os
from pathlib import Path


def flip_a_bit(path: Path) -> None:
    """Changes the lowest bit of the byte in the middle."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def rot(path: Path, *, byte: int, bit: int) -> None:
    """Flips one bit in place. The file keeps its times, mode and links."""
    state = path.stat()
    path.chmod(0o644)
    with path.open("r+b") as file:
        file.seek(byte)
        value = file.read(1)[0] ^ (1 << bit)
        file.seek(byte)
        file.write(bytes([value]))
    path.chmod(state.st_mode)
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
