"""Whatever is wrong with a file is told at once, by the system that is made of it and by ``axon check``."""

from __future__ import annotations

import json
import sys
from types import ModuleType

import pytest
from attrs import frozen
from click.testing import CliRunner

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, SessionPolicy, sync
from axon.adapters.memory import InMemoryAdapter
from axon.cli.application import application
from axon.core.errors import AdapterNotFound, CapabilityError, ConfigError, InvalidInput
from axon.core.registry import Registry
from axon.spi import Adapter, AdapterSpec, hookimpl

REDIS_AS_PERSISTENT = (
    "persistent: adapter 'redis' has no vector_search, which PersistentPolicy needs. "
    "Installed adapters that have it: memory, vector. Set persistent.adapter_type to one of these."
)

NO_MIDDLEWARE = (
    "middleware[0]: no installed plugin provides the middleware 'loging'; did you mean 'logging'? "
    "installed: logging, metrics."
)
NO_ADAPTER = (
    "adapters.reddis: no installed plugin provides the adapter 'reddis'; did you mean 'redis'? "
    "installed: memory, redis, vector."
)


@pytest.fixture
def told(tmp_path):
    """The problems of a file, by ``MemorySystem.from_file``, with and without ``await``, and by ``axon check``."""

    def told(text):
        path = tmp_path / "axon.toml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError) as caught:
            MemorySystem.from_file(path)
        checked = CliRunner().invoke(application, ["check", str(path), "--format", "json"])
        assert json.loads(checked.stdout)["problems"] == list(caught.value.problems)
        with pytest.raises(ConfigError) as without_await:
            sync.MemorySystem.from_file(path)
        assert without_await.value.problems == caught.value.problems
        return set(caught.value.problems)

    return told


def test_a_missing_capability_hides_no_setting(told):
    text = (
        '[persistent]\nadapter_type = "redis"\n[adapters.redis]\npasword = "x"\nurl = { env = "NOT_SET" }\nport = "x"'
    )
    assert told(text) == {
        REDIS_AS_PERSISTENT,
        "unknown key 'pasword' (did you mean 'password'?) @ adapters.redis",
        "environment variable NOT_SET is not set @ adapters.redis.url",
        "expected a whole number, got text @ adapters.redis.port",
    }


@pytest.mark.parametrize(
    ("lines", "others"),
    [
        ("max_entries = 0", {"max_entries must be at least 1, got 0 @ adapters.memory"}),
        ("text_index = 3", {"expected true or false, got a whole number @ adapters.memory.text_index"}),
        (
            "text_index = 3\nmax_entries = 0\nlanguag = 'x'\nnamespace = ''",
            {
                "expected true or false, got a whole number @ adapters.memory.text_index",
                "max_entries must be at least 1, got 0 @ adapters.memory",
                "unknown key 'languag' (did you mean 'language'?) @ adapters.memory",
                "namespace is empty @ adapters.memory.namespace",
            },
        ),
        ("zzz = 1", None),
        ("", set()),
    ],
)
def test_the_first_setting_that_a_constructor_refuses_hides_no_other(told, lines, others):
    found = told(f"[session]\n[adapters.memory]\nlanguage = 'klingon'\n{lines}")
    (language,) = [problem for problem in found if problem.startswith("language must be one of none, ")]
    assert language.endswith("; got 'klingon' @ adapters.memory")
    if others is None:
        (unknown,) = found - {language}
        assert unknown.startswith("unknown key 'zzz' (known: ")
    else:
        assert found - {language} == others


def test_nor_does_a_setting_of_an_embedder(told):
    assert told('embedder = "openai"\n[session]\n[embedders.openai]\nmodel = ""\nbatch_size = "x"\n') == {
        "model is empty @ embedders.openai",
        "expected a whole number, got text @ embedders.openai.batch_size",
    }


def test_what_holds_only_without_a_setting_that_is_wrong_is_not_told(told):
    text = '[session]\nadapter_type = "redis"\n[adapters.redis]\nsentinel_password = "x"\nssl_certfile = "x"\n'
    assert told(f'{text}url = {{ env = "NOT_SET" }}') == {
        "environment variable NOT_SET is not set @ adapters.redis.url"
    }
    assert told(f"{text}url = 5") == {"expected text, got a whole number @ adapters.redis.url"}


def test_reading_and_wiring(told):
    assert told(
        'middleware = ["loging"]\n[session]\nttl_seconds = 3\n[adapters.memory]\nlanguag = "x"\n[adapters.reddis]\n'
    ) == {
        "ttl_seconds of session memory must be at least 60 seconds, got 3 @ axon.toml.session.ttl_seconds",
        "unknown key 'languag' (did you mean 'language'?) @ adapters.memory",
        NO_MIDDLEWARE,
        NO_ADAPTER,
    }


def test_reading_alone(told):
    assert told("[session]\nttl_seconds = 3") == {
        "ttl_seconds of session memory must be at least 60 seconds, got 3 @ axon.toml.session.ttl_seconds"
    }
    (problem,) = told("[session")
    assert "axon.toml is not valid TOML" in problem


