"""Fetching: from the settings of a source to `data/raw/<source>`."""
