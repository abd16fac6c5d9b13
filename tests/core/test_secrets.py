"""A secret is never shown: not in a repr, an error, a traceback, a log record or a masked table."""

from __future__ import annotations

import json
import logging
import pickle
import sys
import traceback
from types import ModuleType

import pytest
from attrs import field, frozen
from hypothesis import assume, given
from hypothesis import strategies as st

from axon import AxonError, MemoryConfig, MemorySystem, SessionPolicy
from axon.core.registry import Registry
from axon.core.secrets import masked
from axon.spi import Adapter, AdapterSpec, Page, hookimpl

CANARY = "c4n4ry-Tr0ub4dor"

PLACES = {
    "password": {"password": CANARY},
    "upper case": {"PASSWORD": CANARY},
    "token": {"api_token": CANARY},
    "api key": {"apiKey": CANARY},
    "aws key": {"aws_secret_access_key": CANARY},
    "pwd": {"pwd": CANARY},
    "dsn": {"dsn": f"postgres://{CANARY}"},
    "url": {"url": f"redis://user:{CANARY}@host:6379/0"},
    "url without user": {"url": f"redis://:{CANARY}@host"},
    "user of a url": {"url": f"https://{CANARY}@host/path"},
    "url with a slash": {"url": f"redis://user:{CANARY}/x@host"},
    "url with an at sign": {"url": f"redis://user:x@{CANARY}@host"},
    "url argument": {"url": f"redis://host/0?db=1&password={CANARY}&x=1"},
    "several urls": {"hosts": [f"redis://:{CANARY}@one", f"redis://:{CANARY}@two"]},
    "urls in one text": {"hosts": f"redis://:{CANARY}@one,redis://:{CANARY}@two"},
    "tuple": {"hosts": (f"redis://:{CANARY}@one",)},
    "bytes": {"url": f"redis://:{CANARY}@one".encode()},
    "nested": {"sentinel": {"options": {"password": CANARY}}},
    "table under a secret name": {"auth": {"value": CANARY, "kind": "basic"}},
    "list under a secret name": {"tokens": [CANARY, [CANARY]]},
    "tables in a list under a secret name": {"credentials": [{"user": "u", "value": CANARY}]},
    "tables in a list": {"nodes": [{"host": "h", "password": CANARY}]},
    "default": {"password": {"env": "NOT_SET", "default": CANARY}},
    "default under any name": {"host": {"env": "NOT_SET", "default": CANARY}},
    "default that is a table": {"host": {"env": "NOT_SET", "default": {"x": [CANARY]}}},
    "reference of the wrong kind": {"password": {"env": [CANARY]}},
    "header": {"headers": {"Authorization": f"Bearer {CANARY}"}},
    **{
        name: {name: CANARY}
        for name in (
            "pw",
            "db_pw",
            "redisPw",
            "key",
            "encryption_key",
            "signingKey",
            "signing-key",
            "keys",
            "jwt",
            "bearer",
            "session_cookie",
            "connection_string",
            "connectionString",
            "conn_str",
            "refresh_tokens",
            "authorisation",
        )
    },
    "address without a scheme": {"address": f"user:{CANARY}@host:6379"},
    "address without a scheme and user": {"address": f":{CANARY}@host"},
    "address with a slash and an at sign": {"address": f"user:a/b@{CANARY}@host"},
    "addresses in one text": {"hosts": f"one:6379,user:{CANARY}@two; user:{CANARY}@three"},
    "url argument in other words": {"url": f"redis://host/0?dbPw={CANARY}"},
}


def shown_by(error):
    """All that a program could print of an error, with what lies behind it."""
    pieces = [str(error), repr(error), repr(error.args), *getattr(error, "__notes__", ())]
    pieces += traceback.format_exception(error)
    return "\n".join([*pieces, *map(str, getattr(error, "problems", ()))])


@pytest.mark.parametrize("settings", PLACES.values(), ids=PLACES.keys())
class TestPlaces:
    def test_masked(self, settings):
        assert CANARY not in repr(masked(settings))
        assert CANARY not in repr(masked([settings]))
        assert CANARY not in repr(masked({"adapters": {"redis": settings}}))

    def test_repr_of_a_config(self, settings):
        config = MemoryConfig(session=SessionPolicy(), adapters={"memory": settings})
        assert CANARY not in repr(config)
        assert CANARY not in str(config)
        assert CANARY not in repr(pickle.loads(pickle.dumps(config)))

    def test_repr_of_middleware(self, settings):
        config = MemoryConfig(session=SessionPolicy(), middleware=[{"name": "audit", **settings}])
        assert CANARY not in repr(config)

    def test_errors_while_the_file_is_read(self, settings, tmp_path):
        path = tmp_path / "axon.json"
        path.write_text(json.dumps({"sesion": {}, "adapters": {"memory": settings}}, default=str))
        with pytest.raises(AxonError) as caught:
            MemoryConfig.from_file(path, env={})
        assert CANARY not in shown_by(caught.value)

    def test_errors_while_an_adapter_is_built(self, settings, caplog):
        caplog.set_level(logging.DEBUG)
        config = MemoryConfig(session=SessionPolicy(), adapters={"memory": settings})
        with pytest.raises(AxonError) as caught:
            MemorySystem(config)  # it knows none of these keys
        assert CANARY not in shown_by(caught.value)
        assert CANARY not in caplog.text

    def test_advice(self, settings):
        config = MemoryConfig(session=SessionPolicy(), adapters={"memory": settings})
        assert CANARY not in "\n".join(Registry(entry_points=[]).advice(config))


