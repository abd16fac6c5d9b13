"""A warm cache: the catalogue is stored before anybody asks, and prices are looked up once for all who ask.

    python examples/coordination/warm_cache.py
    python examples/coordination/warm_cache.py changed tea    # the price of tea has changed: let no kept one count

With ``adapter_type = "memory"`` each process looks prices up for itself; with "redis" one does it for all.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from axon import MemorySystem

CATALOGUE = {
    "tea": "Green tea from Uji, in a tin of 100 grams",
    "pot": "A teapot of cast iron for four cups",
    "cup": "Two cups of porcelain, painted by hand",
    "tray": "A bamboo tray",
    "whisk": "A whisk for matcha, also of bamboo",
}
PRICES = {"tea": 18.5, "pot": 64.0, "cup": 32.0, "tray": 21.0, "whisk": 14.0}

memory = MemorySystem.from_file(Path(__file__).with_name("axon.toml"))


def progress(done: int, total: int | None) -> None:
    """Called after each batch."""
    print(f"stored {done} of {total}")


async def warm() -> int:
    """Store the catalogue. An id of its own makes it harmless that several processes do it."""
    articles = [{"id": f"article/{name}", "text": text, "tags": [name]} for name, text in CATALOGUE.items()]
    return await memory.warm(articles, tier="ephemeral", batch=2, progress=progress)


@memory.cached(ttl=600, tags=lambda article: ["prices", f"price/{article}"])
async def price(article: str) -> float:
    """What an article costs. However many ask, one looks; should there be no such article, the next one looks too."""
    print(f"looking up the price of {article}")
    await asyncio.sleep(0.1)  # a database, some way off
    return PRICES[article]


async def changed(article: str) -> None:
    """Let the next one who asks for the price look it up; without an article: for any."""
    await memory.invalidate(f"price/{article}" if article else "prices")


async def main(verb: str = "", article: str = "") -> None:
    """Warm the cache and ask it, or say that a price has changed."""
    async with memory:
        if verb == "changed":
            await changed(article)
            return
        await warm()
        for found in await memory.recall("things of bamboo", tier="ephemeral"):
            print(f"recalled: {found.text}")
        # Ten ask for each at once, and one looks.
        prices = await asyncio.gather(*(price(article) for article in ("tea", "pot") for _ in range(10)))
        print(f"tea {prices[0]:.2f}, pot {prices[10]:.2f}")


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
