"""HashEmbedder: the same everywhere, and about words alone."""

from __future__ import annotations

import asyncio
import math
import subprocess
import sys

import pytest

from axon.core.embedding import identity
from axon.core.errors import InvalidInput
from axon.core.registry import Registry
from axon.testing import HashEmbedder

CODE = """
import asyncio, sys
from axon.testing import HashEmbedder
print(asyncio.run(HashEmbedder(16).embed(["Ada drinks tea"]))[0].tobytes().hex())
assert "numpy" not in sys.modules
"""


def embed(*texts, dimension=384):
    return asyncio.run(HashEmbedder(dimension).embed(texts))


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b, strict=True))


def test_vectors_are_of_length_one():
    for dimension in (1, 7, 384):
        for vector in embed("Ada drinks green tea", "tea", dimension=dimension):
            assert len(vector) == dimension
            assert math.hypot(*vector) == pytest.approx(1) or (dimension == 1 and not vector[0])


def test_other_processes_make_the_same(tmp_path):
    runs = [
        subprocess.run(
            [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, cwd=tmp_path
        ).stdout.strip()
        for _ in range(2)
    ]
    assert runs == [embed("Ada drinks tea", dimension=16)[0].tobytes().hex()] * 2


def test_shared_words_count_and_meaning_does_not():
    car, same, shares, synonym = embed("the red car", "RED the, car!", "the red house", "an automobile")
    assert cosine(car, same) == pytest.approx(1)
    assert cosine(car, same) > cosine(car, shares) > 0.3
    assert abs(cosine(car, synonym)) < 0.3


def test_a_text_without_words_is_the_zero_vector():
    assert [set(vector) for vector in embed("", " ... ")] == [{0.0}, {0.0}]


def test_it_is_not_offered_in_configurations():
    assert "hash" not in Registry().embedders()
    assert identity(HashEmbedder(64)) == "hash:1:64"


def test_a_dimension_below_one_is_refused():
    with pytest.raises(InvalidInput, match="dimension must be at least 1"):
        HashEmbedder(0)
