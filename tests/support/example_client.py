"""What client processes ask the servers of the examples, all at once; the answers come as JSON."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Sequence

import httpx


async def ask_for_quotes(urls: Sequence[str], key: str, times: int) -> str:
    """Ask for so many quotes, each of the next server: their statuses and what their headers say."""
    places = itertools.islice(itertools.cycle(urls), times)
    async with httpx.AsyncClient(timeout=60) as client:
        answers = await asyncio.gather(*(client.get(f"{url}/quote", headers={"X-API-Key": key}) for url in places))
    names = ("X-RateLimit-Remaining", "Retry-After")
    return json.dumps([[answer.status_code, *map(answer.headers.get, names)] for answer in answers])


async def deliver(urls: Sequence[str], orders: Sequence[str], kind: str, times: int) -> str:
    """Deliver one event of each order so many times, each to the next server: order, status and answer of each."""
    wanted = [*orders] * times
    async with httpx.AsyncClient(timeout=60) as client:
        answers = await asyncio.gather(
            *(
                client.post(
                    f"{url}/webhooks",
                    json={"kind": kind, "order": order},
                    headers={"Idempotency-Key": f"{order}/{kind}"},
                )
                for url, order in zip(itertools.cycle(urls), wanted, strict=False)
            )
        )
    return json.dumps(
        [[order, answer.status_code, answer.json()] for order, answer in zip(wanted, answers, strict=True)]
    )
