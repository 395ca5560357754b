"""Passwords and tokens in text that is printed or stored."""

import pytest

from pipeline.redaction import is_secret, secrets_of_the_environment, without_password


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("http://user:S3CRET@host:5000/path", "http://host:5000/path"),
        ("https://S3CRET@host/path", "https://host/path"),
        ("https://user:S3/CRET@host/path", "https://host/path"),
        ("https://user:S3#CRET@host/path", "https://host/path"),
        ("https://user:S3?CRET@host/path", "https://host/path"),
        ("https://user:S3@CRET@host/path", "https://host/path"),
        ("https://user:S3@C/R@ET@host/path", "https://host/path"),
        ("https://user:S3CRET@[::1/x", "https://[::1/x"),
        ("https://user:S3CRET@host:port/x", "https://host:port/x"),
        ("postgresql+psycopg2://user:S3CRET@host/db", "postgresql+psycopg2://host/db"),
        ("to ('http://u:S3CRET@host:1'), again", "to ('http://host:1'), again"),
        ("first http://u:S3@a/x, then http://u:CRET@b/y", "first http://a/x, then http://b/y"),
        ("https://host/x?token=S3CRET&rows=1", "https://host/x?token=***&rows=1"),
        ("https://host/x?X-Amz-Signature=S3CRET", "https://host/x?X-Amz-Signature=***"),
    ],
)
def test_password_of_a_url_is_removed(text, clean):
    assert without_password(text) == clean


@pytest.mark.parametrize(
    "text",
    [
        "https://host:5000/path",
        "https://host/path@2x.png",
        "sqlite:////home/a@b/c:d@e/mlflow.db",
        "/home/a@b/data.csv",
        "a@b: no URL",
    ],
)
def test_text_without_a_password_stays(text):
    assert without_password(text) == text


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MLFLOW_TRACKING_PASSWORD", "S3CRET"),
        ("MLFLOW_TRACKING_TOKEN", "S3CRET"),
        ("AWS_SECRET_ACCESS_KEY", "S3CRET"),
        ("DATA_MIRROR", "https://user:S3CRET@host"),
        ("DATA_MIRROR", "https://S3CRET@host"),
        ("MLFLOW_TRACKING_URI", "http://user:S3CRET/12@host"),
        ("https_proxy", "http://user:S3%43RET@host"),
    ],
)
def test_secret_of_the_environment_is_removed(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert without_password("refused: 'S3CRET', or S3%43RET") in (
        "refused: '***', or S3%43RET",
        "refused: '***', or ***",
    )


def test_short_value_of_the_environment_stays(monkeypatch):
    monkeypatch.setenv("MY_TOKEN", "train")
    assert without_password("train/loss") == "train/loss"


def test_whole_short_password_of_a_url_stays(monkeypatch):
    monkeypatch.setenv("DATA_MIRROR", "https://user:train@host")
    assert without_password("train/loss") == "train/loss"


def test_pieces_of_a_password_have_four_characters_or_more(monkeypatch):
    monkeypatch.setenv("DATA_MIRROR", "https://user:S3CR/ET1@host")
    assert without_password("no port 'S3CR', no 'ET1'") == "no port '***', no 'ET1'"


def test_longest_secret_is_removed_first(monkeypatch):
    monkeypatch.setenv("A_TOKEN", "S3CRET")
    monkeypatch.setenv("B_TOKEN", "S3CRET-AND-MORE")
    assert without_password("S3CRET-AND-MORE S3CRET") == "*** ***"


def test_plain_variable_holds_no_secret(monkeypatch):
    monkeypatch.setenv("EDITOR", "visual-editor")
    assert "visual-editor" not in secrets_of_the_environment()
    assert not is_secret("EDITOR")
