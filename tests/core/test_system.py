"""How a MemorySystem is made, and that its verbs together do what a dictionary does."""

from __future__ import annotations

from asyncio import run

import pytest
from core_system import TIERS, listed, system
from hypothesis import given
from hypothesis import strategies as st

from axon import AxonError, Filter, MemoryConfig, MemorySystem, SessionPolicy
from axon.adapters.memory import InMemoryAdapter
from axon.core.errors import EntryNotFound, WrongType


@given(data=st.data())
def test_a_system_does_what_a_dictionary_does(data):
    """Any run of calls, against a model of one dictionary a tier."""
    names = st.sampled_from(["a", "b", "a:b", "*", "🦊"])
    tiers = st.sampled_from(TIERS)
    model = {tier: {} for tier in TIERS}
    memory = system(*TIERS)

    async def main():
        for _ in range(data.draw(st.integers(1, 15))):
            verb = data.draw(st.sampled_from(["store", "forget", "filter", "update", "clear"]))
            tier, name, tag = data.draw(tiers), data.draw(names), data.draw(names)
            if verb == "store":
                await memory.store("text", tier=tier, id=name, tags=[tag])
                model[tier][name] = {tag}
            elif verb == "forget":
                assert await memory.forget(name, tier=tier) == (model[tier].pop(name, None) is not None)
            elif verb == "filter":
                found = [key for key, tags in model[tier].items() if tag in tags]
                assert await memory.forget(Filter(tags=[tag]), tier=tier) == len(found)
                for key in found:
                    del model[tier][key]
            elif verb == "update":
                if name in model[tier]:
                    await memory.update(name, tags=[tag], tier=tier)
                    model[tier][name] = {tag}
                else:
                    with pytest.raises(EntryNotFound):
                        await memory.update(name, tags=[tag], tier=tier)
            else:
                assert await memory.clear(tier) == len(model[tier])
                model[tier] = {}
            for each in TIERS:
                assert await memory.count(tier=each) == len(model[each])
                assert {e.id: set(e.tags) for e in await listed(memory.scan(tier=each))} == model[each]
                assert await memory.count(Filter(tags=[tag]), tier=each) == sum(
                    tag in tags for tags in model[each].values()
                )

    run(main())


@pytest.mark.parametrize("config", [None, {}, "axon.toml", SessionPolicy(), MemoryConfig])
def test_a_system_is_made_from_a_config(config):
    with pytest.raises(WrongType, match=r"made from a MemoryConfig, got .*from_file\(\)"):
        MemorySystem(config)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"adapters": [1]}, "adapters must map tiers to adapters, got list"),
        ({"adapters": {"session": 5}}, r"adapters\['session'\] must be an axon.spi.Adapter, got int"),
        ({"adapters": {"session": InMemoryAdapter}}, "must be an axon.spi.Adapter"),
        ({"adapters": {"sesion": InMemoryAdapter()}}, "adapters has 'sesion', but the configured tiers are: session"),
        ({"adapters": {"persistent": InMemoryAdapter()}}, "adapters has 'persistent'"),
        ({"middleware": [5]}, r"middleware must be called as \(call, proceed\), got int"),
    ],
)
def test_what_is_handed_in_is_checked(arguments, says):
    with pytest.raises(AxonError, match=says):
        MemorySystem(MemoryConfig(session=SessionPolicy()), **arguments)
