"""Waits for a tracking server that does not answer, and says why.

MLflow repeats a request for four minutes without a word.
"""

import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.utils.credentials import get_default_host_creds
from mlflow.utils.rest_utils import http_request

from pipeline.console import log
from pipeline.errors import StoreError
from pipeline.redaction import without_password

SPEAKS_AFTER = 5.0
SPEAKS_EVERY = 30.0
GIVES_UP_AFTER = 30.0
_PAUSE = 1.0
_SECONDS_OF_A_PROBE = 3.0
_TEMPORARY = (408, 429)  # and all from 500: the server may answer later
# With one of these, the user says how long MLflow itself waits.
_OWN_PATIENCE = ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "MLFLOW_HTTP_REQUEST_TIMEOUT")


def is_server(uri: str) -> bool:
    """Whether a tracking URI is the address of a server.

    Raises:
        ValueError: it is not a valid URI.
    """
    return urlsplit(uri).scheme in ("http", "https")


def wait(
    uri: str, *, speaks_after: float = SPEAKS_AFTER, gives_up_after: float = GIVES_UP_AFTER
) -> None:
    """Returns when the server answers.

    Returns at once if the user has set how long MLflow waits.

    Raises:
        StoreError: the server does not answer in time.
    """
    if any(name in os.environ for name in _OWN_PATIENCE):
        return
    end = time.monotonic() + gives_up_after
    reason = "no answer"

    def say() -> None:
        log(f"waiting for {without_password(uri)} ({reason})")

    with _speaking(say, after=speaks_after):
        while fault := _fault(uri, seconds=max(end - time.monotonic(), _PAUSE)):
            reason = fault
            if time.monotonic() + _PAUSE > end:
                raise silent(uri, reason)
            time.sleep(_PAUSE)


@contextmanager
def watched(uri: str, *, speaks_after: float = SPEAKS_AFTER) -> Iterator[None]:
    """Says why the block takes long, if the server is the reason."""

    def say() -> None:
        if fault := _fault(uri, seconds=_SECONDS_OF_A_PROBE):
            log(f"waiting for {without_password(uri)} ({fault})")

    with _speaking(say, after=speaks_after):
        yield


def silent(uri: str, reason: str) -> StoreError:
    """The error of a server that does not answer."""
    return StoreError(
        f"the tracking server {without_password(uri)} does not answer",
        received=reason,
        expected="Start the server or correct MLFLOW_TRACKING_URI, "
        "then run the same command again. Without MLFLOW_TRACKING_URI, "
        "runs are recorded in mlruns/mlflow.db",
    )


@contextmanager
def _speaking(say: Callable[[], None], *, after: float) -> Iterator[None]:
    done = threading.Event()

    def speak() -> None:
        seconds = after
        while not done.wait(seconds):
            say()
            seconds = SPEAKS_EVERY

    threading.Thread(target=speak, daemon=True).start()
    try:
        yield
    finally:
        done.set()


def _fault(uri: str, *, seconds: float) -> str | None:
    """Why the server does not answer a request, or None if it does."""
    try:
        response = http_request(
            get_default_host_creds(uri),
            "/api/2.0/mlflow/experiments/search",
            "GET",
            params={"max_results": 1},
            max_retries=0,
            timeout=seconds,
            raise_on_status=False,
        )
    except MlflowException as error:
        return reason_of(error)
    code = int(response.status_code)
    return f"HTTP status {code}" if code in _TEMPORARY or code >= 500 else None


def reason_of(error: BaseException) -> str:
    """The system's words for a failed request, such as `connection refused`."""
    cause: BaseException | None = error
    while cause is not None:
        # The errors of requests are OSErrors, too, but have no number.
        if isinstance(cause, OSError) and cause.errno and cause.strerror:
            return cause.strerror.lower()
        cause = cause.__cause__ or cause.__context__
    if status := re.search(r"too many (\d+) error responses", str(error)):
        return f"HTTP status {status[1]}"
    return "no answer in time" if "timed out" in str(error) else "no valid answer"
