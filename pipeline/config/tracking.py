"""Settings of tracking. Where the store lies is the environment's business: `MLFLOW_TRACKING_URI`."""

from dataclasses import dataclass
from enum import Enum


class Store(Enum):
    """Who keeps the record of a run: MLflow, or memory alone, which is gone with the process."""

    mlflow = "mlflow"
    memory = "memory"


@dataclass
class Tracking:
    """`log_model: false` keeps the model out of the store, for large sweeps.

    `tensorboard` writes the curves for TensorBoard too, under `mlruns/tensorboard/`.
    """

    store: Store = Store.mlflow
    log_model: bool = True
    tensorboard: bool = False
