"""File formats of published data sets: one module a format."""
