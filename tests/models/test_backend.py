"""Messages of TensorFlow's import."""

import os
from contextlib import suppress

from pipeline.models.backend import _without_messages


def test_messages_of_an_import_are_not_shown(capfd):
    with _without_messages():
        os.write(2, b"oneDNN custom operations are on\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_messages_of_an_import_that_fails_are_shown(capfd):
    with suppress(ImportError), _without_messages():
        os.write(2, b"no such library\n")
        raise ImportError
    assert capfd.readouterr().err == "no such library\n"
