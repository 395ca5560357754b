"""Compares trained models: tests, intervals and a verdict that stays inside the noise.

Three kinds of noise have a module each: `rows` of the test split, `seeds` of the training, and
`splits` of the data. `sequence` decides while further seeds are trained.
"""
