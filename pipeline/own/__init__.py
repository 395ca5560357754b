"""The user's own Python: functions and classes that settings name, such as `my_models.py:build`.

Settings name all of them in the same way: models, losses, metrics, callbacks, optimizers,
schedules, features and figures. Their code is read before it is imported, so mistakes are found
without TensorFlow.
"""
