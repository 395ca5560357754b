"""The report: what every experiment of params.yaml reached, and why one is missing."""
