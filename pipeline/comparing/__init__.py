"""Compares trained models: tests, intervals, and a verdict only on leads beyond the noise.

Three kinds of noise have a module each: `rows` of the test split, `seeds` of the training, and
`splits` of the data. `sequence` decides after each further seed.
"""
