"""Titles of figures that show a part of a layer."""


def title(head: str, *facts: str) -> str:
    """`head`, and the facts that are not empty on the line below."""
    line = ", ".join(filter(None, facts))
    return f"{head}\n{line}" if line else head


def share(part: int, total: int, noun: str) -> str:
    """`first 64 of 128 filters`, or nothing if the figure shows all."""
    return f"first {part} of {total} {noun}" if part < total else ""
