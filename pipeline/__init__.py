"""Keras experiments from download to tested model.

Commands, in the order of the DAG: fetch, prepare, compose, train, evaluate, report. Everything below them is library:
`config` (typed settings), `data` (CSV in, arrays out), `models`, `training`, `evaluation`, `tracking`, and
`experiment`, the one function that trains. Nothing is imported here, so that `fetch` never loads TensorFlow.
"""
