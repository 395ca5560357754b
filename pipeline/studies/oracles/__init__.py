"""Search oracles: one module each, named as in `search=<name>`.

A module defines `SETTINGS`, a subclass of `SearchSettings`, and `build(search, space, objective)`.
`build` returns an `Oracle`. It imports KerasTuner inside functions, because settings are composed
without TensorFlow.
"""

from typing import Protocol

from pipeline.registry import Registry
from pipeline.studies.trial import Trial

ORACLES = Registry("pipeline.studies.oracles", "search oracle")


class Oracle(Protocol):
    """Suggests trials. It learns the result of each one before the next.

    Its suggestions depend only on its settings and on the results so far. A search can therefore
    resume from its journal.
    """

    def ask(self) -> Trial | None:
        """The next trial, with the overrides of the search. None ends the search."""
        ...

    def tell(self, trial: Trial, objective: float | None) -> None:
        """Takes the objective of the last suggested trial. None means that it failed."""
        ...
