"""Models: one file a family, each `build(config, meta) -> keras.Model`; `serving` makes the model that is saved.

A network takes prepared arrays and gives raw outputs: class scores before softmax or sigmoid, or a standardised
number. Shapes and classes come from the data's `Meta`.
"""
