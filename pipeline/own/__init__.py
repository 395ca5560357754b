"""The user's own Python: functions and classes that settings name, such as `my_models.py:build`.

Settings name them in one way, whatever they are: models, losses, metrics, callbacks, optimizers,
schedules, features and figures. Their code is read before it is imported, so a mistake is found
without TensorFlow.
"""
