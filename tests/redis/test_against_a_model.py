"""The adapter on a real server against a plain model."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest
import redis
from adapter_model import AdapterModel
from hypothesis import settings
from redis_servers.address import HOST
from redis_servers.server import Server
from redis_time import pass_time

from axon.spi import Adapter
from axon_redis.adapter import RedisAdapter


class Machine(AdapterModel):
    # The server's clock cannot be turned: what is stored is brought nearer to its end, and the milliseconds that an
    # example really takes must not count.
    second = 1000.0
    arguments: ClassVar[dict[str, object]] = {}
    server: ClassVar[Server]
    raw: ClassVar[redis.Redis]

    def build(self, clock: Callable[[], float], *, refresh_on_read: bool) -> Adapter:
        self.raw.flushall()
        given = {"text_index": self.text_index, **self.arguments}
        return RedisAdapter(HOST, self.server.port, local_clock=clock, refresh_on_read=refresh_on_read, **given)

    def passed(self, seconds: float) -> None:
        pass_time(self.raw, seconds)


class WithRedisPy(Machine):
    arguments: ClassVar = {"multiplex": False}


class WithoutWords(Machine):
    text_index = False


class InThreeShards(Machine):
    arguments: ClassVar = {"shards": 3}


@pytest.fixture(scope="module", autouse=True)
def _server():
    with Server() as Machine.server, redis.Redis(HOST, Machine.server.port) as Machine.raw:
        yield


few = settings(max_examples=100, stateful_step_count=30, deadline=None)
TestMachine = Machine.TestCase
TestMachine.settings = few
TestWithRedisPy = WithRedisPy.TestCase
TestWithRedisPy.settings = settings(few, max_examples=40)
TestWithoutWords = WithoutWords.TestCase
TestWithoutWords.settings = settings(few, max_examples=60)
TestInThreeShards = InThreeShards.TestCase
TestInThreeShards.settings = settings(few, max_examples=60)
