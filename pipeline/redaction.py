"""Finds and removes passwords and tokens in text that is printed or stored."""

import os
import re
from collections.abc import Iterator
from urllib.parse import unquote

# Up to white space, because a password may hold any other character.
_AFTER_SCHEME = re.compile(r"(?<=://)\S+")
# `viewStateShareKey` names a view of the MLflow UI, and is not secret.
_QUERY = re.compile(
    r"([?&;](?!viewStateShareKey=)[\w.-]{0,40}(?:credential|key|passwd|password|secret|sig|signature|token)=)[^\s&;#'\"]+",
    re.IGNORECASE,
)
_SECRET_VARIABLE = re.compile(
    r"(PASSWORD|PASSWD|PASSPHRASE|_PASS|_PWD|SECRET|TOKEN|CONNECTION_STRING"
    r"|(ACCESS|ACCOUNT|API|PRIVATE|SECRET)_?KEY|ACCESS_KEY_ID)$",
    re.IGNORECASE,
)
# Characters of a secret, and of a piece of one. A shorter text may be a word of a message.
_SHORTEST, _SHORTEST_PIECE = 6, 4


def without_password(text: str) -> str:
    """Removes user names and passwords of URLs, and values of secret environment variables.

    A password with an unescaped `/`, `#`, `?` or `@` is removed as a whole.
    """
    text = _QUERY.sub(r"\1***", _AFTER_SCHEME.sub(_without_user, text))
    for secret in secrets_of_the_environment():
        text = text.replace(secret, "***")
    return text


def users(text: str) -> Iterator[str]:
    """Yields the `name:password` of each URL in a text."""
    yield from filter(None, map(_user, _AFTER_SCHEME.findall(text)))


def is_secret(variable: str) -> bool:
    """Whether the name of an environment variable says that it holds a secret."""
    return _SECRET_VARIABLE.search(variable) is not None


def secrets_of_the_environment() -> list[str]:
    """The values of secret environment variables, and passwords in URLs of others.

    The longest come first, because a shorter one may be a part of it.
    """
    secrets = set()
    for name, value in os.environ.items():
        if is_secret(name) and len(value) >= _SHORTEST:
            secrets.add(value)
        if "://" in value:
            for user in users(value):
                secrets |= _passwords(user)
    return sorted(secrets, key=len, reverse=True)


def _without_user(rest: re.Match[str]) -> str:
    user = _user(rest[0])
    return rest[0][len(user) + 1 :] if user else rest[0]


def _user(rest: str) -> str:
    """The part of a URL after `://` and before the last `@`; empty without a user."""
    authority = re.split("[/?#]", rest, maxsplit=1)[0]
    # A user has a `:` or ends with `@` before the path begins. Any other `@` belongs to the path.
    return rest.rpartition("@")[0] if {":", "@"} & set(authority) else ""


def _passwords(user: str) -> set[str]:
    """The password in `name:password`, decoded too, and the pieces that errors may quote."""
    name, separator, password = user.partition(":")
    password = password if separator else name
    secrets = {text for text in (password, unquote(password)) if len(text) >= _SHORTEST}
    pieces = re.split(r"[/?#@:\[\]]", password)
    if len(pieces) > 1:
        secrets |= {text for text in pieces if len(text) >= _SHORTEST_PIECE}
    return secrets
