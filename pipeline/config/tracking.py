"""Settings of tracking. `MLFLOW_TRACKING_URI` sets the address of a server."""

from dataclasses import dataclass


@dataclass
class Tracking:
    """Where runs are recorded.

    Args:
        store: the name of a module in `pipeline.tracking.stores`.
        log_model: false keeps the model out of the store, for large sweeps.
        tensorboard: also writes the curves for TensorBoard, to `mlruns/tensorboard/`.
        system_metrics: also logs the load of CPU, memory, disk, network and GPU while it trains.
    """

    store: str = "mlflow"
    log_model: bool = True
    tensorboard: bool = False
    system_metrics: bool = False
