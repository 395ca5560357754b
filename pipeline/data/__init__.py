"""Turns published files or your own CSV into arrays for training.

Imports no Keras.

    fetching/     settings of a source -> data/raw/<source>; the only user of the network
    formats/      how each published format is read; add a module to add a format
    raw           what fetching writes
    preparing/    data/raw/<source> -> data/prepared/<data>; split first, fitted on training rows
    prepared      what preparing writes; training and evaluation read only this

`decoding`, `cells`, `tables` and `columns` read CSV, for fetching, preparing and evaluation.
"""
