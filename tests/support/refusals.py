"""The one line of an error, for comparison with the exact text."""

from collections.abc import Callable
from typing import Any

import pytest

from pipeline.errors import PipelineError


def refusal(
    call: Callable[..., Any], *args: Any, error: type[Exception] = PipelineError, **settings: Any
) -> str:
    """The message of the error that `call` raises."""
    with pytest.raises(error) as caught:
        call(*args, **settings)
    return str(caught.value)
