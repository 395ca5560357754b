"""Evaluation: metrics with intervals, and figures. Everything here returns values or figures; nothing logs."""
