"""Logs the load of the machine to a run while it trains: CPU, memory, disk, network, GPU."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from mlflow import MlflowClient


@contextmanager
def monitored(client: MlflowClient, run_id: str) -> Iterator[None]:
    """Logs metrics `system/…` by a thread of MLflow until the block ends.

    MLflow measures every ten seconds, or as MLFLOW_SYSTEM_METRICS_SAMPLING_INTERVAL says. The steps
    of these metrics count the measurements. A resumed run continues to count.
    """
    from mlflow.system_metrics.system_metrics_monitor import SystemMetricsMonitor

    logging.getLogger("mlflow.system_metrics").setLevel(logging.WARNING)
    monitor = SystemMetricsMonitor(run_id, resume_logging=True, tracking_uri=client.tracking_uri)
    monitor.start()
    try:
        yield
    finally:
        monitor.finish()
