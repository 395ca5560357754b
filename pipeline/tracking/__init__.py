"""Records of runs: the only importer of MLflow, which is told not to report its use to anyone."""

import os

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")  # read when MLflow is imported
