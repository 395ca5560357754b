"""Stages of one `dvc repro` share a process that has imported TensorFlow.

server.py     imports the libraries once, and forks for each command
client.py     hands a command over to a server, and ends as that command ends
stages.py     starts a server for the stages of a `dvc repro`, and finds it again
preloaded.py  what the server imports of this package
ending.py     ends a process at once
"""
