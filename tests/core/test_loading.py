"""Configurations from TOML, JSON and the environment: strict, and all problems at once."""

from __future__ import annotations

import json

import pytest

from axon import AxonError, EphemeralPolicy, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import ConfigError

FULL = """
namespace = "app"
middleware = ["metrics", { name = "logging", level = "info" }]

[ephemeral]
adapter_type = "memory"
ttl_seconds = 30

[session]
ttl_seconds = 600.5
max_entries = 10
eviction = "lru"
refresh_on_read = true

[adapters.memory]
language = "german"
"""


@pytest.fixture
def load(tmp_path):
    def load(text, env=None, name="axon.toml", **overrides):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return MemoryConfig.from_file(path, env=env or {}, **overrides)

    return load


def problems(call):
    with pytest.raises(ConfigError) as caught:
        call()
    assert str(caught.value) == "\n".join(caught.value.problems)
    return sorted(caught.value.problems)


EXPECTED = MemoryConfig(
    namespace="app",
    middleware=["metrics", {"name": "logging", "level": "info"}],
    ephemeral=EphemeralPolicy(ttl_seconds=30),
    session=SessionPolicy(ttl_seconds=600.5, max_entries=10, eviction="lru", refresh_on_read=True),
    adapters={"memory": {"language": "german"}},
)


class TestFiles:
    def test_toml(self, load):
        assert load(FULL) == EXPECTED

    def test_json(self, load):
        data = {
            "namespace": "app",
            "middleware": ["metrics", {"name": "logging", "level": "info"}],
            "ephemeral": {"adapter_type": "memory", "ttl_seconds": 30},
            "session": {"ttl_seconds": 600.5, "max_entries": 10, "eviction": "lru", "refresh_on_read": True},
            "adapters": {"memory": {"language": "german"}},
        }
        assert load(json.dumps(data), name="axon.json") == EXPECTED
        assert load(json.dumps(data), name="AXON.JSON") == EXPECTED
        assert MemoryConfig.from_mapping(data) == EXPECTED

    def test_a_path_may_be_text(self, tmp_path):
        path = tmp_path / "a.toml"
        path.write_text("[session]\n")
        assert MemoryConfig.from_file(str(path), env={}) == MemoryConfig(session=SessionPolicy())

    def test_an_empty_table_is_a_tier_with_defaults(self, load):
        assert load("[session]") == MemoryConfig(session=SessionPolicy())

    def test_missing(self, tmp_path):
        (problem,) = problems(lambda: MemoryConfig.from_file(tmp_path / "none.toml", env={}))
        assert problem == f"cannot read {tmp_path / 'none.toml'}: No such file or directory"

    def test_a_folder(self, tmp_path):
        (problem,) = problems(lambda: MemoryConfig.from_file(tmp_path, env={}))
        assert problem.startswith(f"cannot read {tmp_path}: ")

    @pytest.mark.parametrize(
        ("name", "content", "says"),
        [
            ("a.toml", b"[session\n", "is not valid TOML: "),
            ("a.toml", b"a = 1\na = 2\n", "is not valid TOML: "),
            ("a.toml", b"\xff\xfe", "is not valid TOML: "),
            ("a.toml", b"a = " + b"[" * 100_000, "is nested too deeply"),
            ("a.json", b"{", "is not valid JSON: "),
            ("a.json", b"", "is not valid JSON: "),
            ("a.JSON", b"[session]", "is not valid JSON: "),
            ("a.json", b"\xff", "is not valid JSON: "),
            ("a.json", b"[" * 100_000, "is nested too deeply"),
            ("a.json", b'{"session": {"ttl_seconds": ' + b"9" * 5000 + b"}}", "is not valid JSON: "),
            ("a.json", b"[]", "must hold a table, got list"),
            ("a.json", b"5", "must hold a table, got int"),
            ("a.json", b"null", "must hold a table, got NoneType"),
        ],
        ids=lambda value: value[:12] if isinstance(value, bytes) else None,
    )
    def test_unreadable(self, tmp_path, name, content, says):
        path = tmp_path / name
        path.write_bytes(content)
        (problem,) = problems(lambda: MemoryConfig.from_file(path, env={}))
        assert problem.startswith(str(path))
        assert says in problem


