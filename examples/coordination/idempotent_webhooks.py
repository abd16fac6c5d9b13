"""A webhook that handles each delivery once, however often and to however many servers it is delivered.

Let it deliver to itself, or serve it:

    python examples/coordination/idempotent_webhooks.py
    uvicorn --app-dir examples/coordination idempotent_webhooks:app --workers 4

With ``adapter_type = "memory"`` each of the four workers knows its own deliveries; with "redis" it knows all.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import httpx
from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from axon import ComputationFailed, Filter, MemorySystem

A_DAY = 24 * 60 * 60  # seconds; for longer than that, nobody delivers again

memory = MemorySystem.from_file(Path(__file__).with_name("axon.toml"))


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """The memory connects when it is first used, and is closed with the server."""
    async with memory:
        yield


app = FastAPI(lifespan=lifespan)


class UnknownOrder(Exception):
    """A payment came before its order did, as it happens with webhooks."""


class Event(BaseModel):
    """What is delivered."""

    kind: Literal["created", "paid"]
    order: Annotated[str, Field(min_length=1, max_length=100)]


@app.post("/webhooks")
async def receive(
    event: Event, idempotency_key: Annotated[str, Header(min_length=1, max_length=100)]
) -> dict[str, str]:
    """Who delivers again gets the stored answer; who delivers meanwhile waits for it."""
    answer: dict[str, str] = await memory.once_result(f"webhook/{idempotency_key}", partial(handle, event), ttl=A_DAY)
    return answer


async def handle(event: Event) -> dict[str, str]:
    """What must not happen twice. It does where a process dies in the middle: pass the key on to what you call."""
    if event.kind == "created":
        return {"order": await memory.store(f"Order {event.order}", id=f"order/{event.order}", tier="session")}
    if await memory.get(f"order/{event.order}", tier="session") is None:
        raise UnknownOrder(f"there is no order {event.order} yet")
    payment = await memory.store(f"A payment of order {event.order}", tags=[f"of:{event.order}"], tier="session")
    return {"payment": payment}


@app.exception_handler(UnknownOrder)
@app.exception_handler(ComputationFailed)  # the same, told to who waited in another process
async def deliver_again(_: Request, error: Exception) -> JSONResponse:
    """An error is not kept, so that the next delivery is handled anew."""
    return JSONResponse({"detail": str(error)}, 503, {"Retry-After": "5"})


@app.get("/orders/{order}/payments")
async def payments(order: str) -> int:
    """How often the order was paid."""
    return await memory.count(Filter(tags=[f"of:{order}"]), tier="session")


async def main() -> None:
    """Deliver a payment before its order, and then three times."""
    local = httpx.ASGITransport(app)
    order = secrets.token_hex(3)
    async with lifespan(app), httpx.AsyncClient(transport=local, base_url="http://example") as client:
        for kind in ("paid", "created", "paid", "paid", "paid"):
            key = {"Idempotency-Key": f"{order}/{kind}"}
            answer = await client.post("/webhooks", json={"kind": kind, "order": order}, headers=key)
            print(f"{kind}: {answer.status_code} {answer.json()}")
        print(f"payments: {(await client.get(f'/orders/{order}/payments')).json()}")


if __name__ == "__main__":
    asyncio.run(main())
