"""Plugins of installed distributions: found by name, loaded one at a time, and apart from each other."""

from __future__ import annotations

import re
import sys
from importlib.metadata import entry_points

import pytest

from axon import EphemeralPolicy, MemoryConfig, MemorySystem, SessionPolicy
from axon.core.errors import AdapterNotFound, PluginError
from axon.core.plugins import BLOCKED_VARIABLE
from axon.core.registry import Registry


def providing(kind, name):
    """The code of a plugin that provides one thing and is called something else."""
    hook = {"Adapter": "axon_adapters", "Middleware": "axon_middleware"}[kind]
    more = ", capabilities=['ttl']" if kind == "Adapter" else ""
    return f"""
from axon.spi import {kind}Spec, hookimpl

@hookimpl
def {hook}():
    return [{kind}Spec(name={name!r}, target="other_of_a_test:Thing"{more})]
"""


def with_memory_alone():
    """The registry of a machine on which axon-inmemory is the only plugin."""
    return Registry(entry_points=[found for found in entry_points(group="axon") if found.name == "memory"])


def problem_of(registry, name):
    (plugin,) = [plugin for plugin in registry.plugins() if plugin.name == name]
    return plugin.problem


class TestLookup:
    def test_names_are_listed_without_an_import(self, install_adapter):
        module = install_adapter("mongo")
        assert {"memory", "mongo"} <= set(Registry().names())
        assert module not in sys.modules

    def test_only_the_plugin_that_is_asked_for_is_imported(self, install_adapter):
        wanted, other = install_adapter("mongo"), install_adapter("cassandra")
        assert Registry().adapter("mongo").target == f"{wanted}:Store"
        assert wanted in sys.modules
        assert other not in sys.modules

    def test_listing_adapters_imports_all_plugins(self, install_adapter):
        install_adapter("mongo")
        assert {"memory", "mongo"} <= set(Registry().adapters())

    def test_a_system_is_built_with_it(self, install_adapter):
        install_adapter("mongo")
        memory = MemorySystem(MemoryConfig(session=SessionPolicy(adapter_type="mongo")), registry=Registry())
        assert type(memory.tier("session")).__name__ == "Store"

    def test_plugins_name_their_distributions(self, install_adapter):
        install_adapter("mongo", distribution="mongo-for-axon")
        plugins = {plugin.name: plugin for plugin in Registry().plugins()}
        assert plugins["mongo"].distribution == "mongo-for-axon 1.0"
        assert plugins["memory"].distribution.startswith("axon-inmemory ")
        assert plugins["mongo"].problem is None

    def test_a_spec_names_its_provider(self, install_adapter):
        install_adapter("mongo")
        registry = Registry()
        assert registry.provider(registry.adapter("mongo")) == "axon-mongo 1.0"
        assert registry.provider(registry.middleware("logging")) == "axon-core"

    def test_one_module_may_provide_several_names(self, install):
        code = """
            from axon.spi import AdapterSpec, hookimpl
            @hookimpl
            def axon_adapters():
                return [AdapterSpec(name=n, target="two_of_a_test:S", capabilities=["ttl"]) for n in ("one", "two")]
        """
        install("two", {"one": "two_of_a_test", "two": "two_of_a_test"}, "two_of_a_test", code)
        registry = Registry()
        assert [problem_of(registry, name) for name in ("one", "two")] == [None, None]
        assert registry.adapter("two").name == "two"
        assert registry.adapter("one").name == "one"

    @pytest.mark.parametrize(
        ("name", "says"),
        [
            (
                "memroy",
                r"no installed plugin provides the adapter 'memroy'; did you mean 'memory'\? installed: memory\.$",
            ),
            ("redis", r"installed: memory\. Install it with: pip install axon-redis"),
            ("redsi", r"did you mean 'redis'\? .* Install redis with: pip install axon-redis"),
            ("zzz", "the adapter 'zzz'; installed: memory"),
        ],
    )
    def test_not_found(self, install, name, says):
        with pytest.raises(AdapterNotFound, match=says):
            with_memory_alone().adapter(name)

    @pytest.mark.parametrize("kind", ["embedder", "middleware"])
    def test_not_found_of_other_kinds(self, install, kind):
        with pytest.raises(AdapterNotFound, match=f"no installed plugin provides the {kind} 'memory'") as caught:
            getattr(with_memory_alone(), kind)("memory")
        assert "pip install" not in str(caught.value)


