"""Keeps engines of finished trainings, because another training of the same program can use them.

Tracing and compiling a program takes about a second, and a small training takes less.
"""

from typing import Any

_MOST = 4
_MOST_BYTES = 64 * 2**20  # of one engine, because an idle one keeps its variables

_IDLE: dict[str, Any] = {}


def take(program: str | None) -> Any:
    """Takes an idle engine of a program out of the store; None if there is none."""
    return None if program is None else _IDLE.pop(program, None)


def keep(program: str | None, engine: Any, *, size: int) -> None:
    """Keeps an engine that nothing else uses any more; the oldest one makes room for it.

    Args:
        program: an engine without one is not kept.
        size: the bytes of its variables.
    """
    if program is None or size > _MOST_BYTES:
        return
    _IDLE.pop(program, None)
    _IDLE[program] = engine
    if len(_IDLE) > _MOST:
        del _IDLE[next(iter(_IDLE))]
