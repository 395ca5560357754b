"""Cards of models that no run trained."""

from pipeline.data.prepared import Meta
from pipeline.runs.model_card import ModelCard


def card_of(meta: Meta, *, step: int = 0) -> ModelCard:
    """The card of a model of these data."""
    return ModelCard.of(meta, experiment="toy", run_id="r", run_key="k", step=step)
