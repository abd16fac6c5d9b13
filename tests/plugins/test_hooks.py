"""Every hook, exercised by a plugin; a hook that is added without a test here fails the last one."""

from __future__ import annotations

import asyncio
import inspect
import sys
from importlib.metadata import entry_points
from types import ModuleType

import pytest
from attrs import frozen

from axon import Filter, MemoryConfig, MemorySystem, PersistentPolicy, SessionPolicy
from axon.core.errors import AxonError, CapabilityError, ConfigError, PluginError
from axon.core.registry import Registry
from axon.spi import Adapter, AdapterSpec, EmbedderSpec, MiddlewareSpec, Page, as_embedding, hookimpl, hookspecs

CONFIG = MemoryConfig(session=SessionPolicy(), namespace="app")


class Store(Adapter):
    """As little as an adapter can be."""

    async def save(self, entry):
        """Keep nothing."""

    async def get(self, entry_id):
        return None

    async def delete(self, entry_id):
        return False

    async def query(self, query):
        return ()

    async def scan(self, cursor=None, *, limit=100):
        return Page(entries=[], cursor=None)


@frozen(kw_only=True)
class Settings:
    name: str
    size: int = 3


class Embedder:
    def __init__(self, *, name, size):
        self.name, self.dimension = name, size

    async def embed(self, texts):
        return [as_embedding([float(len(text))] * self.dimension) for text in texts]


class Shout:
    async def __call__(self, call, proceed):
        result = await proceed(call)
        return result if call.verb != "count" else result + 1000


@pytest.fixture(autouse=True)
def module(monkeypatch):
    made = ModuleType("plugin_of_a_test")
    made.Store, made.Settings, made.Embedder, made.Shout, made.number = Store, Settings, Embedder, Shout, 5
    monkeypatch.setitem(sys.modules, "plugin_of_a_test", made)


def adapter(name, capabilities=("ttl",), **others):
    return AdapterSpec(name=name, target="plugin_of_a_test:Store", capabilities=capabilities, **others)


def with_memory_alone():
    """The registry of a machine on which axon-inmemory is the only plugin."""
    return Registry(entry_points=[found for found in entry_points(group="axon") if found.name == "memory"])


def registry(hook, *results, name="third_party"):
    """That registry with one more plugin, which gives ``results`` in its ``hook``."""
    plugin = ModuleType(name)

    if hook == "axon_check_config":

        def implementation(config):
            return [result(config) if callable(result) else result for result in results]
    else:

        def implementation():
            return list(results)

    implementation.__name__ = hook
    setattr(plugin, hook, hookimpl(implementation))
    made = with_memory_alone()
    made.register(plugin, name)
    return made