def test_what_an_environment_and_a_program_say_is_told_of_too(tmp_path):
    path = tmp_path / "axon.toml"
    path.write_text("[session]\nttl_seconds = 3\n[adapters.memory]\nlanguag = 'x'")
    with pytest.raises(ConfigError) as caught:
        MemorySystem.from_file(path, env={"AXON_SESSION__MAX_ENTRIES": "0"}, ephemeral={"adapter_type": "memroy"})
    assert [problem.partition(";")[0].rpartition(" @ ")[2] for problem in caught.value.problems] == [
        "AXON_SESSION__MAX_ENTRIES",
        "axon.toml.session.ttl_seconds",
        "ephemeral.adapter_type: no installed plugin provides the adapter 'memroy'",
        "adapters.memory",
    ]


def test_a_good_file_and_what_a_program_changes(tmp_path):
    path = tmp_path / "axon.toml"
    path.write_text("[session]\nttl_seconds = 3")
    memory = MemorySystem.from_file(path, env={"AXON_NAMESPACE": "app"}, session={"ttl_seconds": 60})
    assert memory.config == MemoryConfig(namespace="app", session=SessionPolicy(ttl_seconds=60))


class Plain(Adapter):
    """Keeps nothing, and takes a size from 1 to 9."""

    def __init__(self, *, size):
        if size > 9:
            raise InvalidInput(f"size must be 9 at the most, got {size}")

    async def save(self, entry):
        pass

    async def get(self, entry_id):
        pass

    async def delete(self, entry_id):
        return False

    async def query(self, query):
        return []

    async def scan(self, cursor=None, *, limit=100):
        raise NotImplementedError


@frozen(kw_only=True)
class PlainOptions:
    """One setting, which must be given."""

    size: int


@pytest.fixture
def registry(monkeypatch):
    """The adapter ``plain``, which has none of the settings that a policy may ask for."""
    module = ModuleType("plain_store")
    module.Plain, module.Options = Plain, PlainOptions
    monkeypatch.setitem(sys.modules, "plain_store", module)

    class Plugin:
        @hookimpl
        def axon_adapters(self):
            spec = AdapterSpec(
                name="plain", target="plain_store:Plain", options="plain_store:Options", capabilities=["ttl"]
            )
            return [spec]

    registry = Registry(entry_points=[])
    registry.register(Plugin(), "plain")
    return registry


class TestOfOneTier:
    @staticmethod
    def problems(registry, policy, **settings):
        config = MemoryConfig(session=SessionPolicy(adapter_type="plain", **policy), adapters={"plain": settings})
        with pytest.raises(ConfigError) as caught:
            MemorySystem(config, registry=registry)
        return caught.value

    def test_wishes_that_an_adapter_has_no_setting_for(self, registry):
        error = self.problems(registry, {"max_entries": 5, "refresh_on_read": True, "eviction": "lru"}, size=10)
        assert type(error) is ConfigError
        assert [problem.partition(". ")[0] for problem in error.problems] == [
            "session: adapter 'plain' has no setting 'max_entries'",
            "session: adapter 'plain' has no setting 'refresh_on_read'",
            "size must be 9 at the most, got 10 @ adapters.plain",
        ]

    def test_problems_of_one_kind_are_an_error_of_that_kind(self, registry):
        error = self.problems(registry, {"max_entries": 5, "refresh_on_read": True}, size=1)
        assert type(error) is CapabilityError
        assert len(error.problems) == 2

    def test_a_key_that_is_no_text(self):
        config = MemoryConfig(session=SessionPolicy(), adapters={"memory": {5: 1, "max_entries": 0}})
        with pytest.raises(ConfigError) as caught:
            MemorySystem(config)
        unknown, least = caught.value.problems
        assert unknown.startswith("unknown key 5 (")
        assert least == "max_entries must be at least 1, got 0 @ adapters.memory"

    def test_a_setting_that_is_wrong_is_not_missing_too(self, registry):
        assert self.problems(registry, {}, size="x").problems == (
            "expected a whole number, got text @ adapters.plain.size",
        )

    def test_an_adapter_that_was_handed_in(self):
        config = MemoryConfig(session=SessionPolicy(max_entries=5, eviction="lru", refresh_on_read=True))
        with pytest.raises(CapabilityError) as caught:
            MemorySystem(config, adapters={"session": InMemoryAdapter()})
        assert [problem.partition(" is ")[0] for problem in caught.value.problems] == [
            "session.max_entries",
            "session.eviction",
            "session.refresh_on_read",
        ]

    def test_what_is_wrong_for_two_tiers_is_told_once(self):
        config = MemoryConfig(
            ephemeral=EphemeralPolicy(), session=SessionPolicy(), adapters={"memory": {"language": "x"}}
        )
        with pytest.raises(ConfigError) as caught:
            MemorySystem(config)
        assert len(caught.value.problems) == 1


def test_an_adapter_called_like_a_plugin_for_something_else():
    with pytest.raises(AdapterNotFound, match=r"session\.adapter_type: no installed plugin provides .*'onnx'"):
        MemorySystem(MemoryConfig(session=SessionPolicy(adapter_type="onnx")))
