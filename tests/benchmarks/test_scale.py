"""A million entries on Redis are there at once before they end, and nobody waits for ever until they are gone."""

from __future__ import annotations

import asyncio

import pytest
from benchmarks import redis_scale
from benchmarks.report import Report
from redis_servers.binaries import available_binaries
from redis_servers.server import Server

needs_server = pytest.mark.skipif(not available_binaries(), reason="there is no Redis server")


class Forgetful:
    """A server whose sorted set loses a hundred members each time that somebody looks."""

    def __init__(self, members: int, least: int) -> None:
        self.members, self.least = members, least

    def zcard(self, key: str) -> int:
        self.members = max(self.least, self.members - 100)
        return self.members


@pytest.fixture
def report(monkeypatch):
    for name, value in {"MANY": 3_000, "WORDED": 500, "_TRIED": 1_000, "_MARGIN_S": 1}.items():
        monkeypatch.setattr(redis_scale, name, value)
    return Report(tell=lambda _: None)


@needs_server
def test_all_are_there_at_once_and_then_none(report):
    with Server() as server:
        asyncio.run(redis_scale._expiry(report, server.port))
    assert report.notes[0].startswith("3,000 entries were there ")
    assert [figure.middle for figure in report.figures] == [0, 0]


@needs_server
def test_where_filling_takes_longer_than_was_thought_nothing_is_reported(report, monkeypatch):
    monkeypatch.setattr(redis_scale, "_MARGIN", 0)
    monkeypatch.setattr(redis_scale, "_MARGIN_S", 0.01)
    with Server() as server, pytest.raises(RuntimeError, match="of 3,000 entries were there at once"):
        asyncio.run(redis_scale._expiry(report, server.port))
    assert not report.figures


def test_the_wait_ends_when_they_are_gone():
    asyncio.run(redis_scale._pruned(Forgetful(267, 0), "{brief}:x", 64))


def test_the_wait_ends_where_they_stay_and_tells_how_many(monkeypatch):
    monkeypatch.setattr(redis_scale, "_PATIENCE_S", 0.1)
    with pytest.raises(TimeoutError, match=r"1,136 expired entries are in \{brief\}:x after 0\.1 s"):
        asyncio.run(redis_scale._pruned(Forgetful(1_250, 1_200), "{brief}:x", 64))


@needs_server
def test_the_index_of_words_is_all_that_a_server_uses_for_it(report, monkeypatch):
    used, measure = {}, redis_scale._used

    async def remember(entries, *, text_index):
        used[text_index] = await measure(entries, text_index=text_index), [each.id for some in entries for each in some]
        return used[text_index][0]

    monkeypatch.setattr(redis_scale, "_used", remember)
    asyncio.run(redis_scale._words(report))
    (with_words, ids), (without, same) = used[True], used[False]
    assert (len(ids), ids) == (500, same)
    assert [figure.middle for figure in report.figures] == [(with_words - without) / 500]
    assert with_words > without > 0
