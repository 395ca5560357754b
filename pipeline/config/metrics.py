"""The metrics that settings can name. Their modules are in `pipeline.metrics`."""

from pipeline.registry import Registry

METRICS = Registry("pipeline.metrics", "metric")