@frozen(kw_only=True)
class Options:
    password: str | None = field(default=None, repr=False)
    port: int = 1
    tls: bool = False
    ratio: float = 1.0
    host: str = "localhost"


class Silent(Adapter):
    def __init__(self, *, password, port, tls, ratio, host):
        self.given = password

    async def save(self, entry):
        """Keep nothing."""

    async def get(self, entry_id):
        return None

    async def delete(self, entry_id):
        return False

    async def query(self, query):
        return []

    async def scan(self, cursor=None, *, limit=100):
        return Page(entries=[], cursor=None)


@pytest.fixture
def registry(monkeypatch):
    module = ModuleType("silent_store")
    module.Silent, module.Options = Silent, Options
    monkeypatch.setitem(sys.modules, "silent_store", module)

    class Plugin:
        @hookimpl
        def axon_adapters(self):
            return [
                AdapterSpec(
                    name="silent", target="silent_store:Silent", options="silent_store:Options", capabilities=["ttl"]
                )
            ]

    made = Registry(entry_points=[])
    made.register(Plugin(), "silent")
    return made


def silent(settings):
    return MemoryConfig(session=SessionPolicy(adapter_type="silent"), adapters={"silent": settings})


class TestReferences:
    def test_a_secret_reaches_the_adapter_and_nothing_else(self, registry, monkeypatch):
        monkeypatch.setenv("STORE_PASSWORD", CANARY)
        config = silent({"password": {"env": "STORE_PASSWORD"}})
        memory = MemorySystem(config, registry=registry)
        adapter = memory.tier("session")
        assert adapter.given == CANARY
        assert type(adapter.given) is str
        assert "STORE_PASSWORD" in repr(config)
        for shown in (config, memory, memory.config, adapter):
            assert CANARY not in repr(shown)

    def test_a_variable_of_ours_too(self, registry, monkeypatch):
        monkeypatch.setenv("AXON_ADAPTERS__SILENT__PASSWORD", CANARY)
        monkeypatch.setenv("AXON_SESSION__ADAPTER_TYPE", "silent")
        config = MemoryConfig.from_env()
        assert CANARY not in repr(config)
        assert MemorySystem(config, registry=registry).tier("session").given == CANARY

    @pytest.mark.parametrize("key", ["port", "tls", "ratio"])
    def test_a_variable_that_does_not_fit_is_not_quoted(self, registry, monkeypatch, key):
        monkeypatch.setenv("STORE_SETTING", CANARY)
        with pytest.raises(AxonError, match="the value of STORE_SETTING") as caught:
            MemorySystem(silent({key: {"env": "STORE_SETTING"}}), registry=registry)
        assert CANARY not in shown_by(caught.value)

    @pytest.mark.parametrize("key", ["port", "tls", "ratio"])
    def test_a_default_that_does_not_fit_is_not_quoted(self, registry, key):
        with pytest.raises(AxonError, match=rf"@ adapters\.silent\.{key}") as caught:
            MemorySystem(silent({key: {"env": "NOT_SET", "default": CANARY}}), registry=registry)
        assert CANARY not in shown_by(caught.value)

    @pytest.mark.parametrize("value", [[CANARY], {"a": CANARY}, [[{"b": CANARY}]]])
    def test_a_secret_of_the_wrong_type_is_not_quoted(self, registry, value):
        with pytest.raises(
            AxonError, match=r"expected text, got a (list|table) @ adapters\.silent\.password"
        ) as caught:
            MemorySystem(silent({"password": value}), registry=registry)
        assert CANARY not in shown_by(caught.value)

    def test_a_number_for_a_password_is_not_quoted(self, registry):
        number = 12345 * 54321
        with pytest.raises(AxonError, match="expected text, got a whole number") as caught:
            MemorySystem(silent({"password": number}), registry=registry)
        assert str(number) not in shown_by(caught.value)

    def test_a_missing_variable_is_named(self, registry):
        with pytest.raises(AxonError, match=r"environment variable NOT_SET is not set @ adapters\.silent\.password"):
            MemorySystem(silent({"password": {"env": "NOT_SET"}}), registry=registry)


