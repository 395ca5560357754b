"""The encoding that a text file probably has, and byte-order marks."""

# ruff: noqa: RUF001 - letters of other alphabets are the subject

import pytest

from pipeline.data.decoding import likely_encoding, lines_of, require_encoding
from tests.support.refusals import refusal

TEXTS = {
    "German": ("Straße;Zimmer\nSüd;2\nHöhe;3\n", "cp1252"),
    "French": ("ville,café\nOrléans,été\nNîmes,août\n", "cp1252"),
    "one word": ("a,b\n1,2\n1,café\n", "cp1252"),
    "a sign": ("price\n5 €\n", "cp1252"),
    "degrees": ("day,Temp °C\n", "cp1252"),
    "quotes": ("season\n«été» ou hiver\n", "cp1252"),
    "old Mac": ("a,b\n1,café\n2,Zürich\n", "mac_roman"),
    "a sharp s of an old Mac": ("name\nStraße\nMaße\n", "mac_roman"),
    "blanks of an old Mac": (
        "a,b\n1,not\N{NO-BREAK SPACE}much\n2,a\N{NO-BREAK SPACE}lot\n",
        "mac_roman",
    ),
    "Polish": ("miasto,wartość\nŁódź,żółty\nKraków,średni\n", "cp1250"),
    "Turkish": ("şehir,fiyat\nİstanbul,düşük\n", "cp1254"),
    "Russian": ("город;цена\nМосква;1\nТверь;2\n", "cp1251"),
    "Greek": ("πόλη,τιμή\nΑθήνα,1\n", "cp1253"),
    "Japanese": ("都市,価格\n東京,高い\n大阪,安い\n", "cp932"),
    "Chinese": ("城市,价格\n北京,高\n上海,低\n", "gb18030"),
    "Korean": ("도시,가격\n서울,높음\n", "euc_kr"),
    "UTF-16": ("a,b\n1,2\n", "utf-16-le"),
}


@pytest.mark.parametrize(("text", "encoding"), TEXTS.values(), ids=TEXTS)
def test_letters_decide_the_encoding(tmp_path, text, encoding):
    (tmp_path / "own").write_bytes(text.encode(encoding))
    assert likely_encoding(tmp_path / "own", name="own") == encoding


@pytest.mark.parametrize("content", ["a,b\n", "naïve\nété\n"])
def test_utf8_has_no_other_encoding(tmp_path, content):
    (tmp_path / "own").write_text(content, encoding="utf-8")
    assert likely_encoding(tmp_path / "own", name="own") is None


@pytest.mark.parametrize(("others", "is_utf8"), [(1, True), (2, False)])
def test_file_with_half_of_its_lines_in_utf8_is_utf8(tmp_path, others, is_utf8):
    lines = ["naïve\n".encode(), *["été\n".encode("cp1252")] * others]
    (tmp_path / "own").write_bytes(b"".join(lines))
    assert (likely_encoding(tmp_path / "own", name="own") is None) is is_utf8


@pytest.mark.parametrize(
    ("written", "setting", "notes"),
    [
        ("utf-8-sig", None, ["the byte-order mark was removed"]),
        ("utf-8-sig", "utf-8", ["the byte-order mark was removed"]),
        ("utf-16", None, ["read as UTF-16, because of the byte-order mark"]),
        ("utf-32", None, ["read as UTF-32, because of the byte-order mark"]),
        ("utf-16", "utf-16", []),
        ("utf-16-le", "utf-16-le", []),
        ("cp1252", "latin-1", []),
    ],
)
def test_mark_or_setting_decides(tmp_path, written, setting, notes):
    (tmp_path / "own").write_bytes("é,ü\r\n1\n".encode(written))
    said: list[str] = []
    arguments = {"name": "own", "encoding": setting, "file_format": "CSV", "notes": said}
    with lines_of(tmp_path / "own", **arguments) as (lines, name):
        assert (list(lines), name, said) == (["é,ü\r\n", "1\n"], "own", notes)


@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        (b"a\n\x81\n", "cp1252", "own, line 2: a byte is not cp1252. Received: 0x81."),
        (b"a\0b", "utf-16-le", "own, line 1: the text is not utf-16-le. Received: truncated data."),
    ],
)
def test_wrong_setting_is_named(tmp_path, content, encoding, message):
    (tmp_path / "own").write_bytes(content)

    def read() -> None:
        arguments = {"name": "own", "encoding": encoding, "file_format": "CSV", "notes": []}
        with lines_of(tmp_path / "own", **arguments) as (lines, _):
            list(lines)

    assert refusal(read).startswith(message)


@pytest.mark.parametrize("encoding", ["latin1x", "hex", "rot13"])
def test_unknown_encoding_is_refused(encoding):
    assert refusal(require_encoding, "--encoding", encoding) == (
        f"--encoding is invalid. Received: {encoding}. "
        "Expected: an encoding that Python knows, such as cp1252, latin-1 or utf-16."
    )
