"""An empty project for each test."""

import pytest


@pytest.fixture(autouse=True)
def _in_project(in_empty_folder):
    pass
