"""The adapter of the tutorial keeps the contract, in a file that several processes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest
from editable import installed

from axon.core import registry
from axon.testing import AdapterConformance

EXAMPLE = Path(__file__).parents[2] / "examples" / "axon-shelf"


@pytest.fixture(autouse=True, scope="module")
def on_the_path(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """As if it was installed, for this module: ``axon adapters`` of this repository does not list an example."""
    with pytest.MonkeyPatch.context() as patch:
        for path in installed(EXAMPLE, tmp_path_factory.mktemp("site")):
            patch.syspath_prepend(str(path))
        registry.default_registry.cache_clear()
        yield
    registry.default_registry.cache_clear()


class TestShelf(AdapterConformance):
    adapter = "shelf"
    settings: ClassVar = {"path": "{tmp_path}/shelf.db"}
    unreachable: ClassVar = {"path": "{tmp_path}/no such folder/shelf.db"}
