"""Models: the network of each family, and the model that is saved.

A network reads prepared arrays. Its raw outputs are class scores before softmax or sigmoid, or a
standardised number. The shapes and the number of classes come from the data's `Meta`.
"""
