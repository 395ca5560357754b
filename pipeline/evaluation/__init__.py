"""Evaluation: scores with intervals, and figures. Everything here returns values or figures."""
