"""Records of runs. No other package imports MLflow.

`tracker` says what a record takes, and `stores` holds one module for each place where records are kept.
"""

import os

# MLflow reads this when it is imported, and then reports its use to nobody.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
