"""Words and vectors in one score: what may be relied on, whatever the embedder and the size of the store."""

import math
import random

import numpy as np
import pytest

from axon.ranking.fusion import fuse_scores, fused_score

SPREAD = {"mean": 0.1, "deviation": 0.1, "rows": 500}
SHARES = [0.0, 0.05, 0.3, 0.8, 1.0]
COSINES = [-1.0, -0.2, 0.0, 0.1, 0.15, 0.3, 0.6, 1.0]


@pytest.mark.parametrize("cosine", COSINES)
@pytest.mark.parametrize("share", SHARES)
def test_a_score_is_from_that_of_the_words_to_1(share, cosine):
    assert share <= fused_score(share, cosine, **SPREAD) <= 1


@pytest.mark.parametrize("share", SHARES[:-1])
def test_the_nearer_of_two_comes_first_where_words_say_the_same(share):
    scores = [fused_score(share, cosine, **SPREAD) for cosine in COSINES]
    assert scores == sorted(set(scores))


@pytest.mark.parametrize("cosine", COSINES)
def test_the_better_by_words_comes_first_where_vectors_say_the_same(cosine):
    scores = [fused_score(share, cosine, **SPREAD) for share in SHARES]
    assert scores == sorted(set(scores))


def test_only_differences_between_cosines_count_and_not_their_size():
    narrow = [fused_score(0.2, 0.8 + cosine / 20, mean=0.805, deviation=0.005, rows=500) for cosine in COSINES]
    assert narrow == pytest.approx([fused_score(0.2, cosine, **SPREAD) for cosine in COSINES])


def test_a_vector_that_stands_out_lifts_an_entry_without_a_word_over_one_with_a_rare_match():
    paraphrase = fused_score(0.0, 0.6, **SPREAD)
    assert paraphrase > fused_score(0.1, 0.1, **SPREAD)
    assert paraphrase < fused_score(0.5, 0.1, **SPREAD)


@pytest.mark.parametrize("rows", [10, 1_000, 1_000_000])
def test_what_is_near_by_chance_gains_the_same_little_in_a_store_of_any_size(rows):
    best_of_random = 0.1 + 0.1 * math.sqrt(2 * math.log(rows))
    gained = fused_score(0.0, best_of_random, mean=0.1, deviation=0.1, rows=rows)
    assert gained == pytest.approx(fused_score(0.0, 0.1 + 0.1 * math.sqrt(2 * math.log(100)), **SPREAD | {"rows": 100}))
    assert gained < 0.25


@pytest.mark.parametrize("rows", [20, 500, 5_000])
def test_random_vectors_leave_a_clear_answer_of_the_words_where_it_is(rows):
    chance = random.Random(rows)
    cosines = {row: chance.gauss(0, 0.05) for row in range(rows)}
    shares = {7: 0.6, 3: 0.2, 11: 0.1}
    fused = fuse_scores(shares, cosines, mean=0.0, deviation=0.05, rows=rows)
    assert max(fused, key=fused.__getitem__) == 7


@pytest.mark.parametrize(
    "spread", [{"mean": 0.4, "deviation": 0.0, "rows": 9}, {"mean": 0.4, "deviation": 0.1, "rows": 1}]
)
def test_without_a_spread_words_alone_count(spread):
    assert fuse_scores({"a": 0.3}, {"a": 0.4, "b": 0.4}, **spread) == {"a": 0.3, "b": 0.0}


def test_an_entry_without_a_vector_keeps_the_score_of_its_words():
    fused = fuse_scores({"words only": 0.4, "both": 0.4}, {"both": 0.5, "vector only": 0.5}, **SPREAD)
    assert fused["words only"] == 0.4
    assert fused["both"] > 0.4 > fused["vector only"] > 0


def test_arrays_give_what_numbers_give():
    shares, cosines = np.array([0.0, 0.3, 0.9]), np.array([0.6, -0.1, 0.2])
    one_by_one = [
        fused_score(share, cosine, **SPREAD) for share, cosine in zip(shares.tolist(), cosines.tolist(), strict=True)
    ]
    assert fused_score(shares, cosines, **SPREAD).tolist() == pytest.approx(one_by_one)
    flat = fused_score(shares, cosines, mean=0.1, deviation=0.0, rows=3)
    assert flat.tolist() == shares.tolist()
