"""Which names and texts look like secrets, and which do not."""

import random

import pytest

from pipeline.runs.secret_files import holds_private_key, is_secret_name, secret_kind
from tests.support import ROOT

PASSWORD, TOKEN = "a password or token", "an access key or token"


@pytest.mark.parametrize(
    "path",
    [
        *(".env", ".env.production", "sub/prod.env", ".envrc", "server.pem", "TLS.KEY", "a/id_rsa"),
        *("id_ed25519.pub", ".netrc", ".pypirc", ".pgpass", ".git-credentials", "kaggle.json"),
        *("credentials", "aws_credentials.csv", "client_secret_1.json", "secrets.toml"),
        *("my-service-account.json", "service_account_prod.json", ".ssh/config", ".aws/config"),
    ],
)
def test_file_of_secrets_is_known_by_its_name(path):
    assert is_secret_name(path)


@pytest.mark.parametrize(
    "path", ["environment.yaml", "secrets.py", "docs/credentials.md", "keys.csv", "monkey", "a.pen"]
)
def test_other_file_is_not_known_by_its_name(path):
    assert not is_secret_name(path)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("-----BEGIN OPENSSH PRIVATE KEY-----", "a private key"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "a private key"),
        ("key = AKIAIOSFODNN7EXAMPLE", TOKEN),
        ("ghp_abcdefghijklmnopqrstuvwxyz0123456789", TOKEN),
        ("hf_abcdefghijklmnopqrstuvwxyz012345", TOKEN),
        ("Authorization: Bearer abcdef0123456789", TOKEN),
        ("postgresql://user:hunter2@host/db", "a password"),
        ("https://user:hun/ter#2@host/db", "a password"),
        ("password=hunter2", PASSWORD),
        ("DB_PASSWORD=hunter2", PASSWORD),
        ("  password: hunter2", PASSWORD),
        ("password=mypassword1", PASSWORD),
        ('{"password": "hunter2"}', PASSWORD),
        (r"\"api_key\": \"abcdef\"", PASSWORD),
        ("export API_TOKEN=abcdef", PASSWORD),
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG", PASSWORD),
        ("login --password hunter2 host", PASSWORD),
        ('password = "abc"', PASSWORD),
        ('password = "a long one"', PASSWORD),
        ("password=abc", PASSWORD),
        ('api_key = "abcdef"', PASSWORD),
        ("token=abc123", PASSWORD),
        ("password: hunter2, user: jane", PASSWORD),
        (f"https://{'a' * 20}@host", "a password"),
        ("login --production-database-main-password hunter2 host", PASSWORD),
    ],
)
def test_secret_is_recognized(text, kind):
    assert secret_kind(text.encode(), ()) == kind
    assert secret_kind(f"+{text}\r\n".encode(), ()) == kind
    assert secret_kind(f"a long first line\n{text}\n".encode("utf-16"), ()) == kind


@pytest.mark.parametrize(
    "text",
    [
        "password = getpass.getpass()",
        "password = os.environ['DB_PASSWORD']",
        "self.password = config.password",
        "connect(password=db_password)",
        "def connect(password: str, token: str | None = None):",
        'if password == "x":',
        "PASSWORD=${DB_PASSWORD}",
        "password=<your password>",
        'password = ""',
        "the password: it is asked for",
        "password hunter2",
        "password: hunter2 is a bad one",
        'password = "ab"',
        "password=ab",
        'api_key = "abcde"',
        'api_key = "the key of the map"',
        "token=abc12",
        "token=abcdef",
        f"https://{'a' * 19}@host",
        'pad_token = "[PAD]"',
        "next_token = ids[0]",
        "tokens = tokenizer(text)",
        "max_tokens=512",
        "docker run -v $PWD:/work",
        "author: Jane Doe 2",
        "https://example.org:8080/path",
        'f"https://{user}:{password}@host"',
        "ssh://git@example.org/repository",
        "task-aaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ],
)
def test_ordinary_text_is_no_secret(text):
    assert secret_kind(text.encode(), ()) == ""


def test_code_of_this_project_holds_no_secret():
    for path in sorted((ROOT / "pipeline").rglob("*.py")):
        assert secret_kind(path.read_bytes(), ()) == "", path


def test_random_bytes_are_no_secret():
    assert secret_kind(random.Random(0).randbytes(1 << 18), ()) == ""


def test_known_secret_is_recognized():
    assert secret_kind(b"it is correct horse", [b"correct horse"]) == "a password"


def test_private_key_is_found_anywhere():
    assert holds_private_key(b"x\n" * 999 + b"-----BEGIN EC PRIVATE KEY-----\nMII\n")
