"""Why a script cannot be adopted."""

from pipeline.errors import PipelineError


class AdoptionError(PipelineError):
    """A script that cannot become an experiment, because an essential part has no counterpart."""
