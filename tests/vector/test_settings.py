"""What an adapter on a file is made with: its namespace and its options."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adapter_answers import entry, found, ids, vector

from axon import Filter
from axon.adapters.vector import VectorAdapter
from axon.core.errors import InvalidInput, WrongType
from axon.spi import Query


def test_namespaces_in_one_file_never_see_each_other(tmp_path: Path) -> None:
    names = ["user1", "user10", "user1:persistent", "USER1", "user1%", "*", "'; --"]
    stores = {name: VectorAdapter(tmp_path, namespace=name) for name in names}
    for number, (name, adapter) in enumerate(stores.items(), start=2):
        one = entry("same id", text=f"same words {name}", tags=["t"], user_id="u", embedding=np.ones(number))
        asyncio.run(adapter.save_many([one, entry(name)]))
    for number, (name, adapter) in enumerate(stores.items(), start=2):
        assert ids(adapter) == {"same id", name}
        for query in (
            {"text": "same"},
            {"text": "t"},
            {"filter": Filter(tags=["t"])},
            {"vector": vector(np.ones(number))},
        ):
            (hit,) = asyncio.run(adapter.query(Query(**query)))
            assert hit.entry.text == f"same words {name}"
        assert asyncio.run(adapter.count(Filter(tags=["t"], user_id="u"))) == 1
    assert asyncio.run(stores["user1"].clear()) == 2
    assert asyncio.run(stores["user10"].delete("same id")) is True
    for name, adapter in stores.items():
        assert ids(adapter) == {"user1": set(), "user10": {"user10"}}.get(name, {"same id", name})
        assert bool(found(adapter, text="same")) is (name not in {"user1", "user10"})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"max_entries": 0}, "max_entries"),
        ({"eviction": "fifo"}, "oldest"),
        ({"synchronous": "off"}, "normal"),
        ({"scan": "fast"}, "exact"),
        ({"namespace": ""}, "namespace"),
        ({"busy_timeout": -1}, "busy_timeout must be from 0 to 2147483 seconds, got -1"),
        ({"busy_timeout": float("nan")}, "busy_timeout must be from 0"),
        ({"busy_timeout": float("inf")}, "busy_timeout must be from 0"),
        ({"busy_timeout": 2_147_484}, "busy_timeout must be from 0"),
    ],
)
def test_options_that_cannot_be(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        VectorAdapter(tmp_path, **options)
    assert caught.type is InvalidInput


@pytest.mark.parametrize(
    "options", [{"busy_timeout": "10"}, {"busy_timeout": True}, {"max_entries": 1.0}, {"refresh_on_read": 0}]
)
def test_options_of_a_wrong_type(tmp_path: Path, options: dict[str, Any]) -> None:
    with pytest.raises(WrongType, match=next(iter(options))):
        VectorAdapter(tmp_path, **options)
