"""Recognizes files that hold secrets, by their name and by their text."""

import re
from collections.abc import Collection, Iterator, Mapping
from fnmatch import translate

from pipeline.redaction import users

_NAMES = (
    *(".env", ".env.*", "*.env", ".envrc", ".netrc", "_netrc", ".pypirc", ".npmrc", ".pgpass"),
    *(".my.cnf", ".git-credentials", ".htpasswd", ".dockercfg", ".s3cfg", ".boto", "kubeconfig"),
    *("id_rsa*", "id_dsa*", "id_ecdsa*", "id_ed25519*", "*.pem", "*.key", "*.ppk", "*.p8"),
    *("*.p12", "*.pfx", "*.jks", "*.keystore", "*.kdbx", "*.tfvars", "*.tfstate*", "*.token"),
    *("kaggle.json", "*service[-_ ]account*.json", "*serviceaccount*.json"),
)
_NAME = re.compile("|".join(map(translate, _NAMES)))
_FOLDERS = {".aws", ".azure", ".docker", ".gcloud", ".gnupg", ".kube", ".ssh"}
_WORDS = ("credential", "secret")
_PROSE_AND_CODE = (".c", ".cpp", ".html", ".ipynb", ".j2", ".js", ".md", ".py", ".rst", ".ts")