class TestBroken:
    @pytest.mark.parametrize(
        ("code", "says"),
        [
            ("raise RuntimeError('no driver')", "importing broken_of_a_test failed: RuntimeError: no driver"),
            ("import a_driver_that_is_not_there", "ModuleNotFoundError: No module named 'a_driver_that_is_not_there'"),
            ("def", "SyntaxError"),
            ("raise SystemExit(3)", "SystemExit: 3"),
            (
                "from axon.spi import hookimpl\n@hookimpl\nasync def axon_adapters(): return []",
                "its hook 'axon_adapters' is declared 'async def'",
            ),
            (
                "from axon.spi import hookimpl\n@hookimpl\nasync def axon_adapters(): yield 1",
                "its hook 'axon_adapters' is declared 'async def'",
            ),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_check_config(config=None): return []",
                "its hook 'axon_check_config' gives defaults to arguments",
            ),
            ("from axon.spi import hookimpl\n@hookimpl\ndef axon_adapter(): return []", "unknown hook 'axon_adapter'"),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_check_config(configuration): return []",
                "configuration",
            ),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_adapters(): return ['broken']",
                r"its hook axon_adapters\(\) gave 'broken', which is no AdapterSpec",
            ),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_adapters(): return 'broken'",
                "which is no AdapterSpec",
            ),
            ("from axon.spi import hookimpl\n@hookimpl\ndef axon_adapters(): return 5", "'int' object is not iterable"),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_adapters(): raise KeyError('x')",
                r"failed in its hook axon_adapters: KeyError: 'x'",
            ),
            (
                "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n yield 1/0",
                "ZeroDivisionError",
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [AdapterSpec(name='broken', target='m:C', capabilities=[], api=2)]"
                ),
                "written for version 2 of the contract, and this axon-core speaks version 1: pip install --upgrade axon-core",  # noqa: E501
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [AdapterSpec(name='broken', target='m:C', capabilities=[], api='2')]"
                ),
                "api='2'",
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [AdapterSpec(name='Broken One', target='m:C', capabilities=[])]"
                ),
                "name must be lower-case letters",
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [AdapterSpec(name='broken', target='m.C', capabilities=[])]"
                ),
                'target must be "module:name"',
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [AdapterSpec(name='broken', target='m:C', capabilities=['fly'])]"
                ),
                "'fly' is not a valid Capability; known: ttl, text_search",
            ),
            (
                (
                    "from axon.spi import *\n@hookimpl\ndef axon_adapters():\n"
                    " return [MiddlewareSpec(name='broken', target='m:C')]"
                ),
                "which is no AdapterSpec",
            ),
        ],
    )
    def test_a_broken_plugin_is_a_line_with_the_reason_and_no_crash(self, install, code, says):
        install("axon-broken", {"broken": "broken_of_a_test"})
        install("axon-broken-code", {}, "broken_of_a_test", code)
        registry = Registry()
        problem = problem_of(registry, "broken")
        assert problem is not None
        with pytest.raises(PluginError, match=says) as caught:
            Registry().adapter("broken")
        assert str(caught.value).startswith("adapter 'broken' is installed (axon-broken 1.0) but cannot be used: ")
        assert "memory" in registry.adapters()
        assert "broken" not in registry.adapters()
        assert registry.adapter("memory").name == "memory"
        assert registry.middleware("logging").name == "logging"

    def test_a_system_with_other_adapters_does_not_notice(self, install):
        install("axon-broken", {"broken": "broken_of_a_test"}, "broken_of_a_test", "raise RuntimeError")
        MemorySystem(MemoryConfig(session=SessionPolicy()), registry=Registry())

    @pytest.mark.parametrize(
        ("code", "says"),
        [
            (
                "def axon_adapters(): return []",
                r"it offers nothing: the decorator @hookimpl is missing on axon_adapters\(\)$",
            ),
            (
                "from axon.spi import hookimpl\n@hookimpl\ndef axon_adapters(): return None",
                r"it offers nothing: axon_adapters\(\) gave no spec$",
            ),
            ("", "it offers nothing: it has none of the hooks axon_adapters, axon_embedders, axon_middleware"),
        ],
    )
    def test_a_plugin_that_offers_nothing_is_a_line_with_the_reason(self, install, code, says):
        install("axon-bare", {"bare": "bare_of_a_test", "second": "bare_of_a_test"}, "bare_of_a_test", code)
        registry = Registry()
        for name in ("bare", "second"):
            assert re.search(says, problem_of(registry, name))
        with pytest.raises(PluginError, match=r"'bare' is installed \(axon-bare 1.0\) but cannot be used: " + says):
            Registry().adapter("bare")

    @pytest.mark.parametrize(
        "code",
        [
            providing("Middleware", "quiet"),
            providing("Middleware", "quiet").replace("Middleware", "Embedder").replace("middleware", "embedders"),
            "from axon.spi import hookimpl\n@hookimpl\ndef axon_check_config(config): return []",
        ],
    )
    def test_a_plugin_may_offer_what_is_no_adapter(self, install, code):
        install("axon-quiet", {"quiet": "quiet_of_a_test"}, "quiet_of_a_test", code)
        assert problem_of(Registry(), "quiet") is None

    def test_what_a_plugin_prints_goes_to_stderr(self, install, capsys):
        code = "print('import')" + providing("Adapter", "loud").replace("return", "print('hook')\n    return")
        install("axon-loud", {"loud": "loud_of_a_test"}, "loud_of_a_test", code)
        assert Registry().adapters()["loud"]
        assert capsys.readouterr() == ("", "import\nhook\n")

    @pytest.mark.parametrize("value", ["!!", ":", "a module"])
    def test_an_entry_point_that_names_no_module(self, install, value):
        install("axon-broken", {"broken": value})
        assert problem_of(Registry(), "broken") == (
            f"its entry point is {value!r}, which is no module, such as axon_name.plugin"
        )

    @pytest.mark.parametrize("content", [None, b"", b"Metadata-Version: 2.1\n", b"\xff\xfe"])
    def test_broken_metadata_is_told_in_words(self, install, tmp_path, content):
        install("axon-broken", {"broken": "no_such_module"})
        metadata = tmp_path / "axon_broken-1.0.dist-info" / "METADATA"
        metadata.unlink()
        if content is not None:
            metadata.write_bytes(content)
        (plugin,) = [plugin for plugin in Registry().plugins() if plugin.name == "broken"]
        assert plugin.distribution == f"a distribution whose metadata tells no name, in {tmp_path} (no version)"
        assert "No module named 'no_such_module'" in plugin.problem

    def test_two_tiers_with_problems_report_both(self, install):
        install("axon-broken", {"broken": "broken_of_a_test"}, "broken_of_a_test", "raise RuntimeError('no driver')")
        config = MemoryConfig(
            ephemeral=EphemeralPolicy(adapter_type="broken"), session=SessionPolicy(adapter_type="memroy")
        )
        with pytest.raises(Exception, match="no driver") as caught:
            MemorySystem(config, registry=Registry())
        assert "did you mean 'memory'?" in str(caught.value)


