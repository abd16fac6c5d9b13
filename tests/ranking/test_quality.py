"""The evaluation: its data are what they say, its figures are right, and the page shows them."""

import asyncio
import math
from collections import Counter

import pytest
from benchmarks.quality import by_words
from benchmarks.quality.asking import ask, everybody, own
from benchmarks.quality.corpus import KINDS, NEGATIVE, Corpus, Question, chats, conversations, documents
from benchmarks.quality.metrics import Metrics, mean, measured
from benchmarks.quality.page import PAGE, tables_of, updated
from benchmarks.quality.rules import RULES
from benchmarks.quality.textbook import textbook

from axon import MemoryEntry
from axon.ranking.analysis import Analyzer
from axon.testing import HashEmbedder

# It says "turn down", and what answers it says "turn the colour of pea soup".
_SHARES_A_WORD = {"For what reason did I turn down the larger yacht?"}


@pytest.fixture(scope="module")
def everything():
    return chats() + documents()


def test_the_page_shows_what_words_find_now():
    page = PAGE.read_text(encoding="utf-8")
    tables = asyncio.run(by_words())
    assert tables.keys() <= tables_of(page).keys()
    assert updated(page, tables) == page, "run: python -m benchmarks.quality"


def test_there_are_enough_questions_of_every_kind(everything):
    kinds = Counter(question.kind for question in everything.questions)
    assert set(kinds) == {*KINDS, NEGATIVE}
    assert kinds.total() - kinds[NEGATIVE] >= 220
    assert kinds["paraphrase"] >= 40
    assert kinds[NEGATIVE] >= 15
    assert len({question.text for question in everything.questions}) == kinds.total()


def test_only_what_nobody_said_has_no_evidence_and_two_facts_have_two(everything):
    for question in everything.questions:
        assert (not question.evidence) == (question.kind == NEGATIVE), question.text
        if question.kind == "two":
            assert len(question.evidence) == 2, question.text


def test_the_evidence_is_among_what_the_question_is_asked_in(everything):
    entries = {entry.id: entry for entry in everything.entries}
    for question in everything.questions:
        for entry_id in question.evidence:
            assert entries[entry_id].user_id == question.user_id, question.text


def test_paraphrases_share_no_word_with_what_answers_them(everything):
    analyzer = Analyzer()
    texts = {entry.id: set(analyzer.terms(entry.text)) for entry in everything.entries}
    sharing = {
        question.text
        for question in everything.questions
        if question.kind == "paraphrase"
        and any(texts[entry_id] & set(analyzer.query(question.text).words) for entry_id in question.evidence)
    }
    assert sharing == _SHARES_A_WORD


def test_the_conversations_are_long_and_each_question_has_its_evidence_in_its_own():
    found = conversations()
    assert sum(len(corpus.entries) for corpus in found.values()) == 1787
    for name, corpus in found.items():
        ids = [entry.id for entry in corpus.entries]
        assert len(set(corpus.group_of.values())) == 20, name
        assert len(set(ids)) == len(ids) >= 400
        assert [entry.created_at for entry in corpus.entries] == sorted({entry.created_at for entry in corpus.entries})
        assert len({question.text for question in corpus.questions}) == len(corpus.questions) == 120
        for question in corpus.questions:
            assert question.evidence <= set(ids), question.text
            assert question.evidence, question.text


def test_the_textbook_prefers_the_rarer_word_the_more_frequent_one_and_the_shorter_text():
    texts = ["cats sleep", "cats and cats sleep", "cats eat fish", "a cat that eats and eats all day long", "nothing"]
    entries = [MemoryEntry(text=text, id=text) for text in texts]

    def first(question, wanted):
        corpus = Corpus(entries, dict.fromkeys(texts, "s"), [Question(question, "single", None, frozenset([wanted]))])
        return textbook(corpus)[0].recall_1

    assert first("cat fish", "cats eat fish")
    assert first("cat", "cats and cats sleep")
    assert first("sleep", "cats sleep")
    assert not first("dog", "nothing")


def test_metrics_of_a_ranking_that_is_easy_to_check_by_hand():
    sessions = {"a": "monday", "b": "monday", "c": "tuesday", "d": "friday"}
    metrics = measured(["b", "c", "a"], {"a", "c", "d"}, sessions)
    assert metrics == Metrics(
        recall_1=0.0,
        recall_5=pytest.approx(2 / 3),
        recall_10=pytest.approx(2 / 3),
        group_1=pytest.approx(1 / 3),
        group_5=pytest.approx(2 / 3),
        reciprocal_rank=0.5,
        ndcg_10=pytest.approx((1 / math.log2(3) + 1 / math.log2(4)) / (1 + 1 / math.log2(3) + 1 / math.log2(4))),
    )


def test_nothing_found_counts_as_0_and_the_mean_is_that_of_all():
    found, missed = (measured(ranking, {"a"}, {"a": "s", "b": "s"}) for ranking in (["a"], []))
    assert set(vars_of(missed)) == {0.0}
    assert set(vars_of(mean([found, missed]))) == {0.5}


def vars_of(metrics):
    return [getattr(metrics, name) for name in Metrics.__annotations__]


def test_a_table_of_the_page_is_replaced_and_another_left():
    page = "<!-- table: a -->\nold\n<!-- end -->\n<!-- table: b -->\nkept\n<!-- end -->\n"
    assert tables_of(updated(page, {"a": "| new |"})) == {"a": "| new |", "b": "kept"}


@pytest.mark.parametrize(("corpus", "where"), [(chats, own), (documents, everybody)])
def test_the_rule_that_is_measured_is_the_one_that_the_adapter_has(corpus, where):
    answers = asyncio.run(ask(corpus(), where, HashEmbedder()))
    for answer in answers:
        assert answer.ranking(RULES["Axon"])[:10] == [hit.entry.id for hit in answer.fused[:10]], answer.question.text


def test_an_embedder_that_is_no_good_costs_next_to_nothing():
    corpus = documents()
    answers = [answer for answer in asyncio.run(ask(corpus, everybody, HashEmbedder())) if not answer.is_negative]
    recall = {
        name: mean(
            measured(answer.ranking(rule), answer.question.evidence, corpus.group_of) for answer in answers
        ).recall_5
        for name, rule in RULES.items()
    }
    assert recall["vectors alone"] < recall["words alone"] - 0.2
    assert recall["Axon"] > recall["words alone"] - 0.01
