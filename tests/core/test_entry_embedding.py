"""The embedding of a MemoryEntry: any vector of numbers that can be compared."""

from __future__ import annotations

import math
from array import array

import numpy as np
import pytest
from core_entry import entry

from axon.core.errors import InvalidInput, WrongType


class TestEmbedding:
    VALUES = (0.5, -1.0, 2.0)

    @pytest.mark.parametrize(
        "vector",
        [
            np.array(VALUES, np.float32),
            np.array(VALUES, np.float64),
            np.array(VALUES, np.float16),
            np.array(VALUES, ">f4"),
            np.array(VALUES, np.longdouble),
            np.array(VALUES, object),
            np.array([VALUES, VALUES], np.float32)[1],
            np.repeat(np.array(VALUES, np.float32), 2)[::2],
            array("f", VALUES),
            array("d", VALUES),
            list(VALUES),
            tuple(VALUES),
            memoryview(array("f", VALUES)),
            memoryview(array("d", VALUES)),
            iter(VALUES),
        ],
        ids=lambda vector: f"{type(vector).__name__}-{getattr(vector, 'dtype', '')}",
    )
    def test_any_vector_becomes_float32(self, vector):
        embedding = entry(embedding=vector).embedding
        assert (embedding.format, embedding.ndim, embedding.readonly) == ("f", 1, True)
        assert tuple(embedding) == self.VALUES

    def test_integers_are_numbers(self):
        assert list(entry(embedding=[1, 2]).embedding) == [1.0, 2.0]

    def test_it_is_a_copy(self):
        vector = np.array(self.VALUES, np.float32)
        made = entry(embedding=vector)
        vector[0] = 9
        assert tuple(made.embedding) == self.VALUES

    def test_it_cannot_be_written_to(self):
        with pytest.raises(TypeError):
            entry(embedding=[1.0]).embedding[0] = 2.0

    def test_numpy_reads_it_without_a_copy(self):
        embedding = entry(embedding=self.VALUES).embedding
        assert np.shares_memory(np.asarray(embedding), np.frombuffer(embedding, np.float32))

    @pytest.mark.parametrize(
        ("vector", "says"),
        [
            ([math.nan], "NaN or an infinity"),
            ([1.0, math.inf], "NaN or an infinity"),
            ([math.inf, -math.inf], "NaN or an infinity"),
            ([1e300], "NaN or an infinity"),
            (np.array([np.nan], np.float32), "NaN or an infinity"),
            ([], "no dimensions"),
            (np.array([], np.float32), "no dimensions"),
            (np.ones((2, 2), np.float32), "one dimension, got 2"),
            (np.ones((2, 2)), "one dimension, got 2"),
            (np.float32(1), "one dimension, got 0"),
        ],
    )
    def test_vectors_that_cannot_be_compared_are_refused(self, vector, says):
        with pytest.raises(InvalidInput, match=says):
            entry(embedding=vector)

    @pytest.mark.parametrize(
        "vector",
        [
            "0.5",
            b"\0\0\0\0",
            bytearray(4),
            ["a"],
            [None],
            [[1.0], [2.0]],
            [10**400],
            5,
            1.5,
            object(),
            {1.0, 2.0},
            {1.0: 2.0},
            np.array([1 + 1j]),
            np.array(["2026-01-01"], "M8[s]"),
            np.array(["a"]),
            np.array([None]),
        ],
    )
    def test_what_is_no_vector_is_refused(self, vector):
        with pytest.raises(WrongType, match="embedding must be a vector of"):
            entry(embedding=vector)