class TestProblems:
    def test_all_of_a_file_at_once_with_their_paths(self, load):
        text = """
namespace = 5
sesion = {}

[ephemeral]
ttl_seconds = 1

[session]
ttl_secs = 60
ttl_seconds = "60"
max_entries = 0
eviction = "newest"
refresh_on_read = 1

[persistent]
adapter_type = { env = "NOT_SET" }
"""
        assert problems(lambda: load(text)) == sorted(
            [
                "environment variable NOT_SET is not set @ axon.toml.persistent.adapter_type",
                "expected text, got a whole number @ axon.toml.namespace",
                "unknown key 'sesion' (did you mean 'session'?) @ axon.toml",
                "ttl_seconds of ephemeral memory must be from 5 to 3600 seconds, got 1 @ axon.toml.ephemeral.ttl_seconds",  # noqa: E501
                "unknown key 'ttl_secs' (did you mean 'ttl_seconds'?) @ axon.toml.session",
                "expected a number, got text @ axon.toml.session.ttl_seconds",
                "max_entries must be at least 1, got 0 @ axon.toml.session.max_entries",
                "expected one of oldest, lru, importance, ttl, got 'newest' @ axon.toml.session.eviction",
                "expected true or false, got a whole number @ axon.toml.session.refresh_on_read",
            ]
        )

    def test_a_key_close_to_none_lists_what_there_is(self, load):
        (problem,) = problems(lambda: load("[session]\nzzz = 1"))
        assert problem.startswith("unknown key 'zzz' (known: ")
        assert problem.endswith(" @ axon.toml.session")
        for known in ("adapter_type", "ttl_seconds", "max_entries", "eviction", "refresh_on_read"):
            assert known in problem

    @pytest.mark.parametrize(
        ("line", "says"),
        [
            ('ttl_seconds = "600"', "expected a number, got text"),
            ("ttl_seconds = true", "expected a number, got true"),
            ("ttl_seconds = nan", "ttl_seconds of session memory must be at least 60 seconds, got nan"),
            ("ttl_seconds = inf", "1000 years"),
            ("ttl_seconds = 2026-01-01", "expected a number, got date"),
            ("ttl_seconds = [600]", "expected a number, got a list"),
            ("ttl_seconds = { a = 1 }", "expected a number, got a table"),
            ("max_entries = 5.0", "expected a whole number, got a number"),
            ("max_entries = false", "expected a whole number, got false"),
            ('max_entries = "5"', "expected a whole number, got text"),
            ('refresh_on_read = "true"', "expected true or false, got text"),
            ("refresh_on_read = 0", "expected true or false, got a whole number"),
            ("adapter_type = 5", "expected text, got a whole number"),
            ('adapter_type = ""', "adapter_type must name an adapter, got ''"),
        ],
    )
    def test_nothing_is_coerced(self, load, line, says):
        (problem,) = problems(lambda: load(f"[session]\n{line}"))
        assert says in problem
        assert problem.endswith(f"@ axon.toml.session.{line.split()[0]}")

    @pytest.mark.parametrize("value", ["5", '"memory"', "[]", "true"])
    def test_a_tier_is_a_table(self, load, value):
        (problem,) = problems(lambda: load(f"session = {value}"))
        assert problem.startswith("expected a table, got ")
        assert problem.endswith(" @ axon.toml.session")

    def test_no_tier(self, load):
        assert problems(lambda: load("")) == [
            "no tier is configured: give at least one of ephemeral, session, persistent @ axon.toml"
        ]

    @pytest.mark.parametrize(
        "line", ["adapters = 5", "adapters.memory = 5", "embedders = 5", "middleware = 5", "middleware = [5]"]
    )
    def test_tables_of_settings(self, load, line):
        (problem,) = problems(lambda: load(f"{line}\n[session]"))
        assert problem.endswith(f" @ axon.toml.{line.split('.')[0].split()[0]}")

    def test_tables_of_settings_hide_no_other_problem(self, load):
        text = 'middleware = ["logging", 5, "metrics", {}]\nnamespace = 5\nadapters = 5\n[session]\nmax_entires = 3'
        found = {problem.rpartition(" @ ")[2]: problem for problem in problems(lambda: load(text))}
        assert set(found) == {f"axon.toml{key}" for key in (".middleware", ".namespace", ".adapters", ".session")}
        assert "middleware[1] and middleware[3]" in found["axon.toml.middleware"]

    @pytest.mark.parametrize("data", [5, None, "session", [("session", {})]])
    def test_a_mapping_is_one(self, data):
        (problem,) = problems(lambda: MemoryConfig.from_mapping(data, at="settings"))
        assert problem == f"settings must be a table, got {type(data).__name__}"

    def test_settings_of_adapters_are_checked_when_it_is_built_and_all_at_once(self, load):
        config = load("[session]\n[adapters.memory]\nlangauge = 'german'\ntext_index = 1\nlanguage = {env = 'NOT_SET'}")
        found = problems(lambda: MemorySystem(config))
        assert len(found) == 3
        assert "unknown key 'langauge' (did you mean 'language'?) @ adapters.memory" in found
        assert "expected true or false, got a whole number @ adapters.memory.text_index" in found
        assert "environment variable NOT_SET is not set @ adapters.memory.language" in found

    def test_what_the_adapter_itself_refuses(self, load):
        config = load("[session]\n[adapters.memory]\nlanguage = 'klingon'")
        (problem,) = problems(lambda: MemorySystem(config))
        assert problem.startswith("language must be one of none, ")
        assert problem.endswith(" @ adapters.memory")

    def test_all_tiers_at_once(self, load):
        config = load("[ephemeral]\nadapter_type = 'redsi'\n[session]\nadapter_type = 'memroy'")
        first, second = sorted(problems(lambda: MemorySystem(config)))
        assert first.startswith("ephemeral.adapter_type: ")
        assert "'redsi'; did you mean 'redis'?" in first
        assert "pip install" not in first  # it is installed; where it is not: tests/plugins
        assert second.startswith("session.adapter_type: ")
        assert "'memroy'; did you mean 'memory'?" in second


