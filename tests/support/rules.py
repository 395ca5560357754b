"""Rules for the end of an epoch, settled as the settings of a training settle them."""

from typing import Any

from pipeline.config.training import Training
from pipeline.training.loop import Rules


def rules_of(**settings: Any) -> Rules:
    """The rules of settings such as `early_stopping`; the others are the defaults."""
    training = Training(epochs=1, **settings)
    return Rules(training.early_stopping, training.reduce_on_plateau)
