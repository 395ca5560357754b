"""Downloads a file from a mirror or its publisher.

The only module that uses the network. Places are tried in order. After a temporary failure (HTTP
429 or 5xx, a timeout, a broken connection) the same place is tried again. After any other failure,
the next place is tried. A file gets its final name only when its sha256 is correct.
"""

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Thread
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import pooch
import requests
from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)
from urllib3 import exceptions

from pipeline.console import is_animated
from pipeline.errors import FetchError
from pipeline.redaction import without_password

_CHUNK = 1 << 16
_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """Limits of a download, in seconds, bytes and bytes per second.

    Args:
        connect: the time for one connection.
        read: the time between two pieces of the body.
        answer: the time until the body starts, including name resolution and redirects.
        total: the time for the body.
        window: the time between two checks of the rate of the body.
        rate: the lowest rate in a window.
        size: the largest body.
        tries: the number of tries after temporary failures.
        pause: the time before the second try. It doubles with each try.
    """

    connect: float = 5.0
    read: float = 15.0
    answer: float = 20.0
    total: float = 1800.0
    window: float = 20.0
    rate: int = 4096
    size: int = 4 << 30
    tries: int = 3
    pause: float = 0.5


@dataclass(frozen=True)
class Place:
    """Where a file may be.

    Args:
        name: the file's name on disk.
        at: a URL or a path.
        sha256: the digest that the bytes must have; None allows any bytes.
    """

    name: str
    at: str
    sha256: str | None = None


class _PlaceError(Exception):
    """Why a place does not provide the file."""


class _TemporaryError(_PlaceError):
    """A temporary failure: another try may succeed."""


def first_of(
    places: Sequence[Place], folder: Path, *, mirror_path: str, limits: Limits = Limits()
) -> Place:
    """Downloads a file into `folder` from the first place that has it.

    Returns the place.

    Args:
        mirror_path: the file's path below `DATA_MIRROR`, such as `mnist/t10k-labels-idx1-ubyte.gz`.

    Raises:
        FetchError: no place has the file. The message names every place and its error.
    """
    reasons = []
    for place in places:
        try:
            _put(place, folder, limits)
        except _PlaceError as error:
            reasons.append(without_password(f"{place.at}: {error}"))
        else:
            return place
    raise FetchError(
        f"{mirror_path} is not available",
        received="; ".join(reasons) or "no URL and no DATA_MIRROR",
        expected=f"Set DATA_MIRROR to a folder or an https:// URL that holds {mirror_path}",
    )


def _is_url(at: str) -> bool:
    return "://" in at


def _put(place: Place, folder: Path, limits: Limits) -> None:
    pooch.get_logger().setLevel("WARNING")
    downloader = partial(_download, limits=limits) if _is_url(place.at) else _copy
    try:
        pooch.retrieve(
            place.at, known_hash=place.sha256, fname=place.name, path=folder, downloader=downloader
        )
    except ValueError as error:  # pooch raises it for a wrong checksum
        raise _PlaceError(str(error).partition(". Deleted")[0]) from error


def _copy(path: str, target: str, _pooch: object) -> None:
    try:
        shutil.copyfile(Path(path).expanduser(), target)
    except OSError as error:
        raise _PlaceError(error.strerror or str(error)) from error


def _download(url: str, target: str, _pooch: object, *, limits: Limits) -> None:
    for attempt in range(1, limits.tries + 1):
        try:
            return _transfer(url, Path(target), limits)
        except _TemporaryError as error:
            if attempt == limits.tries:
                raise _PlaceError(f"{error} ({attempt} tries)") from error
            time.sleep(limits.pause * 2 ** (attempt - 1))
    raise _PlaceError("Limits.tries is below 1")


def _transfer(url: str, target: Path, limits: Limits) -> None:
    with requests.Session() as session, _translated_errors():
        session.trust_env = urlsplit(url).hostname not in _LOOPBACK
        with _within(limits.answer, lambda: _answer(session, url, limits)) as response:
            _check_status(response)
            _save(response, target, limits)


@contextmanager
def _translated_errors() -> Iterator[None]:
    """Turns the errors of requests and urllib3 into `_PlaceError`s in plain words."""
    try:
        yield
    except (requests.RequestException, exceptions.HTTPError) as error:
        cause = (
            error.args[0] if isinstance(error, requests.RequestException) and error.args else error
        )
        cause = cause.reason if isinstance(cause, exceptions.MaxRetryError) else cause
        temporary = isinstance(cause, (exceptions.ProtocolError, exceptions.ReadTimeoutError))
        raise (_TemporaryError if temporary else _PlaceError)(_in_words(cause)) from error