class TestEnvironment:
    def test_it_wins_over_the_file(self, load):
        env = {
            "AXON_NAMESPACE": "other",
            "AXON_SESSION__TTL_SECONDS": "120",
            "AXON_SESSION__MAX_ENTRIES": "7",
            "AXON_SESSION__REFRESH_ON_READ": "no",
            "AXON_MIDDLEWARE": "metrics, logging,",
            "AXON_PERSISTENT__ADAPTER_TYPE": "memory",
        }
        config = load(FULL, env)
        assert config.namespace == "other"
        assert config.session == SessionPolicy(ttl_seconds=120, max_entries=7, eviction="lru")
        assert config.middleware == ({"name": "metrics"}, {"name": "logging"})
        assert config.persistent is not None
        assert config.ephemeral == EXPECTED.ephemeral

    def test_keyword_arguments_win_over_both(self, load):
        env = {"AXON_SESSION__TTL_SECONDS": "120", "AXON_SESSION__MAX_ENTRIES": "7"}
        config = load(FULL, env, session={"ttl_seconds": 240}, namespace="mine")
        assert config.session == SessionPolicy(ttl_seconds=240, max_entries=7, eviction="lru", refresh_on_read=True)
        assert config.namespace == "mine"

    def test_a_whole_policy_as_keyword_argument(self, load):
        assert load(FULL, session=SessionPolicy(ttl_seconds=90)).session == SessionPolicy(ttl_seconds=90)

    def test_of_the_process_if_none_is_given(self, tmp_path, monkeypatch):
        monkeypatch.setenv("AXON_SESSION__TTL_SECONDS", "77")
        path = tmp_path / "axon.toml"
        path.write_text("[session]")
        assert MemoryConfig.from_file(path).session == SessionPolicy(ttl_seconds=77)
        assert MemoryConfig.from_env() == MemoryConfig(session=SessionPolicy(ttl_seconds=77))

    def test_a_mapping_is_read_without_the_environment_of_the_process(self, monkeypatch):
        monkeypatch.setenv("AXON_SESSION__TTL_SECONDS", "77")
        assert MemoryConfig.from_mapping({"session": {}}) == MemoryConfig(session=SessionPolicy())

    @pytest.mark.parametrize(
        ("text", "value"), [("1", True), ("TRUE", True), ("on", True), ("0", False), ("Off", False)]
    )
    def test_booleans(self, text, value):
        config = MemoryConfig.from_env({"AXON_SESSION__REFRESH_ON_READ": text})
        assert config.session.refresh_on_read is value

    @pytest.mark.parametrize(
        ("variable", "value"),
        [
            ("AXON_SESSION__TTL_SECONDS", "soon"),
            ("AXON_SESSION__TTL_SECONDS", ""),
            ("AXON_SESSION__TTL_SECONDS", "nan"),
            ("AXON_SESSION__MAX_ENTRIES", "1.5"),
            ("AXON_SESSION__MAX_ENTRIES", "--5"),
            ("AXON_SESSION__MAX_ENTRIES", "-5"),
            ("AXON_SESSION__MAX_ENTRIES", "²"),
            ("AXON_SESSION__REFRESH_ON_READ", "maybe"),
            ("AXON_SESSION__EVICTION", "newest"),
        ],
    )
    def test_what_does_not_fit_names_its_variable(self, load, variable, value):
        for call in (lambda: MemoryConfig.from_env({variable: value}), lambda: load(FULL, {variable: value})):
            (problem,) = problems(call)
            assert problem.endswith(f" @ {variable}")

    def test_what_a_program_says_is_not_blamed_on_a_variable(self, load):
        (problem,) = problems(lambda: load(FULL, {"AXON_SESSION__TTL_SECONDS": "60"}, session={"ttl_seconds": 1}))
        assert problem.endswith("got 1 @ axon.toml.session.ttl_seconds")

    @pytest.mark.parametrize(
        ("variable", "says"),
        [
            ("AXON_SESION__TTL_SECONDS", "a configuration has no 'sesion'; did you mean 'session'? known: namespace, "),
            ("AXON_SESSION__TTL_SECS", "unknown key 'ttl_secs' (did you mean 'ttl_seconds'?)"),
            ("AXON_SESSION__TTL_SECONDS__X", "session.ttl_seconds is one value and has no keys"),
            ("AXON_SESSION", "session is a table: set one of its keys, as AXON_SESSION__ADAPTER_TYPE"),
            ("AXON_SESSION__", "a key is empty"),
            ("AXON_ADAPTERS", "adapters is a table: set one of its settings, as AXON_ADAPTERS__<NAME>__<SETTING>"),
            ("AXON_ADAPTERS__MEMORY", "adapters.memory is a table: set one of its settings, as AXON_ADAPTERS__MEMORY_"),
            ("AXON_EMBEDDERS__ONNX", "embedders.onnx is a table"),
            ("AXON_NAMESPACE__FOO", "namespace is one value and has no keys: set AXON_NAMESPACE"),
            ("AXON_EMBEDDER__NAME", "embedder is one value and has no keys: set AXON_EMBEDDER"),
        ],
    )
    def test_a_variable_that_stands_for_nothing_is_named(self, load, variable, says):
        (problem,) = problems(lambda: load(FULL, {variable: "5"}))
        assert problem.startswith(says)
        assert problem.endswith(f" @ {variable}")

    def test_problems_of_variables_come_with_those_of_the_file(self, load):
        env = {"AXON_SESION__TTL": "5", "AXON_ADAPTERS": "x", "AXON_SESSION__TTL_SECONDS": "1"}
        found = problems(lambda: load("[session]\nmax_entries = 0", env))
        assert [problem.rpartition(" @ ")[2] for problem in found] == [
            "AXON_SESION__TTL",
            "AXON_ADAPTERS",
            "axon.toml.session.max_entries",
            "AXON_SESSION__TTL_SECONDS",
        ]

    def test_unknown_keys_have_the_closest(self):
        (problem,) = problems(lambda: MemoryConfig.from_env({"AXON_SESSION__TTL_SECOND": "60"}))
        assert "unknown key 'ttl_second' (did you mean 'ttl_seconds'?)" in problem

    def test_other_variables_are_not_ours(self):
        env = {
            "AXON_BLOCKED_PLUGINS": "x",
            "AXON_HOME": "x",
            "XAXON_SESSION__TTL": "x",
            "PATH": "x",
            "AXON_SESSION__TTL_SECONDS": "60",
        }
        assert MemoryConfig.from_env(env) == MemoryConfig(session=SessionPolicy(ttl_seconds=60))

    @pytest.mark.parametrize(
        "env",
        [
            {"AXON_NAMESPACE": "a", "AXON_NAMESPACE__X": "b"},
            {"AXON_SESSION__TTL_SECONDS": "60", "AXON_SESSION__TTL_SECONDS__X": "b"},
            {"AXON_MIDDLEWARE": "logging", "AXON_MIDDLEWARE__0__NAME": "b"},
            {"AXON_ADAPTERS__MEMORY": "a", "AXON_ADAPTERS__MEMORY__LANGUAGE": "b"},
            {"AXON___X": "1"},
            {"AXON__": "1"},
            {"AXON_SESSION__": "1"},
            {"AXON_ADAPTERS__MEMORY": "a"},
            {},
        ],
    )
    def test_variables_that_make_no_sense_are_an_error_in_words(self, env):
        with pytest.raises(AxonError):
            MemoryConfig.from_env(env)

    def test_settings_of_adapters(self, monkeypatch):
        env = {"AXON_SESSION__TTL_SECONDS": "60", "AXON_ADAPTERS__MEMORY__TEXT_INDEX": "off"}
        for name, value in env.items():
            monkeypatch.setenv(name, value)
        config = MemoryConfig.from_env()
        assert config.adapters == {"memory": {"text_index": {"env": "AXON_ADAPTERS__MEMORY__TEXT_INDEX"}}}
        MemorySystem(config)  # "off" is a boolean here, since the setting is one


