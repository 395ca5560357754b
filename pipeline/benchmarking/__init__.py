"""How fast one network trains on this machine, in several ways.

ways.py       trains for some seconds: by plain or tuned `fit`, or by the engine
worker.py     runs one way in a process of its own
measuring.py  measures all ways in turn
"""