# Access keys and tokens: the pattern after the common beginning of each kind.
_TOKENS = {
    **dict.fromkeys(("AKIA", "ASIA"), re.compile("[0-9A-Z]{16}")),
    **dict.fromkeys(
        ("ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "hf_", "npm_", "pypi-"),
        re.compile(r"[\w-]{16,}"),
    ),
    **dict.fromkeys(("sk-", "AIza", "ya29."), re.compile(r"[\w-]{20,}")),
    **dict.fromkeys(("xoxa-", "xoxb-", "xoxp-", "xoxr-", "xoxs-"), re.compile(r"[\w-]{10,}")),
    **dict.fromkeys(("sk_live_", "sk_test_", "rk_live_", "rk_test_"), re.compile(r"\w{10,}")),
    "dapi": re.compile("[0-9a-f]{32}"),
    "eyJ": re.compile(r"[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "SG.": re.compile(r"[\w-]{16,}\.[\w-]{16,}"),
    "hooks.slack.com/services": re.compile("/T"),
    "AccountKey": re.compile(r"=[\w+/=]{20,}"),
    **dict.fromkeys(
        ("Authorization", "authorization"),
        re.compile(r"\W{1,4}(?:basic|bearer|token)\s+[\w.+/=~-]{8,}", re.IGNORECASE),
    ),
}
_PRIVATE_KEYS = {
    "PRIVATE KEY": re.compile(r"(?: BLOCK)?----"),
    "PuTTY-User-Key-File": re.compile("-[0-9]"),
    "AGE-SECRET-KEY": re.compile("-1"),
}
_PRINTABLE = re.compile(rb"[\t -~]{8,}")
_STRONG = ("password", "passwd", "passphrase", "pwd", "secret")
_WEAK = (
    *("token", "auth", "credential"),
    *(
        f"{kind}{separator}key"
        for kind in ("access", "account", "api", "encryption", "private", "secret", "session")
        for separator in ("", "_", "-", " ")
    ),
)
_VALUE = (
    r"(?:[bfru]{0,2}\\{0,2}(?P<quote>[\"'`])(?P<quoted>[^\"'`\\\n]{1,999})"
    r"|(?P<plain>[^\s\"'`,;#]{1,999})(?P<rest>[^\n]{0,99}))"
)
_LONGEST_OPTION = 100  # characters before the name, as in --production-database-password
_ASSIGNMENT = re.compile(
    r"s?(?:[-_]?(?:\d{1,3}|dev|prod|test|value))?\\{0,2}[\"'`\]]{0,2}"
    rf"(?P<separator>[ \t]{{0,9}}(?:=>|:=|[:=])(?![=:])[ \t]{{0,9}}){_VALUE}",
    re.IGNORECASE,
)
_ARGUMENT = re.compile(rf"(?P<separator> +){_VALUE}")
_NO_LITERAL = {
    *("any", "bool", "bytes", "false", "field", "int", "none", "null", "object", "optional"),
    *("secretstr", "str", "string", "true", "undefined"),
}
_EXPRESSION = re.compile(r"[A-Za-z_][\w.]*[(\[{]|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\W*$")


def is_secret_name(path: str) -> bool:
    """Whether files at such a path usually hold secrets, such as `.env` or `id_rsa`."""
    *folders, name = path.lower().split("/")
    if _NAME.match(name) or not _FOLDERS.isdisjoint(folders):
        return True
    return any(word in name for word in _WORDS) and not name.endswith(_PROSE_AND_CODE)


def holds_private_key(content: bytes) -> bool:
    """Whether a file holds a private key. A change of the file may show any line of the key."""
    return any(_matches(_text(content), _PRIVATE_KEYS))


def secret_kind(content: bytes, secrets: Collection[bytes]) -> str:
    """Says which kind of secret some bytes seem to hold; empty if they seem to hold none.

    Args:
        secrets: texts that are secret, such as passwords of the environment.
    """
    text = _text(content)
    if any(_matches(text, _PRIVATE_KEYS)):
        return "a private key"
    if any(_matches(text, _TOKENS)):
        return "an access key or token"
    if any(secret in content for secret in secrets) or any(map(_is_password, users(text))):
        return "a password"
    return "a password or token" if any(_assignments(text)) else ""


def _text(content: bytes) -> str:
    """The text in any bytes."""
    if b"\0" in content:  # a letter of UTF-16 has a zero byte; random bytes may spell a short word
        content = b"\n".join(_PRINTABLE.findall(content.replace(b"\0", b"")))
    return content.decode("latin-1")


def _matches(text: str, table: Mapping[str, re.Pattern[str]]) -> Iterator[bool]:
    """For each word of the text with a beginning of the table: whether the rest of it fits.

    Looking up beginnings is several times faster than one regular expression for all.
    """
    for beginning, following in table.items():
        for start in _occurrences(text, beginning):
            if not text[start - 1 : start].isalnum():
                yield following.match(text, start + len(beginning)) is not None


def _occurrences(text: str, word: str) -> Iterator[int]:
    start = text.find(word)
    while start >= 0:
        yield start
        start = text.find(word, start + 1)


def _is_password(user: str) -> bool:
    name, separator, password = user.partition(":")
    return _is_literal(password) if separator else len(name) >= 20  # as in https://<token>@host


def _assignments(text: str) -> Iterator[bool]:
    """For each value of a name such as `password` or an option `--password`: is it secret?"""
    lower = text.lower()
    for name in (*_STRONG, *_WEAK):
        for start in _occurrences(lower, name):
            end = start + len(name)
            before = text[max(0, start - _LONGEST_OPTION) : start]
            is_option = re.search(r"--[\w-]*$", before) is not None
            match = _ASSIGNMENT.match(text, end) or (is_option and _ARGUMENT.match(text, end))
            if match and not before.endswith("$"):
                yield _is_secret(text[start:end], match)


def _is_secret(name: str, assignment: re.Match[str]) -> bool:
    is_strong = name.lower() in _STRONG
    separator, quoted, value, rest = assignment.group("separator", "quoted", "plain", "rest")
    if quoted:
        is_long = len(quoted) >= 3 if is_strong else len(quoted) >= 6 and " " not in quoted
        return is_long and _is_literal(quoted)
    if not _is_literal(value) or _EXPRESSION.match(value):
        return False
    is_last = not rest.strip() and value[-1] not in ")]}"
    is_shell = separator == "=" and is_last
    if not is_shell and re.fullmatch(rf"(\w*_)?{name}s?\W*", value, re.IGNORECASE):
        return False  # such as `password=db_password,` in code
    # More words after a colon are prose or a type.
    if ":" in separator and not is_last and not re.match(r"\s*[,;#)}\]]", rest):
        return False
    is_random = any(character.isdigit() for character in value) or (is_shell and name.isupper())
    return len(value) >= 3 if is_strong else len(value) >= 6 and is_random


def _is_literal(value: str) -> bool:
    """Whether a value is a text, and not a variable, a type or a placeholder."""
    word = value.strip("()[]{},:;").lower()
    return (
        not re.match(r"[${(\[]|<[a-zA-Z]|%[a-z(]", value)
        and word not in _NO_LITERAL
        and not set(word) <= set("*.x…-_ ")
    )
