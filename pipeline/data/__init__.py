"""Data: published bytes or your CSV in, checked and split arrays out.

One file for each published format, `download` for the network (its only user), `tables` for reading and checking
CSV, `splits`, `encoding` for what is fitted on the training part, and `prepared` for what training reads. No Keras.
"""