@pytest.mark.parametrize("tier", ["ephemeral", "session", "persistent"])
def test_a_namespace_leaves_room_for_the_name_of_a_tier(tier):
    def system(**values):
        table = {tier: {"adapter_type": "memory"}, **values}
        return MemorySystem(MemoryConfig.from_mapping(table)).tier(tier)

    assert system(namespace="x" * 1013).namespace == f"{'x' * 1013}:{tier}"
    says = "namespace has 1,014 characters; at most 1,013 are allowed"
    assert problems(lambda: system(namespace="x" * 1014)) == [f"{says} @ config.namespace"]
    in_settings = {"memory": {"namespace": "x" * 1014}}
    assert problems(lambda: system(adapters=in_settings)) == [f"{says} @ adapters.memory.namespace"]


class TestUnusedSettings:
    """Tables of adapters that no tier uses: checked as far as it can be done without one."""

    def test_of_an_adapter_that_is_installed(self, load):
        config = load(
            "[session]\nadapter_type = 'memry'\n[adapters.memory]\nlanguag = 'x'\ntext_index = {env = 'NOT_SET'}"
        )
        first, second = sorted(problems(lambda: MemorySystem(config)))
        assert first.startswith("session.adapter_type: ")
        assert second == "unknown key 'languag' (did you mean 'language'?) @ adapters.memory"

    def test_under_an_adapter_that_was_handed_in(self, load):
        config = load("[session]\n[adapters.memory]\ntext_index = 5")
        (problem,) = problems(lambda: MemorySystem(config, adapters={"session": InMemoryAdapter()}))
        assert problem == "expected true or false, got a whole number @ adapters.memory.text_index"

    def test_of_an_adapter_that_is_not_installed(self, load):
        config = load("[session]\n[adapters.memry]\nlanguage = 'german'")
        (problem,) = problems(lambda: MemorySystem(config))
        assert problem.startswith("adapters.memry: no installed plugin provides the adapter 'memry'; ")
        assert "did you mean 'memory'?" in problem


