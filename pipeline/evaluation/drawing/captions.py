"""Words in figures: titles that name a part of a layer, and probabilities."""


def title(head: str, *facts: str) -> str:
    """`head`, and the facts that are not empty on the line below."""
    line = ", ".join(filter(None, facts))
    return f"{head}\n{line}" if line else head


def share(part: int, total: int, noun: str) -> str:
    """`first 64 of 128 filters`, or nothing if the figure shows all."""
    return f"first {part} of {total} {noun}" if part < total else ""


def percent(probability: float) -> str:
    """`98.0 %`. A probability close to 0 or 1 is not rounded to it."""
    if probability < 0.001:
        return "below 0.1 %"
    return f"{100 * probability:.1f} %" if probability < 0.9995 else "above 99.9 %"
