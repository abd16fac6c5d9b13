"""An embedder in a system: where it comes from, what gets vectors and when, and what a failure leaves behind."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from types import SimpleNamespace

import pytest
from attrs import frozen

from axon import (
    Filter,
    MemoryConfig,
    MemoryEntry,
    MemorySystem,
    PersistentPolicy,
    SessionPolicy,
)
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import AdapterNotFound, ConfigError, EmbeddingFailed, PluginError, WrongType
from axon.core.registry import Registry
from axon.spi import AdapterSpec, EmbedderSpec, hookimpl
from axon.testing import HashEmbedder

HERE = __name__
CAPABLE = {"ttl", "text_search", "vector_search"}


class Counting(HashEmbedder):
    """Keeps what it is asked; fails or waits where it is told to."""

    def __init__(self, dimension=32, secret=""):
        super().__init__(dimension)
        self.asked = []
        self.fails = False
        self.closed = 0
        self.started = None

    async def embed(self, texts):
        self.asked.append(list(texts))
        if self.started is not None:
            self.started.set()
            await asyncio.Event().wait()
        if self.fails:
            raise RuntimeError("the model is gone")
        return await super().embed(texts)

    async def aclose(self):
        self.closed += 1


class Unfinished:
    name = "unfinished"


class Words(InMemoryAdapter):
    """Declared below to know words only; refuses what it could not search by."""

    async def save_many(self, entries):
        assert all(entry.embedding is None for entry in entries)
        await super().save_many(entries)

    async def save(self, entry):
        assert entry.embedding is None
        await super().save(entry)

    async def query(self, query):
        assert query.vector is None
        return await super().query(query)


class Labelled(InMemoryAdapter):
    """Wants to know who makes the vectors."""

    def __init__(self, *, namespace, embedder=None):
        super().__init__(namespace=namespace)
        self.embedder = embedder


@frozen(kw_only=True)
class CountingOptions:
    dimension: int = 32
    secret: str = ""


@frozen(kw_only=True)
class LabelledOptions:
    namespace: str = "axon"
    embedder: str | None = None


class Plugin:
    @hookimpl
    def axon_adapters(self):
        return [
            AdapterSpec(name="words", target=f"{HERE}:Words", capabilities={"ttl", "text_search"}),
            AdapterSpec(
                name="labelled", target=f"{HERE}:Labelled", options=f"{HERE}:LabelledOptions", capabilities=CAPABLE
            ),
        ]

    @hookimpl
    def axon_embedders(self):
        return [
            EmbedderSpec(name="counting", target=f"{HERE}:Counting", options=f"{HERE}:CountingOptions"),
            EmbedderSpec(name="unfinished", target=f"{HERE}:Unfinished"),
        ]


@pytest.fixture
def registry(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, HERE, SimpleNamespace(**globals()))
    made = Registry()
    made.register(Plugin(), "of-this-test")
    return made


@pytest.fixture
def embedder():
    return Counting()


@pytest.fixture
def memory(registry, embedder):
    config = MemoryConfig(
        session=SessionPolicy(adapter_type="words"), persistent=PersistentPolicy(adapter_type="memory")
    )
    return MemorySystem(config, registry=registry, embedder=embedder)


def run(coroutine):
    return asyncio.run(coroutine)


class TestWhereItComesFrom:
    def config(self, **more):
        return MemoryConfig(persistent=PersistentPolicy(adapter_type="labelled"), **more)

    def test_the_configuration_names_it_and_its_settings(self, registry):
        config = self.config(embedder="counting", embedders={"counting": {"dimension": 8}})

        async def main():
            memory = MemorySystem(config, registry=registry)
            entry_id = await memory.store("bread", importance=1)
            return await memory.get(entry_id)

        assert len(run(main()).embedding) == 8

    def test_a_ready_one_wins(self, registry, embedder):
        memory = MemorySystem(self.config(embedder="no such"), registry=registry, embedder=embedder)
        run(memory.store("bread", importance=1))
        assert embedder.asked == [["bread"]]

    def test_settings_may_be_references(self, registry, monkeypatch):
        config = self.config(embedder="counting", embedders={"counting": {"dimension": {"env": "DIMENSION"}}})
        with pytest.raises(
            ConfigError, match=r"environment variable DIMENSION is not set @ embedders.counting.dimension"
        ):
            MemorySystem(config, registry=registry)
        monkeypatch.setenv("DIMENSION", "16")
        assert MemorySystem(config, registry=registry).tier("persistent").embedder == "hash:1:16"

    def test_settings_are_masked(self):
        config = self.config(embedder="counting", embedders={"counting": {"secret": "c4n4ry"}})
        assert "c4n4ry" not in repr(config)
        assert "counting" in repr(config)

    def test_all_problems_at_once(self, registry):
        config = self.config(
            embedder="counting", embedders={"counting": {"dimensions": 8}}, session=SessionPolicy(adapter_type="no")
        )
        with pytest.raises(ConfigError) as caught:
            MemorySystem(config, registry=registry)
        unknown, missing = caught.value.problems
        assert unknown == "unknown key 'dimensions' (did you mean 'dimension'?) @ embedders.counting"
        assert missing.startswith("session.adapter_type: ")

    def test_an_unknown_one(self, registry):
        with pytest.raises(AdapterNotFound, match="embedder: no installed plugin provides the embedder 'countin'"):
            MemorySystem(self.config(embedder="countin"), registry=registry)

    def test_one_that_is_none(self, registry):
        with pytest.raises(PluginError, match=r"Unfinished: an embedder has .*; Unfinished has no version and no dim"):
            MemorySystem(self.config(embedder="unfinished"), registry=registry)
        with pytest.raises(WrongType, match="int has no name"):
            MemorySystem(self.config(), registry=registry, embedder=5)

    @pytest.mark.parametrize("value", [5, "", ["onnx"]])
    def test_the_key_must_be_a_name(self, value):
        with pytest.raises(WrongType, match="embedder must name an embedder"):
            self.config(embedder=value)
        with pytest.raises(WrongType, match="embedders must hold a table of settings for each embedder"):
            self.config(embedders={"counting": value})

    def test_file_and_environment(self, tmp_path):
        path = tmp_path / "axon.toml"
        path.write_text('embedder = "onnx"\n[session]\n[embedders.onnx]\npath = "model"\n')
        env = {"AXON_EMBEDDER": "openai", "AXON_EMBEDDERS__OPENAI__API_KEY": "c4n4ry"}
        config = MemoryConfig.from_file(path, env=env)
        assert config.embedder == "openai"
        reference = {"env": "AXON_EMBEDDERS__OPENAI__API_KEY"}
        assert config.embedders == {"onnx": {"path": "model"}, "openai": {"api_key": reference}}

    def test_an_adapter_that_wants_it_gets_the_identity(self, registry, embedder):
        assert MemorySystem(self.config(), registry=registry).tier("persistent").embedder is None
        memory = MemorySystem(self.config(), registry=registry, embedder=embedder)
        assert memory.tier("persistent").embedder == "hash:1:32"

    def test_it_is_closed_where_it_was_built(self, registry, embedder):
        made = []

        class Watched(Counting):
            def __init__(self, **arguments):
                super().__init__(**arguments)
                made.append(self)

        __import__("sys").modules[HERE].Counting = Watched

        async def main():
            for arguments in ({"embedder": embedder}, {}):
                memory = MemorySystem(self.config(embedder="counting"), registry=registry, **arguments)
                await memory.aclose()
                await memory.aclose()

        run(main())
        assert embedder.closed == 0
        assert [one.closed for one in made] == [1]


class TestStoring:
    def test_once_and_only_where_vectors_are_searched(self, memory, embedder):
        async def main():
            await memory.store("words alone", tier="session")
            assert embedder.asked == []
            return await memory.get(await memory.store("bread", tier="persistent"))

        assert len(run(main()).embedding) == 32
        assert embedder.asked == [["bread"]]

    def test_many_in_one_call(self, memory, embedder):
        async def main():
            ids = await memory.store_many(
                [
                    "a session's",
                    {"text": "bread", "importance": 0.9},
                    {"text": "given", "importance": 0.9, "embedding": [1.0] * 32},
                    MemoryEntry(text="cake", importance=0.9),
                ]
            )
            return await memory.get_many(ids)

        lacking, bread, given, cake = run(main())
        assert embedder.asked == [["bread", "cake"]]
        assert lacking.embedding is None
        assert given.embedding.tolist() == [1.0] * 32
        wanted = run(HashEmbedder(32).embed(["bread", "cake"]))
        assert [bread.embedding, cake.embedding] == wanted

    def test_a_failure_stores_nothing_and_says_so(self, memory, embedder):
        embedder.fails = True

        async def main():
            calls = [
                memory.store("bread", tier="persistent"),
                memory.store_many(["a session's", {"text": "bread", "importance": 0.9}]),
            ]
            for call in calls:
                with pytest.raises(EmbeddingFailed, match="the model is gone; nothing was stored"):
                    await call
            assert await memory.count() == 0

        run(main())

    def test_items_are_checked_before_anything_is_embedded(self, memory, embedder):
        with pytest.raises(ValueError, match="item 1"):
            run(memory.store_many([{"text": "bread", "importance": 0.9}, {"text": " "}]))
        assert embedder.asked == []

    def test_cancelled_it_stores_nothing(self, memory, embedder):
        async def main():
            embedder.started = asyncio.Event()
            storing = asyncio.create_task(memory.store("bread", tier="persistent"))
            await embedder.started.wait()
            storing.cancel()
            with suppress(asyncio.CancelledError):
                await storing
            assert storing.cancelled()
            assert await memory.count() == 0

        run(main())

    def test_an_update_embeds_a_new_text(self, memory, embedder):
        async def main():
            await memory.store("bread", tier="persistent", id="a")
            await memory.store("words", tier="session", id="b")
            assert (await memory.update("a", text="cake")).embedding == (await HashEmbedder(32).embed(["cake"]))[0]
            given = await memory.update("a", text="pie", embedding=[1.0] * 32)
            assert given.embedding.tolist() == [1.0] * 32
            assert (await memory.update("a", importance=0.1)).embedding is not None
            assert (await memory.update("b", text="other words", tier="session")).embedding is None

        run(main())
        assert embedder.asked == [["bread"], ["cake"]]

    def test_an_update_that_fails_changes_nothing(self, memory, embedder):
        async def main():
            await memory.store("bread", tier="persistent", id="a")
            embedder.fails = True
            with pytest.raises(EmbeddingFailed):
                await memory.update("a", text="cake", importance=0.1)
            entry = await memory.get("a")
            assert (entry.text, entry.importance) == ("bread", 0.5)

        run(main())


class TestRecalling:
    def test_a_query_is_embedded_once_for_all_tiers(self, memory, embedder):
        async def main():
            await memory.store("bread and butter", tier="persistent")
            await memory.store("bread", tier="session")
            embedder.asked.clear()
            found = await memory.recall("bread")
            assert {entry.tier for entry in found} == {"session", "persistent"}

        run(main())
        assert embedder.asked == [["bread"]]

    def test_not_where_no_asked_tier_could_use_it(self, memory, embedder):
        async def main():
            await memory.recall("bread", tier="session")
            await memory.recall(filter=Filter(user_id="ada"))
            await memory.recall("bread", embedding=[1.0] * 32, tier="persistent")
            with pytest.raises(ValueError, match="k must be"):
                await memory.recall("bread", k=0)

        run(main())
        assert embedder.asked == []

    def test_a_query_without_a_word_is_left_to_the_words(self, memory):
        async def main():
            await memory.store("bread", tier="persistent", tags=["?!"])
            await memory.store("cake", tier="persistent")
            return await memory.recall("?!", tier="persistent")

        assert [entry.text for entry in run(main())] == ["bread"]

    def test_a_failure_is_raised(self, memory, embedder):
        embedder.fails = True
        with pytest.raises(EmbeddingFailed, match="the model is gone"):
            run(memory.recall("bread"))

    def test_without_an_embedder_words_are_enough(self):
        memory = MemorySystem(MemoryConfig(persistent=PersistentPolicy(adapter_type="memory")))

        async def main():
            await memory.store("bread", id="a")
            return await memory.recall("bread")

        (entry,) = run(main())
        assert (entry.id, entry.embedding) == ("a", None)

    def test_an_adapter_that_was_handed_in_is_known_by_its_class(self, registry, embedder):
        config = MemoryConfig(session=SessionPolicy(), persistent=PersistentPolicy(adapter_type="memory"))
        ready = {"session": Words(), "persistent": InMemoryAdapter()}
        memory = MemorySystem(config, registry=registry, adapters=ready, embedder=embedder)

        async def main():
            for tier in ("session", "persistent"):
                await memory.store("bread", tier=tier, id=tier)
            assert {entry.id for entry in await memory.recall("bread")} == set(ready)
            return [entry.embedding is None for entry in await memory.get_many(list(ready))]

        assert run(main()) == [True, False]
