"""Conversations that came after the constants of recall were chosen: nothing was, or is to be, chosen by them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from typing import Any

from benchmarks.quality.asking import ask, everybody, metrics_of, recalled
from benchmarks.quality.corpus import conversations
from benchmarks.quality.metrics import Metrics
from benchmarks.quality.rules import RULES
from benchmarks.quality.textbook import textbook

Found = dict[str, list[Metrics]]
"""The metrics of each question, by how it was asked."""


async def by_words() -> Found:
    """Of each conversation by its name; and of all, also by other ways to go by words."""
    each = {name: await recalled(corpus) for name, corpus in conversations().items()}
    return {
        **each,
        "all": _together(each.values()),
        "all, `context=1`": await recalled_of_all(context=1),
        "all, by the textbook": by_the_textbook(),
    }


async def by_rules(embedders: Mapping[str, Any]) -> dict[str, Found]:
    """Of all conversations, by the name of the embedder: by each rule of fusion, and by ours with neighbours."""
    found = {}
    for name, embedder in embedders.items():
        asked = [(corpus, await ask(corpus, everybody, embedder)) for corpus in conversations().values()]
        by_rule = {
            each: _together(metrics_of(answers, corpus.group_of, rule) for corpus, answers in asked)
            for each, rule in RULES.items()
        }
        found[name] = {**by_rule, "Axon, `context=1`": await recalled_of_all(embedder, context=1)}
    return found


def by_the_textbook() -> list[Metrics]:
    """What the BM25 of textbooks finds in each conversation, in one list."""
    return _together(map(textbook, conversations().values()))


async def recalled_of_all(embedder: Any = None, *, context: int = 0) -> list[Metrics]:
    """What a memory recalls of each conversation, in one list."""
    return _together([await recalled(corpus, embedder, context=context) for corpus in conversations().values()])


def _together(each: Iterable[list[Metrics]]) -> list[Metrics]:
    return list(chain.from_iterable(each))
