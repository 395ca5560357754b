"""Bytes from a mirror or from their publisher, checked against their pin. The only module that uses the network.

Places are tried in turn. A fault that may pass (HTTP 429 or 5xx, a time-out, a broken connection) is tried again,
any other leads to the next place. Nothing gets its final name before its sha256 is right.
"""

import shutil
import sys
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
from urllib3 import exceptions as faults

from pipeline.errors import FetchError

_CHUNK = 1 << 16
_REDIRECTS = 5
_LOOPBACK = ("127.0.0.1", "::1", "localhost")
T = TypeVar("T")


@dataclass(frozen=True)
class Limits:
    """What a download may take: seconds, bytes, and bytes a second.

    `read` bounds the wait for each piece, `answer` all that comes before the body (name resolution and redirects
    included), `total` the body. The body must reach `rate` in each `window`. `pause` doubles from try to try.
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
    """Where the file `name` may lie: `at` is a URL or a path. `sha256` is None where nothing is pinned."""

    name: str
    at: str
    sha256: str | None = None


class _PlaceError(Exception):
    """Why a place did not give the file."""


class _PassingError(_PlaceError):
    """A fault that another try may not meet."""


def first_of(
    places: Sequence[Place], folder: Path, *, wanted: str, limits: Limits = Limits()
) -> Place:
    """Puts the file of the first place that has it into `folder`, under its name, and returns that place.

    Args:
        wanted: what `DATA_MIRROR` would have to hold, such as `mnist/train-labels-idx1-ubyte.gz`.

    Raises:
        FetchError: no place has it; the line names every place and what was wrong with it.
    """
    reasons = []
    for place in places:
        try:
            _put(place, folder, limits)
        except _PlaceError as fault:
            reasons.append(f"{without_password(place.at)}: {fault}")
        else:
            return place
    raise FetchError(
        f"{wanted} cannot be had",
        received="; ".join(reasons) or "no place to look at",
        expected=f"Set DATA_MIRROR to a folder or an https:// URL that holds {wanted}",
    )


def without_password(at: str) -> str:
    """`at` as it may be shown and kept: a URL loses its user name and password."""
    parts = urlsplit(at) if _is_url(at) else None
    if parts is None or "@" not in parts.netloc:
        return at
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _is_url(at: str) -> bool:
    return "://" in at


def _put(place: Place, folder: Path, limits: Limits) -> None:
    pooch.get_logger().setLevel("WARNING")
    downloader = partial(_download, limits=limits) if _is_url(place.at) else _copy
    try:
        pooch.retrieve(
            place.at, known_hash=place.sha256, fname=place.name, path=folder, downloader=downloader
        )
    except ValueError as error:  # pooch's word for a wrong checksum
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
        except _PassingError as fault:
            if attempt == limits.tries:
                raise _PlaceError(f"{fault} ({attempt} tries)") from fault
            time.sleep(limits.pause * 2 ** (attempt - 1))
    raise _PlaceError("no try was allowed")


def _transfer(url: str, target: Path, limits: Limits) -> None:
    with requests.Session() as session, _told():
        session.trust_env = urlsplit(url).hostname not in _LOOPBACK
        with _within(limits.answer, lambda: _answer(session, url, limits)) as response:
            _check_status(response)
            _save(response, target, limits)


@contextmanager
def _told() -> Iterator[None]:
    """Turns what requests and urllib3 raise into a fault in plain words."""
    try:
        yield
    except (requests.RequestException, faults.HTTPError) as error:
        cause = (
            error.args[0] if isinstance(error, requests.RequestException) and error.args else error
        )
        cause = cause.reason if isinstance(cause, faults.MaxRetryError) else cause
        passing = isinstance(cause, (faults.ProtocolError, faults.ReadTimeoutError))
        raise (_PassingError if passing else _PlaceError)(_in_words(cause)) from error


def _in_words(cause: object) -> str:
    words = {
        faults.NameResolutionError: "its host name cannot be resolved",
        faults.NewConnectionError: "no connection to its host",
        faults.ConnectTimeoutError: "no connection to its host in time",
        faults.ReadTimeoutError: "no bytes in time",
        faults.ProtocolError: "the connection broke before the end",
    }
    return next((text for kind, text in words.items() if isinstance(cause, kind)), str(cause))


def _within(seconds: float, work: Callable[[], T]) -> T:
    """`work()`, given up after `seconds`.

    A name server, a host of many addresses and headers that trickle obey no time-out of requests, so the work is
    done by a thread that can be left behind.
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
    except Exception as error:  # noqa: BLE001 - handed to the thread that waits, which raises it
        future.set_exception(error)


def _answer(session: requests.Session, url: str, limits: Limits) -> requests.Response:
    """The answer at the end of the redirects, its body not yet read."""
    here = url
    for _ in range(_REDIRECTS + 1):
        _refuse_plain(here, url)
        response = session.get(
            here,
            stream=True,
            allow_redirects=False,
            timeout=(limits.connect, limits.read),
            headers={
                "Accept-Encoding": "identity"
            },  # the pin is of the bytes as they are published
        )
        target = session.get_redirect_target(response)
        if target is None:
            return response
        response.close()
        here = urljoin(here, target)
    raise _PlaceError(f"more than {_REDIRECTS} redirects")


def _refuse_plain(here: str, first: str) -> None:
    """Plain http is for a mirror on this machine, and stays there."""
    parts = urlsplit(here)
    loopback = (
        parts.scheme == "http" and parts.hostname in _LOOPBACK and urlsplit(first).scheme == "http"
    )
    if parts.scheme != "https" and not loopback:
        step = "its URL" if here == first else f"a redirect to {without_password(here)}"
        raise _PlaceError(f"{step} is refused, https alone is allowed")


def _check_status(response: requests.Response) -> None:
    code = response.status_code
    if code != 200:
        passing = code == 429 or code >= 500
        raise (_PassingError if passing else _PlaceError)(f"HTTP {code} {response.reason}")


def _save(response: requests.Response, target: Path, limits: Limits) -> None:
    length: int | None = response.raw.length_remaining
    pace = _Pace(limits, expected=length or 0)
    name = urlsplit(response.url).path.rpartition("/")[2]
    with target.open("wb") as file, _bar() as bar:
        task = bar.add_task(name, total=length)
        # read1 returns what has come, where read waits for all it was asked for, however slowly that comes
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
    return Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty())


class _Pace:
    """Cuts off a body that is too long, takes too long, or trickles."""

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
            raise _PlaceError(f"cut off after {self.limits.total:g} s")
        if now - self.window_start > self.limits.window:
            self._check_rate(now)

    def _check_size(self, size: int) -> None:
        if size > self.limits.size:
            raise _PlaceError(f"more than {self.limits.size:,} bytes")

    def _check_rate(self, now: float) -> None:
        if self.window_size < self.limits.rate * (now - self.window_start):
            raise _PlaceError(f"cut off at fewer than {self.limits.rate:,} bytes a second")
        self.window_start, self.window_size = now, 0