@pytest.mark.parametrize(
    "data",
    [
        {"session": f"redis://:{CANARY}@host"},
        {"session": [f"redis://:{CANARY}@host"]},
        {"session": {"ttl_seconds": CANARY}},
        {"session": {"max_entries": CANARY}},
        {"session": {"refresh_on_read": CANARY}},
        {"session": {"url": f"redis://:{CANARY}@host"}},
        {"session": {"password": CANARY}},
        {"session": {}, "namespace": [CANARY]},
        {"session": {}, "adapters": f"redis://:{CANARY}@host"},
        {"session": {}, "adapters": {"redis": f"redis://:{CANARY}@host"}},
        {"session": {}, "middleware": {"password": CANARY}},
        {"session": {}, "middleware": [{"password": CANARY}]},
        {"session": {"ttl_seconds": {"env": "NOT_SET", "default": CANARY}}},
    ],
)
def test_a_secret_in_the_wrong_place_is_not_quoted(data):
    with pytest.raises(AxonError) as caught:
        MemoryConfig.from_mapping(data)
    assert CANARY not in shown_by(caught.value)


def test_a_file_that_is_not_valid_is_not_quoted(tmp_path):
    for name, text in [("a.toml", f"[adapters.redis]\npassword = {CANARY}"), ("a.json", f'{{"password": {CANARY}}}')]:
        path = tmp_path / name
        path.write_text(text)
        with pytest.raises(AxonError) as caught:
            MemoryConfig.from_file(path, env={})
        assert CANARY not in shown_by(caught.value)


class TestWhatMayBeSeen:
    def test_plain_settings_stay(self):
        settings = {
            "host": "h",
            "port": 6379,
            "tls": True,
            "url": "redis://host:6379/0",
            "timeout": None,
            "nodes": [1, {"a": "b"}],
        }
        assert masked(settings) == settings

    @pytest.mark.parametrize(
        "key",
        [
            "tokenizer", "tokeniser", "author", "authors", "max_tokens", "maxTokens", "token_limit", "token_count",
            "tokens_per_minute", "key_prefix", "namespace", "keyspace", "monkey", "spawn", "primary",
        ],
    )  # fmt: skip
    def test_what_only_looks_like_a_secret_stays(self, key):
        assert masked({key: "seen"}) == {key: "seen"}
        assert masked(f"redis://host?{key}=seen") == f"redis://host?{key}=seen"

    @pytest.mark.parametrize(
        "value",
        ["host:6379", "ada@example.com", "http://host:80/path", "12:30 @home", "C:/data", "a,b:c", "@", "name: x @"],
    )
    def test_what_is_no_address_with_a_password_stays(self, value):
        assert masked(value) == value

    def test_the_rest_of_an_address_stays(self):
        assert masked("user:pw@host:6379,host2:1") == "***@host:6379,host2:1"

    def test_the_rest_of_a_url_stays(self):
        assert masked("redis://user:pw@host:6379/0") == "redis://***@host:6379/0"

    def test_a_reference_names_its_variable(self):
        assert masked({"password": {"env": "REDIS_PASSWORD"}}) == {"password": {"env": "REDIS_PASSWORD"}}

    def test_a_missing_secret_is_seen_to_be_missing(self):
        assert masked({"password": None}) == {"password": None}

    def test_nothing_is_changed_in_place(self):
        settings = {"password": CANARY, "nodes": [{"token": CANARY}]}
        masked(settings)
        assert settings == {"password": CANARY, "nodes": [{"token": CANARY}]}


@given(
    st.recursive(
        st.just(CANARY) | st.integers() | st.none(),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    ),
    st.sampled_from(["password", "Token", "secret_key", "auth", "redis_pass"]),
)
def test_whatever_lies_under_a_secret_name_is_masked(value, key):
    assert CANARY not in repr(masked({key: value}))


@given(st.text("abc:@/?#%&=. ", max_size=10), st.text("abc:@/%&=.", max_size=10))
def test_whatever_stands_before_the_last_at_sign_of_a_url_is_masked(before, after):
    assume(" " not in before)
    assert CANARY not in masked(f"redis://{before}{CANARY}@host/{after}")


def test_advice_on_what_lies_in_the_open_names_its_place_wherever_it_is():
    config = MemoryConfig(
        session=SessionPolicy(),
        adapters={"silent": {"password": CANARY, "tls": {"encryption_key": CANARY}, "port": 5}},
        embedders={"cloud": {"api_key": CANARY, "model": "m"}},
        middleware=[
            "metrics",
            {"name": "audit", "url": f"https://user:{CANARY}@host", "token": {"env": "AUDIT_TOKEN"}},
        ],
    )
    advice = [line for line in Registry(entry_points=[]).advice(config) if "in the open" in line]
    assert [line.partition(" ")[0] for line in advice] == [
        "adapters.silent.password",
        "adapters.silent.tls.encryption_key",
        "embedders.cloud.api_key",
        "middleware[1].url",
    ]
