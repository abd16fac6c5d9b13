"""What the contenders with a store of py-key-value share. None is imported here, none loaded for the other's sake."""

from __future__ import annotations

import os
from typing import Any

from benchmarks.contenders.contract import HOUR

# As its documentation says, without the checks of types at run time; it is read when the package is imported.
os.environ["PY_KEY_VALUE_DISABLE_BEARTYPE"] = "true"


class StoreContender:
    """Values as JSON, in the memory of the process too, all but opening the store."""

    store: Any

    def prepared(self, _: str, record: dict[str, Any]) -> Any:
        return record

    async def save(self, key: str, prepared: Any) -> object:
        return await self.store.put(key=key, value=prepared, collection="records", ttl=HOUR)

    async def get(self, key: str) -> object | None:
        return await self.store.get(key=key, collection="records")

    async def close(self) -> None:
        pass
