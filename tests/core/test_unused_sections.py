"""A section for what is not installed may be a misspelt one, whose password or TLS would be gone: it is an error."""

from __future__ import annotations

import re

import pytest

from axon import MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import AdapterNotFound, ConfigError
from axon.core.registry import Registry
from axon.testing import HashEmbedder


class TestSectionsThatNothingUses:
    @staticmethod
    def problems(**config):
        with pytest.raises(ConfigError) as caught:
            MemorySystem(MemoryConfig(session=SessionPolicy(), **config))
        return caught.value.problems

    @pytest.mark.parametrize(
        ("config", "says"),
        [
            ({"adapters": {"reddis": {"password": "x"}}}, "adapters.reddis: no .* 'reddis'; did you mean 'redis'"),
            ({"adapters": {"cassandra": {}}}, "adapters.cassandra: no installed plugin .*; installed: memory, redis"),
            ({"adapters": {"onnx": {}}}, "adapters.onnx: no installed plugin provides the adapter 'onnx'"),
            ({"embedders": {"opnai": {}}}, "embedders.opnai: no .* 'opnai'; did you mean 'openai'"),
            ({"embedders": {"redis": {}}}, "embedders.redis: no installed plugin provides the embedder 'redis'"),
            (
                {"embedders": {"openai": {"model": "text-embedding-ada-002", "retry": 1}}},
                r"unknown key 'retry' .* @ embedders\.openai",
            ),
        ],
    )
    def test_are_checked(self, config, says):
        (problem,) = self.problems(**config)
        assert re.match(says, problem)

    def test_all_of_them(self):
        assert len(self.problems(adapters={"a": {}, "redis": {"x": 1}, "b": {}}, embedders={"c": {}})) == 4

    def test_of_what_is_installed_are_fine(self):
        secret = {"env": "NOT_SET"}
        config = {"adapters": {"redis": {"password": secret}}, "embedders": {"onnx": {"path": secret}}}
        MemorySystem(MemoryConfig(session=SessionPolicy(), **config))

    def test_of_what_a_ready_one_replaces_need_not_be_installed(self):
        config = MemoryConfig(
            session=SessionPolicy(adapter_type="cassandra"),
            adapters={"cassandra": {"host": "x"}},
            embedder="absent",
            embedders={"absent": {"key": "x"}},
        )
        MemorySystem(config, adapters={"session": InMemoryAdapter()}, embedder=HashEmbedder())
        with pytest.raises(AdapterNotFound) as caught:
            MemorySystem(config)
        assert [problem.partition(":")[0] for problem in caught.value.problems] == ["embedder", "session.adapter_type"]

    def test_of_a_plugin_that_is_blocked_are_left_alone(self):
        config = MemoryConfig(session=SessionPolicy(), adapters={"redis": {"x": 1}, "cassandra": {"x": 1}})
        MemorySystem(config, registry=Registry(blocked=["redis", "cassandra"]))
        with pytest.raises(AdapterNotFound, match=r"adapters\.cassandra: "):
            MemorySystem(config, registry=Registry(blocked=["redis"]))
