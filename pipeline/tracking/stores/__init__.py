"""Tracking stores: one module for each place that keeps records of runs.

The setting `tracking.store` names the module. Each module defines one `Store` as `STORE`.
"""

from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import Protocol, cast

from pipeline.registry import Registry
from pipeline.tracking.tracker import RunFacts, Tracker

STORES = Registry("pipeline.tracking.stores", "tracking store")


class Store(Protocol):
    """Keeps the records of runs."""

    @property
    def lasting(self) -> bool:
        """Whether records outlive the process. Only then can a run resume."""
        ...

    def open_run(
        self, facts: RunFacts, *, run_id: str | None = None, new: bool = False
    ) -> AbstractContextManager[Tracker]:
        """Opens the record of a run, and ends it when the block ends, as `ending` does.

        Args:
            run_id: the run to which the checkpoint belongs. It is reopened if the store has it.
                Without a checkpoint, the newest unfinished run of the same `run_key` is reopened.
            new: always opens a new record.
        """
        ...

    def open_parent(
        self, kind: str, experiment: str, identifier: str, params: Mapping[str, str]
    ) -> AbstractContextManager[Tracker]:
        """Opens the record of a sweep, search or comparison, or reopens that of an earlier one.

        Args:
            kind: `sweep`, `search` or `comparison`. The tag `<kind>_id` holds the identifier.
            params: the settings that differ between trials. The first ones logged stay.
        """
        ...

    def attach(self, run_id: str) -> Tracker:
        """Returns the record of an ended run, to add to it. Its status stays.

        Raises:
            PipelineError: the store does not have the run.
        """
        ...

    def write_page(self, experiment: str) -> None:
        """Renews what the page of an experiment shows above its runs, and its columns."""
        ...

    def missing(self, run_ids: Iterable[str]) -> set[str]:
        """Returns those runs that the store does not have, or has deleted."""
        ...

    def is_complete(self, run_id: str, *, model_step: int | None) -> bool:
        """Whether the store surely holds all of a finished run. It may say False in doubt.

        Args:
            model_step: the step of the model that the record should hold; None for no model.
        """
        ...


def load(name: str) -> Store:
    """Imports the store that the setting `tracking.store` names.

    Raises:
        ConfigError: there is no store of this name.
    """
    return cast(Store, STORES.load(name, key="tracking.store").STORE)
