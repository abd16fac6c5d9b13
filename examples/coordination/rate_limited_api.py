"""An endpoint with a rate limit: 20 requests a minute for each client, however many servers there are.

Ask it a few times, or serve it:

    python examples/coordination/rate_limited_api.py
    uvicorn --app-dir examples/coordination rate_limited_api:app --workers 4

With ``adapter_type = "memory"`` each of the four workers counts for itself; with "redis" they count together.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Request, Response
from fastapi.responses import JSONResponse

from axon import MemorySystem, StoreError

LIMIT = 20

logger = logging.getLogger(__name__)
memory = MemorySystem.from_file(Path(__file__).with_name("axon.toml"))
limiter = memory.limit("quotes", LIMIT, per=60)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """The memory connects when it is first used, and is closed with the server."""
    async with memory:
        yield


app = FastAPI(lifespan=lifespan)


async def limited(response: Response, x_api_key: Annotated[str, Header(min_length=1, max_length=100)]) -> None:
    """Let the request through, or answer 429; either way the client learns what is left."""
    # The store, and whoever looks at it, is told who it is and not the key itself.
    answer = await limiter.acquire(hashlib.sha256(x_api_key.encode()).hexdigest())
    headers = {"X-RateLimit-Limit": str(LIMIT), "X-RateLimit-Remaining": str(answer.remaining)}
    if not answer.allowed:
        # Whole seconds, rounded up: who comes back after them is let through.
        headers["Retry-After"] = str(math.ceil(answer.retry_after))
        raise HTTPException(429, "too many requests", headers)
    response.headers.update(headers)


@app.exception_handler(StoreError)
async def unknown(_: Request, error: StoreError) -> JSONResponse:
    """Where the store does not answer, nobody knows how many there were: here that is a no. It could be a yes."""
    logger.error("%s", error)  # what happened, and where, is no business of the client's
    return JSONResponse({"detail": "the limit cannot be checked now"}, 503)


@app.get("/quote", dependencies=[Depends(limited)])
async def quote() -> dict[str, str]:
    """What the limit protects."""
    return {"quote": "The palest ink is better than the best memory."}


async def main() -> None:
    """Ask more often than may be, from two clients."""
    local = httpx.ASGITransport(app)
    async with lifespan(app), httpx.AsyncClient(transport=local, base_url="http://example") as client:
        for key, times in (("ada", LIMIT + 2), ("bo", 1)):
            answers = [await client.get("/quote", headers={"X-API-Key": key}) for _ in range(times)]
            statuses = [answer.status_code for answer in answers]
            print(f"{key}: {statuses.count(200)} answers, {statuses.count(429)} refused")
            print(f"  remaining {answers[-1].headers['X-RateLimit-Remaining']}", end="")
            print(f", retry after {answers[-1].headers.get('Retry-After', '0')} s")


if __name__ == "__main__":
    asyncio.run(main())