def _in_words(cause: object) -> str:
    words = {
        exceptions.NameResolutionError: "no address for its host name",
        exceptions.NewConnectionError: "cannot connect to its host",
        exceptions.ConnectTimeoutError: "timeout while connecting to its host",
        exceptions.ReadTimeoutError: "timeout while waiting for bytes",
        exceptions.ProtocolError: "the connection broke before the end",
    }
    return next((text for kind, text in words.items() if isinstance(cause, kind)), str(cause))


def _within(seconds: float, work: Callable[[], T]) -> T:
    """Returns `work()`, or gives up after `seconds`.

    The timeouts of requests do not cover name resolution, hosts with many addresses, or headers
    that arrive slowly. So a daemon thread does the work. After a timeout, nothing
    waits for it.
    """
    future: Future[T] = Future()
    Thread(target=_settle, args=(future, work), daemon=True).start()
    try:
        return future.result(seconds)
    except TimeoutError:
        raise _PlaceError(f"no answer in {seconds:g} s") from None


def _settle(future: Future[T], work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except Exception as error:  # noqa: BLE001 - the waiting thread raises it
        future.set_exception(error)


def _answer(session: requests.Session, url: str, limits: Limits) -> requests.Response:
    """Follows redirects and returns the last answer. Its body is not read yet."""
    current = url
    for _ in range(_REDIRECTS + 1):
        _require_https(current, url)
        response = session.get(
            current,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect, limits.read),
            # If the server compressed the bytes, they would not match their sha256.
            headers={"Accept-Encoding": "identity"},
        )
        target = session.get_redirect_target(response)
        if target is None:
            return response
        response.close()
        current = urljoin(current, target)
    raise _PlaceError(f"more than {_REDIRECTS} redirects")


def _require_https(url: str, first: str) -> None:
    """Refuses http, except from a mirror on this machine to this machine."""
    parts = urlsplit(url)
    loopback = (
        parts.scheme == "http" and parts.hostname in _LOOPBACK and urlsplit(first).scheme == "http"
    )
    if parts.scheme != "https" and not loopback:
        step = "its URL" if url == first else f"a redirect to {without_password(url)}"
        raise _PlaceError(f"{step} does not use https")


def _check_status(response: requests.Response) -> None:
    code = response.status_code
    if code != 200:
        temporary = code == 429 or code >= 500
        raise (_TemporaryError if temporary else _PlaceError)(f"HTTP {code} {response.reason}")


def _save(response: requests.Response, target: Path, limits: Limits) -> None:
    length: int | None = response.raw.length_remaining
    pace = _Pace(limits, expected=length or 0)
    name = urlsplit(response.url).path.rpartition("/")[2]
    with target.open("wb") as file, _bar() as bar:
        task = bar.add_task(name, total=length)
        # `read1` returns the bytes that are there. `read` would wait until the chunk is full.
        for chunk in iter(lambda: response.raw.read1(_CHUNK), b""):
            pace.add(len(chunk))
            file.write(chunk)
            bar.advance(task, len(chunk))


def _bar() -> Progress:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), disable=not is_animated())


class _Pace:
    """Stops a body that is too large, takes too long, or arrives too slowly."""

    def __init__(self, limits: Limits, *, expected: int) -> None:
        self.limits = limits
        self.size = 0
        self.start = self.window_start = time.monotonic()
        self.window_size = 0
        self._check_size(expected)

    def add(self, size: int) -> None:
        now = time.monotonic()
        self.size += size
        self.window_size += size
        self._check_size(self.size)
        if now - self.start > self.limits.total:
            raise _PlaceError(f"stopped after {self.limits.total:g} s")
        if now - self.window_start > self.limits.window:
            self._check_rate(now)

    def _check_size(self, size: int) -> None:
        if size > self.limits.size:
            raise _PlaceError(f"more than {self.limits.size:,} bytes")

    def _check_rate(self, now: float) -> None:
        if self.window_size < self.limits.rate * (now - self.window_start):
            raise _PlaceError(
                f"stopped, because it sent fewer than {self.limits.rate:,} bytes per second"
            )
        self.window_start, self.window_size = now, 0