class TestReferences:
    def test_a_variable_stands_for_a_value_of_a_policy(self, load):
        config = load(
            "[session]\nttl_seconds = { env = 'TTL' }\nadapter_type = { env = 'KIND' }", {"TTL": "90", "KIND": "memory"}
        )
        assert config.session == SessionPolicy(ttl_seconds=90)
        assert type(config.session.adapter_type) is str

    def test_a_default_counts_where_the_variable_is_not_set(self, load):
        assert load("[session]\nttl_seconds = { env = 'TTL', default = 90 }").session.ttl_seconds == 90
        assert load("[session]\nttl_seconds = { env = 'TTL', default = 90 }", {"TTL": "80"}).session.ttl_seconds == 80

    def test_settings_of_adapters_are_resolved_when_one_is_built(self, load, monkeypatch):
        config = load("[session]\n[adapters.memory]\nlanguage = { env = 'LANGUAGE_OF_OURS' }")
        with pytest.raises(ConfigError, match=r"LANGUAGE_OF_OURS is not set @ adapters\.memory\.language"):
            MemorySystem(config)
        monkeypatch.setenv("LANGUAGE_OF_OURS", "german")
        MemorySystem(config)

    @pytest.mark.parametrize("tenant", ["one", "other"])
    def test_a_namespace_from_a_variable_keeps_tenants_apart(self, load, monkeypatch, tenant):
        monkeypatch.setenv("TENANT", tenant)
        config = load("[session]\n[adapters.memory]\nnamespace = { env = 'TENANT' }")
        assert MemorySystem(config).tier("session").namespace == f"{tenant}:session"

    def test_a_namespace_from_a_variable_of_ours(self, monkeypatch):
        monkeypatch.setenv("AXON_ADAPTERS__MEMORY__NAMESPACE", "tenant")
        monkeypatch.setenv("AXON_SESSION__TTL_SECONDS", "60")
        assert MemorySystem(MemoryConfig.from_env()).tier("session").namespace == "tenant:session"

    @pytest.mark.parametrize("namespace", [5, "", True, "a\0b", {"env": "NOT_SET"}, {"env": 5}, "x" * 1024])
    def test_a_namespace_of_an_adapter_is_a_name(self, namespace):
        config = MemoryConfig(session=SessionPolicy(), adapters={"memory": {"namespace": namespace}})
        with pytest.raises(AxonError):
            MemorySystem(config)

    @pytest.mark.parametrize("name", [5, ["A"], {"a": "b"}, True])
    def test_a_reference_names_a_variable(self, name):
        (problem,) = problems(lambda: MemoryConfig.from_mapping({"session": {"ttl_seconds": {"env": name}}}))
        assert problem == f"env must name a variable, got {type(name).__name__} @ config.session.ttl_seconds"
