"""Simulations of what the statistics promise: programs, and functions that tests share."""