class TestAxonAdapters:
    hook = "axon_adapters"

    def test_an_adapter_is_found_and_built(self):
        plugins = registry(self.hook, adapter("tiny"))
        memory = MemorySystem(MemoryConfig(session=SessionPolicy(adapter_type="tiny")), registry=plugins)
        assert isinstance(memory.tier("session"), Store)
        assert asyncio.run(memory.recall("anything", filter=Filter(user_id="u"))) == []

    def test_it_is_listed(self):
        plugins = registry(self.hook, adapter("tiny"))
        (plugin,) = [plugin for plugin in plugins.plugins() if plugin.name == "third_party"]
        assert (plugin.distribution, plugin.problem) == ("registered by hand", None)
        assert plugins.provider(plugins.adapter("tiny")) == "registered by hand"

    def test_a_hook_may_give_nothing(self):
        assert set(registry(self.hook).adapters()) == {"memory"}

    def test_a_missing_capability_names_the_adapters_that_have_it(self):
        plugins = registry(self.hook, adapter("tiny"))
        with pytest.raises(CapabilityError) as caught:
            MemorySystem(MemoryConfig(persistent=PersistentPolicy(adapter_type="tiny")), registry=plugins)
        assert str(caught.value) == (
            "persistent: adapter 'tiny' has no vector_search, which PersistentPolicy needs. "
            "Installed adapters that have it: memory. Set persistent.adapter_type to one of these."
        )

    def test_a_ttl_needs_the_capability(self):
        plugins = registry(self.hook, adapter("tiny", ()), adapter("vectors", ["vector_search"]))
        with pytest.raises(CapabilityError, match="session: adapter 'tiny' has no ttl, which SessionPolicy needs"):
            MemorySystem(MemoryConfig(session=SessionPolicy(adapter_type="tiny")), registry=plugins)
        MemorySystem(MemoryConfig(persistent=PersistentPolicy(adapter_type="vectors")), registry=plugins)
        with pytest.raises(CapabilityError, match="persistent: adapter 'vectors' has no ttl"):
            MemorySystem(
                MemoryConfig(persistent=PersistentPolicy(adapter_type="vectors", ttl_seconds=10**6)), registry=plugins
            )

    @pytest.mark.parametrize(("wish", "value"), [("max_entries", 10), ("refresh_on_read", True)])
    def test_a_wish_that_the_adapter_does_not_know(self, wish, value):
        plugins = registry(self.hook, adapter("tiny"))
        config = MemoryConfig(session=SessionPolicy(adapter_type="tiny", **{wish: value}))
        with pytest.raises(
            CapabilityError, match=f"session: adapter 'tiny' has no setting '{wish}'. Leave session.{wish} out"
        ):
            MemorySystem(config, registry=plugins)

    def test_settings_for_an_adapter_without_any(self):
        config = MemoryConfig(session=SessionPolicy(adapter_type="tiny"), adapters={"tiny": {"size": 1}})
        with pytest.raises(ConfigError, match=r"'tiny' takes no settings, got size @ adapters\.tiny"):
            MemorySystem(config, registry=registry(self.hook, adapter("tiny")))

    def test_an_embedding_alone_for_an_adapter_without_vectors(self):
        config = MemoryConfig(session=SessionPolicy(), persistent=PersistentPolicy(adapter_type="memory"))
        plugins = registry(self.hook, adapter("tiny", ["ttl", "text_search"]))
        memory = MemorySystem(
            MemoryConfig(ephemeral=None, session=SessionPolicy(adapter_type="tiny"), persistent=config.persistent),
            registry=plugins,
        )
        with pytest.raises(CapabilityError, match="session: adapter 'tiny' has no vector_search"):
            asyncio.run(memory.recall(embedding=[1.0]))
        assert asyncio.run(memory.recall("text", embedding=[1.0])) == []
        assert asyncio.run(memory.recall(embedding=[1.0], tier="persistent")) == []

    def test_a_text_alone_for_an_adapter_without_text_search(self):
        plugins = registry(self.hook, adapter("tiny"), adapter("vectors", ["ttl", "vector_search"]))
        memory = MemorySystem(
            MemoryConfig(
                session=SessionPolicy(adapter_type="tiny"), persistent=PersistentPolicy(adapter_type="vectors")
            ),
            registry=plugins,
        )
        for tier in ("session", "persistent"):
            name = memory.config.tiers[tier].adapter_type
            with pytest.raises(CapabilityError, match=f"{tier}: adapter '{name}' has no text_search"):
                asyncio.run(memory.recall("text", tier=tier))
            assert asyncio.run(memory.recall("text", tier=tier, filter=Filter(user_id="u"))) == []
        with pytest.raises(CapabilityError, match="session: adapter 'tiny' has no text_search"):
            asyncio.run(memory.recall("text", embedding=[1.0]))
        assert asyncio.run(memory.recall("text", embedding=[1.0], tier="persistent")) == []

    @pytest.mark.parametrize(
        ("changes", "says"),
        [
            ({"target": "plugin_of_a_test:Missing"}, "cannot load plugin_of_a_test:Missing: AttributeError"),
            (
                {"target": "module_that_is_not_there:Store"},
                "cannot load module_that_is_not_there:Store: ModuleNotFoundError",
            ),
            ({"target": "builtins:dict"}, "builtins:dict makes dict, which is no axon.spi.Adapter"),
            ({"options": "builtins:int"}, "builtins:int is no attrs class"),
            ({"options": "module_that_is_not_there:Options"}, "cannot load module_that_is_not_there:Options"),
        ],
    )
    def test_a_spec_that_cannot_be_built(self, changes, says):
        spec = AdapterSpec(**{"name": "tiny", "target": "plugin_of_a_test:Store", "capabilities": ["ttl"], **changes})
        with pytest.raises(PluginError, match=says):
            MemorySystem(MemoryConfig(session=SessionPolicy(adapter_type="tiny")), registry=registry(self.hook, spec))

    def test_a_name_that_is_taken(self):
        with pytest.raises(
            PluginError, match=r"adapter 'memory' is provided twice: .*axon-inmemory .*registered by hand"
        ):
            registry(self.hook, adapter("memory")).adapter("memory")


class TestAxonEmbedders:
    hook = "axon_embedders"
    SPEC = EmbedderSpec(name="lengths", target="plugin_of_a_test:Embedder", options="plugin_of_a_test:Settings")

    def test_an_embedder_is_found_and_built(self):
        plugins = registry(self.hook, self.SPEC)
        assert set(plugins.embedders()) == {"lengths"}
        embedder = plugins.embedder("lengths").build({"name": "x"}, at="embedder")
        (vector,) = asyncio.run(embedder.embed(["four"]))
        assert list(vector) == [4.0, 4.0, 4.0]

    def test_its_settings_are_checked(self):
        with pytest.raises(ConfigError, match=r"expected a whole number, got text @ embedder\.size"):
            self.SPEC.build({"name": "x", "size": "3"}, at="embedder")
        with pytest.raises(ConfigError, match="name"):
            self.SPEC.build({}, at="embedder")
        assert self.SPEC.known_settings() == {"name", "size"}

    def test_not_found(self):
        with pytest.raises(AxonError, match=r"embedder 'length'; did you mean 'lengths'\?"):
            registry(self.hook, self.SPEC).embedder("length")


