"""Records of runs. No other package imports MLflow.

`tracker` defines what can be logged. `stores` has one module for each place that keeps records.
"""

import os

# MLflow reads this when it is imported, and then reports its use to nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
