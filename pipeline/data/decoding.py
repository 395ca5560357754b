"""Decoding: the bytes of a text file as lines, and the encoding that it probably has."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

from pipeline.data import kinds
from pipeline.errors import DataError, require

_MARKS = {  # byte-order marks; the longer ones come first
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}
_UTF16 = {
    "utf-16-le": re.compile(rb"(?s)(?:[^\0]\0){4}"),
    "utf-16-be": re.compile(rb"(?s)(?:\0[^\0]){4}"),
}
_LETTERS = re.compile(rb"[A-Za-z]")
_NUMBERS = re.compile(rb"[0-9;,|\t\"]+")
_SAMPLE = 1 << 20  # bytes that show the encoding of a file

# Letters beyond ASCII that occur in languages of Western Europe, and in Turkish.
_WESTERN = frozenset("äöüßÄÖÜàâáãåæçéèêëíìîïñóòôõøœúùûÿÀÂÁÃÅÆÇÉÈÊËÍÎÏÑÓÔÕØŒÚÛ")
_TURKISH = _WESTERN | frozenset("ğıİşĞŞ")
# Signs that stand after numbers and words, and those that may also stand before a word.
_SYMBOLS = frozenset("€°µ§£…²³½¼±·º\N{NO-BREAK SPACE}\N{MULTIPLICATION SIGN}")
_MARKS_OF_TEXT = frozenset(
    "«»\N{EN DASH}\N{EM DASH}\N{LEFT SINGLE QUOTATION MARK}\N{RIGHT SINGLE QUOTATION MARK}"
    "\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
    "\N{DOUBLE LOW-9 QUOTATION MARK}"
)
_LATIN = {"cp1252": _WESTERN, "mac_roman": _WESTERN, "cp437": _WESTERN, "cp1254": _TURKISH}
_OTHERS = ["cp1250", "cp1251", "cp1253", "koi8_r", "cp932", "euc_jp", "gb18030", "euc_kr", "big5"]


def require_encoding(key: str, encoding: str | None) -> None:
    """Raises `ConfigError` for the setting `key` unless Python knows the encoding."""
    is_encoding = True
    try:
        b"a".decode(encoding or "utf-8")
    except UnicodeDecodeError:
        pass  # one byte is too short for UTF-16
    except (LookupError, ValueError):  # unknown, or one from bytes to bytes
        is_encoding = False
    require(
        is_encoding,
        key,
        received=encoding,
        expected="an encoding that Python knows, such as cp1252, latin-1 or utf-16",
    )


@contextmanager
def lines_of(
    path: Path, *, name: str, encoding: str | None, file_format: str, notes: list[str]
) -> Iterator[tuple[Iterator[str], str]]:
    """Opens a text file for its lines, each with its line end, and for its name.

    The name has no ending of a compression and is in lower case.

    Args:
        name: the name of the file in errors.
        encoding: None for UTF-8, or for what a byte-order mark says.
        file_format: what the file should be, such as `CSV` or `JSON`.
        notes: receives a sentence on a compression and on a byte-order mark.

    Raises:
        DataError: the file is unreadable, is not text, or has another encoding.
    """
    with kinds.opened(path, name=name) as file:
        kinds.refuse_other_kinds(file.head, name=name, file_format=file_format)
        if file.compression:
            notes.append(f"decompressed ({file.compression})")
        mark = _mark(file.head)
        if encoding is None:
            _refuse_utf16(file.head, mark, name)
        if mark in ("utf-16", "utf-32") and encoding is None:
            notes.append(f"read as {mark.upper()}, because of the byte-order mark")
        if mark == "utf-8-sig":
            notes.append("the byte-order mark was removed")
        used = encoding or mark or "utf-8"
        used = "utf-8-sig" if mark == "utf-8-sig" and _is_utf8(used) else used
        # Bytes of another encoding become surrogates, so that an error can name their line.
        text = io.TextIOWrapper(file.stream, encoding=used, errors="surrogateescape", newline="")
        yield _checked(text, path, name, encoding), file.name


def _mark(head: bytes) -> str | None:
    return next((encoding for mark, encoding in _MARKS.items() if head.startswith(mark)), None)


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig")


def _refuse_utf16(head: bytes, mark: str | None, name: str) -> None:
    for encoding, pattern in _UTF16.items():
        if mark is None and pattern.match(head):
            raise DataError(
                f"{name} is UTF-16 without a byte-order mark",
                received=repr(head[:8]),
                expected=f"Set encoding: {encoding} in the source's settings",
            )


def _checked(lines: Iterator[str], path: Path, name: str, encoding: str | None) -> Iterator[str]:
    number = 0
    try:
        for number, line in enumerate(lines, start=1):
            if "\0" in line:
                raise DataError(
                    f"{name}, line {number}: there is a NUL byte",
                    expected="If the file is text, save it as UTF-8; "
                    "otherwise set format in the source's settings",
                )
            if not line.isascii():
                try:
                    line.encode("utf-8")
                except UnicodeEncodeError as error:
                    fault = _Fault(f"{name}, line {number}", line, error.start)
                    raise fault.explained(path, name, encoding) from None
            yield line
    except UnicodeError as error:
        raise DataError(
            f"{name}, line {number + 1}: the text is not {encoding}",
            received=getattr(error, "reason", error),
            expected="Remove encoding from the source's settings, or set another one",
        ) from None


class _Fault:
    """A byte that the encoding does not have.

    Args:
        place: the file and line.
        line: the line; bytes that could not be decoded are surrogates.
        start: the position of the byte in the line.
    """

    def __init__(self, place: str, line: str, start: int) -> None:
        self.place = place
        self.line = line
        self.byte = f"0x{ord(line[start]) - 0xDC00:02x}"

    def explained(self, path: Path, name: str, encoding: str | None) -> DataError:
        if encoding is not None and not _is_utf8(encoding):
            return DataError(
                f"{self.place}: a byte is not {encoding}",
                received=self.byte,
                expected="Set another encoding in the source's settings",
            )
        what = f"{self.place}: a byte is not UTF-8"
        likely = likely_encoding(path, name=name)
        if likely is None:
            advice = "Save the file as UTF-8. If the other lines are right, fix this line"
            return DataError(what, received=self.byte, expected=advice)
        word = self._word(likely)
        return DataError(
            what,
            received=self.byte,
            expected=f"Set encoding: {likely} in the source's settings. "
            f"The text at that place then is {word!r}",
        )

    def _word(self, encoding: str) -> str:
        """The word around the byte, in another encoding."""
        raw = self.line.encode("utf-8", "surrogateescape")
        words = re.split(r"[\s,;|\"]+", raw.decode(encoding, "replace"))
        return next((word for word in words if not word.isascii()), "")[:40]


def likely_encoding(path: Path, *, name: str) -> str | None:
    """The encoding that a text file in another encoding than UTF-8 probably has.

    None if there is no guess.
    """
    with kinds.opened(path, name=name) as file:
        sample = file.stream.read(_SAMPLE)
    for encoding, pattern in _UTF16.items():
        if pattern.match(sample):
            return encoding
    # Lines of ASCII say nothing about the encoding.
    lines = [line for line in sample.splitlines() if not line.isascii()][:2_000]
    if 2 * sum(map(_is_valid_utf8, lines)) >= len(lines):
        return None  # it is UTF-8 with a few wrong bytes
    content = b"\n".join(lines)
    beyond = sum(byte > 127 for byte in content)
    is_mostly_ascii = 2 * beyond <= len(_LETTERS.findall(content))
    if _spells(content, "cp1252", _WESTERN if is_mostly_ascii else frozenset()):
        return "cp1252"
    # Numbers and delimiters hide what language a text is in.
    guess = _usual_guess(content) or _usual_guess(_NUMBERS.sub(b" ", content))
    if guess in (None, "cp1250", *_LATIN):
        # These share most letters. The first one that gives the letters of its languages wins.
        for encoding, letters in _LATIN.items():
            if _spells(content, encoding, letters):
                return encoding
    return guess


def _is_valid_utf8(line: bytes) -> bool:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _usual_guess(content: bytes) -> str | None:
    from charset_normalizer import from_bytes  # it takes a while to import

    match = from_bytes(content, cp_isolation=[*_LATIN, *_OTHERS]).best()
    return None if match is None else str(match.encoding)


def _spells(content: bytes, encoding: str, letters: frozenset[str]) -> bool:
    """Whether a text has only these letters, and no capital after a small one.

    Such a text has no symbol within a word either.
    """
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return False
    allowed = letters | _MARKS_OF_TEXT | {"\N{NO-BREAK SPACE}"}
    for before, (character, following) in zip(f"\n{text}", pairwise(f"{text}\n"), strict=False):
        if character.isascii():
            continue
        if character in allowed and not (character.isupper() and before.islower()):
            continue
        is_degree = character == "°" and following in "CF"
        if character not in _SYMBOLS or (following.isalpha() and not is_degree):
            return False
    return True
