"""The report: the result of every experiment of params.yaml, or why it has none."""
