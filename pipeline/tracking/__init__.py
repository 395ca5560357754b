"""Tracking: the record of a run. The only importer of MLflow; everything else sees the `Tracker` protocol."""