class TestAxonMiddleware:
    hook = "axon_middleware"
    SPEC = MiddlewareSpec(name="shout", target="plugin_of_a_test:Shout")

    def test_installing_one_switches_nothing_on(self):
        assert asyncio.run(MemorySystem(CONFIG, registry=registry(self.hook, self.SPEC)).count()) == 0

    def test_the_config_switches_it_on(self):
        config = MemoryConfig(session=SessionPolicy(), middleware=["shout"])
        assert asyncio.run(MemorySystem(config, registry=registry(self.hook, self.SPEC)).count()) == 1000

    def test_what_is_not_there(self):
        config = MemoryConfig(session=SessionPolicy(), middleware=["shuot", "metrisc"])
        with pytest.raises(ConfigError) as caught:
            MemorySystem(config, registry=registry(self.hook, self.SPEC))
        assert "did you mean 'shout'?" in caught.value.problems[0]
        assert "did you mean 'metrics'?" in caught.value.problems[1]

    def test_settings_are_checked_with_their_place(self):
        config = MemoryConfig(session=SessionPolicy(), middleware=["metrics", {"name": "logging", "levle": "info"}])
        with pytest.raises(ConfigError, match=r"unknown key 'levle' \(did you mean 'level'\?\) @ middleware\[1\]"):
            MemorySystem(config)


class TestAxonCheckConfig:
    hook = "axon_check_config"

    def test_advice_is_given_on_the_config(self):
        plugins = registry(self.hook, lambda config: f"think about {config.namespace}")
        assert "think about app" in plugins.advice(CONFIG)

    def test_the_advice_of_the_core_comes_too(self):
        sentences = registry(self.hook, "mine").advice(MemoryConfig(session=SessionPolicy(ttl_seconds=60)))
        assert any("session.ttl_seconds is 60" in sentence for sentence in sentences)
        assert any("namespace is the default" in sentence for sentence in sentences)
        assert "mine" in sentences

    @pytest.mark.parametrize("given", ["one sentence", None, [], ["one sentence"], iter(["one sentence"])])
    def test_one_sentence_several_or_none(self, given):
        class Plugin:
            @hookimpl
            def axon_check_config(self):
                return given

        plugins = with_memory_alone()
        before = plugins.advice(CONFIG)
        plugins.register(Plugin(), "adviser")
        assert set(plugins.advice(CONFIG)) - set(before) <= {"one sentence"}

    def test_advice_is_text(self):
        for given in (5, [5]):
            assert any("no advice from 'third_party'" in line for line in registry(self.hook, given).advice(CONFIG))

    def test_a_hook_that_raises_is_named_and_keeps_the_others_from_nothing(self):
        sentences = registry(self.hook, lambda config: {}["x"]).advice(MemoryConfig(session=SessionPolicy()))
        assert any("failed in its hook axon_check_config: KeyError: 'x'" in sentence for sentence in sentences)
        assert any("namespace is the default" in sentence for sentence in sentences)


class TestRegisterByHand:
    @pytest.mark.parametrize("result", [5, "tiny", MiddlewareSpec(name="tiny", target="a:B")])
    def test_what_is_no_spec_is_refused_at_once(self, result):
        with pytest.raises(PluginError, match=r"'third_party' cannot be registered: .*which is no AdapterSpec"):
            registry("axon_adapters", result)

    def test_a_refused_plugin_leaves_no_trace(self):
        plugins = with_memory_alone()

        class Plugin:
            @hookimpl
            def axon_adapters(self):
                return [5]

        with pytest.raises(PluginError):
            plugins.register(Plugin(), "bad")
        assert set(plugins.adapters()) == {"memory"}
        assert "bad" not in [plugin.name for plugin in plugins.plugins()]

    def test_twice_is_refused(self):
        plugins = with_memory_alone()
        plugin = ModuleType("twice")
        plugins.register(plugin, "twice")
        with pytest.raises(PluginError, match="'twice' cannot be registered"):
            plugins.register(plugin, "twice")

    def test_async_and_misspelt_hooks_are_refused(self):
        class Async:
            @hookimpl
            async def axon_adapters(self):
                return []

        class Misspelt:
            @hookimpl
            def axon_adaptors(self):
                return []

        with pytest.raises(PluginError, match=r"'async def'.*write a plain 'def'"):
            Registry().register(Async())
        with pytest.raises(PluginError, match="axon_adaptors"):
            Registry().register(Misspelt())


def test_every_hook_has_a_test_class_here():
    hooks = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value) and name.startswith("axon_")}
    tested = {value.hook for value in globals().values() if hasattr(value, "hook")}
    assert hooks
    assert tested == hooks
