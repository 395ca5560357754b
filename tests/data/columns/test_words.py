"""Words of free text, in `prepare` and inside a saved model."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.columns.words import words_of
from tests.support import pinned_threads as pinned  # noqa: F401

WORDS = ["3", "call", "don", "dont", "gr\u00fcn", "now", "unk", "\u00dc"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Call now!", ["call", "now"]),
        ("don't  CALL\tnow", ["dont", "call", "now"]),
        ("[UNK] 3.5", ["unk", "35"]),
        ("Gr\u00fcn \u00dc", ["gr\u00fcn", "\u00dc"]),
        ("...", []),
        ("", []),
    ],
)
def test_text_has_words(text, words):
    assert words_of(text) == words


@pytest.fixture(scope="module")
def vectorization():
    return keras.layers.TextVectorization(output_mode="multi_hot", vocabulary=WORDS)


TEXT = st.text(st.sampled_from("calnowdtu 3[]UNK.!'\t\u00a0\u00fc\u00dcgr"), max_size=12)


@given(st.lists(st.one_of(TEXT, st.text(max_size=8)), min_size=1, max_size=5))
def test_keras_finds_the_same_words(vectorization, texts):
    encoded = [text.encode(errors="replace").decode() for text in texts]
    found = np.array(vectorization(tf.constant([[text] for text in encoded])))[:, 1:]
    assert found.tolist() == [[float(word in words_of(text)) for word in WORDS] for text in encoded]
