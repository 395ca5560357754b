"""Titles of figures that show a part of a layer."""


def title(head: str, *facts: str) -> str:
    """`head`, and below it the facts that are not empty."""
    line = ", ".join(filter(None, facts))
    return f"{head}\n{line}" if line else head


def share(part: int, total: int, things: str) -> str:
    """`first 64 of 128 filters`, or nothing if the figure shows all."""
    return f"first {part} of {total} {things}" if part < total else ""
