"""The error of a script that `adopt` rejects."""

from pipeline.errors import PipelineError


class AdoptionError(PipelineError):
    """A script that cannot become an experiment, because an essential part has no counterpart."""
