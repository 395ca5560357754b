"""Words of a text, split as `keras.layers.TextVectorization` splits it by default."""

import re
import string

_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_PUNCTUATION = re.compile(r"""[!"#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~']""")
_SPACES = re.compile(r"[ \t\n\v\f\r]+")


def words_of(text: str) -> list[str]:
    """The words of a text: lower-case for English letters, without punctuation."""
    plain = _PUNCTUATION.sub("", text.translate(_LOWER))
    return [word for word in _SPACES.split(plain) if word]