class TestTakenNames:
    def test_two_distributions_with_one_entry_point_are_both_named(self, install_adapter):
        install_adapter("mongo", distribution="axon-mongo")
        install_adapter("mongo", distribution="better-mongo", module="better_of_a_test")
        with pytest.raises(PluginError, match=r"axon-mongo 1.0 and better-mongo 1.0: uninstall one of them"):
            Registry().adapter("mongo")
        assert "axon-mongo" in problem_of(Registry(), "mongo")
        assert Registry().adapter("memory")

    @pytest.mark.parametrize("first", ["mongo", "other", "all"])
    def test_the_name_of_an_entry_point_belongs_to_it_in_whatever_order_they_are_loaded(
        self, install, install_adapter, first
    ):
        install_adapter("mongo")
        install("axon-other", {"other": "other_of_a_test"}, "other_of_a_test", providing("Adapter", "mongo"))
        registry = Registry()
        if first == "all":
            registry.adapters()
        elif first == "other":
            with pytest.raises(PluginError):
                registry.adapter("other")
        assert registry.adapter("mongo").target == "mongo_store_of_a_test:Store"
        problem = problem_of(registry, "other")
        assert "axon-mongo 1.0" in problem
        assert "axon-other 1.0" in problem
        assert problem_of(registry, "mongo") is None
        assert registry.adapter("mongo") is registry.adapters()["mongo"]
        with pytest.raises(
            PluginError, match=r"provides the adapter 'mongo', and that name belongs to axon-mongo 1\.0"
        ):
            registry.adapter("other")

    def test_so_it_does_while_its_plugin_is_broken(self, install):
        install("axon-mongo", {"mongo": "broken_of_a_test"}, "broken_of_a_test", "raise RuntimeError")
        install("axon-other", {"other": "other_of_a_test"}, "other_of_a_test", providing("Adapter", "mongo"))
        registry = Registry()
        assert "mongo" not in registry.adapters()
        with pytest.raises(PluginError, match="importing broken_of_a_test failed"):
            registry.adapter("mongo")

    def test_a_distribution_may_describe_all_that_it_has_in_one_plugin(self, install):
        code = providing("Adapter", "small") + "\n@hookimpl\ndef axon_embedders():\n    return []"
        install("axon-both", {"small": "empty_of_a_test", "big": "both_of_a_test"}, "both_of_a_test", code)
        install("axon-empty", {}, "empty_of_a_test", "")
        assert problem_of(Registry(), "big") is None
        assert "small" in Registry().adapters()

    @pytest.mark.parametrize("loaded_before", [True, False])
    def test_what_the_core_has_belongs_to_it(self, install, loaded_before):
        install("evil", {"evil": "evil_of_a_test"}, "evil_of_a_test", providing("Middleware", "logging"))
        registry = Registry()
        if loaded_before:
            registry.plugins()
        assert registry.middleware("logging").target == "axon.middleware.logging:LoggingMiddleware"
        assert "that name belongs to axon-core" in problem_of(registry, "evil")

    @pytest.mark.parametrize("asked", ["a", "adapters", "third"])
    def test_two_plugins_with_one_other_name_are_both_named(self, install, asked):
        for name in ("a", "b"):
            code = providing("Adapter", "third")
            install(f"axon-{name}", {name: f"{name}_of_a_test"}, f"{name}_of_a_test", code)
        registry = Registry()
        if asked == "adapters":
            registry.adapters()
        elif asked == "a":
            with pytest.raises(PluginError):
                registry.adapter("a")
        assert "third" not in registry.adapters()
        with pytest.raises(PluginError, match="adapter 'third' is provided twice") as caught:
            registry.adapter("third")
        for sentence in (str(caught.value), problem_of(registry, "a"), problem_of(registry, "b")):
            assert "axon-a 1.0" in sentence
            assert "axon-b 1.0" in sentence
        assert registry.adapter("memory")

    def test_a_plugin_is_asked_once(self, install):
        code = """
            from axon.spi import AdapterSpec, hookimpl
            asked = []
            @hookimpl
            def axon_adapters():
                asked.append(1)
                if len(asked) > 1:
                    raise RuntimeError("once is enough")
                return [AdapterSpec(name="once", target="once_of_a_test:S", capabilities=["ttl"])]
        """
        install("axon-once", {"once": "once_of_a_test"}, "once_of_a_test", code)
        registry = Registry()
        for _ in range(2):
            spec = registry.adapter("once")
            assert {"memory", "once"} <= set(registry.adapters())
            assert registry.provider(spec) == "axon-once 1.0"
            assert problem_of(registry, "once") is None

    def test_an_adapter_called_like_ours_does_not_take_its_place(self, install_adapter):
        install_adapter("memory", distribution="evil")
        with pytest.raises(PluginError, match=r"axon-inmemory .* and evil 1.0"):
            Registry().adapter("memory")


class TestBlocked:
    def test_by_argument(self, install_adapter):
        module = install_adapter("mongo")
        registry = Registry(blocked=["mongo"])
        assert "mongo" not in registry.names()
        assert "mongo" not in registry.adapters()
        with pytest.raises(AdapterNotFound, match=f"the adapter 'mongo' is blocked: take it out of {BLOCKED_VARIABLE}"):
            registry.adapter("mongo")
        assert module not in sys.modules

    def test_by_variable(self, install_adapter, monkeypatch):
        module = install_adapter("mongo")
        monkeypatch.setenv(BLOCKED_VARIABLE, "cassandra, mongo")
        assert "mongo" not in Registry().adapters()
        assert module not in sys.modules

    def test_blocking_one_of_two_settles_a_clash(self, install, install_adapter):
        install_adapter("mongo")
        code = """
            from axon.spi import AdapterSpec, hookimpl
            @hookimpl
            def axon_adapters():
                return [AdapterSpec(name="mongo", target="other_of_a_test:S", capabilities=["ttl"])]
        """
        install("axon-other", {"other": "other_of_a_test"}, "other_of_a_test", code)
        assert Registry(blocked=["other"]).adapters()["mongo"].target == "mongo_store_of_a_test:Store"
