"""Evaluation: scores with intervals, and figures. Nothing here logs to a tracker."""
