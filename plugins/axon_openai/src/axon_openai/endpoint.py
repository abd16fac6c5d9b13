"""One endpoint: a batch goes there, again if that is worth it, until it is answered or the deadline has come."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import httpx
from attrs import frozen

from axon.core.errors import EmbeddingFailed, InvalidInput
from axon_openai.answer import complaint_of, vectors_of, wait_of

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon_openai.options import OpenAIOptions

_PASSING = frozenset({408, 409, 429})  # and all from 500 on
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 8.0
_LONGEST_COMPLAINT = 300


@frozen
class _Failure(Exception):
    """A request that brought no vectors."""

    problem: str
    again: bool
    """Whether another try may do better."""
    wait: float | None = None
    """The seconds to wait before it that the endpoint asks for."""


class Endpoint:
    """Opens connections on first use; a new event loop gets new ones."""

    def __init__(self, options: OpenAIOptions) -> None:
        self._options = options
        try:
            base = httpx.URL(options.base_url)
        except httpx.InvalidURL as error:
            raise InvalidInput(f"base_url is no URL: {error}") from None
        self.url = base.copy_with(path=base.path.rstrip("/") + "/embeddings")
        self._client: httpx.AsyncClient | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def vectors(self, texts: Sequence[str]) -> list[Embedding]:
        """The vectors of one batch. :class:`EmbeddingFailed` tells of the last try."""
        options = self._options
        clock = asyncio.get_running_loop().time
        deadline = clock() + options.deadline_seconds
        tries = 0
        while True:
            tries += 1
            try:
                return await self._try(texts, min(options.timeout_seconds, deadline - clock()))
            except _Failure as failure:
                wait = failure.wait if failure.wait is not None else _backoff(tries)
                if failure.again and tries <= options.retries and clock() + wait < deadline:
                    await asyncio.sleep(wait)
                    continue
                after = f" (tried {tries} times)" if tries > 1 else ""
                raise EmbeddingFailed("openai", f"{self._place}: {failure.problem}{after}") from None

    async def aclose(self) -> None:
        """Close the connections; the next call opens new ones."""
        client, self._client = self._client, None
        if client is not None and self._loop is asyncio.get_running_loop():
            await client.aclose()

    async def _try(self, texts: Sequence[str], seconds: float) -> list[Embedding]:
        options = self._options
        asked: dict[str, Any] = {"model": options.model, "input": texts, "encoding_format": options.encoding}
        if options.asked_dimension is not None:
            asked["dimensions"] = options.asked_dimension
        try:
            # For the whole of it: httpx would count anew with every byte that trickles in.
            async with asyncio.timeout(seconds):
                response = await self._connected().post(self.url, json=asked)
        except TimeoutError:
            raise _Failure(f"no answer within {seconds:.3g} seconds", again=True) from None
        except httpx.TransportError as error:
            raise _Failure(f"no connection: {error or type(error).__name__}", again=True) from None
        except httpx.HTTPError as error:
            raise _Failure(f"no answer that can be read: {error}", again=False) from None
        return self._read(response, len(texts))

    def _read(self, response: httpx.Response, texts: int) -> list[Embedding]:
        try:
            body = response.json()
        except ValueError:
            body = None
        if response.is_success:
            if body is None:
                raise _Failure(f"it answered {response.status_code} with something that is not JSON", again=False)
            try:
                return vectors_of(body, texts=texts, dimension=self._options.dimension)
            except InvalidInput as error:
                raise _Failure(str(error), again=False) from None
        raise self._refusal(response, body)

    def _refusal(self, response: httpx.Response, body: Any) -> _Failure:
        status = response.status_code
        if status in {401, 403}:  # its message is not quoted: some endpoints repeat the key in it
            given = "the api_key" if self._options.api_key else "a request without api_key"
            return _Failure(f"it refused {given} ({status}): see the variable that api_key names", again=False)
        message, code = complaint_of(body)
        said = f": {self._clean(message)}" if message else ""
        if status == 404:
            return _Failure(f"it answered 404{said}; see base_url and model", again=False)
        if response.is_redirect:
            return _Failure(f"it answered {status}, it is somewhere else: see base_url", again=False)
        # A quota that is used up is a 429 too, and does not pass by waiting.
        passing = (status in _PASSING or status >= 500) and code != "insufficient_quota"
        return _Failure(f"it answered {status}{said}", again=passing, wait=wait_of(response.headers.get("retry-after")))

    def _clean(self, message: str) -> str:
        if self._options.api_key:
            message = message.replace(self._options.api_key, "***")
        message = " ".join(message.split())
        return message if len(message) <= _LONGEST_COMPLAINT else f"{message[:_LONGEST_COMPLAINT]}..."

    @property
    def _place(self) -> str:
        return f"{self.url.scheme}://{self.url.netloc.decode()}{self.url.path}, model {self._options.model!r}"

    def _connected(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        if self._client is None or self._loop is not loop:  # the connections of another loop went with it
            key = self._options.api_key
            headers = {} if key is None else {"Authorization": f"Bearer {key}"}
            self._client = httpx.AsyncClient(headers=headers, timeout=None)  # noqa: S113 - _try has one for all of it
            self._loop = loop
        return self._client


def _backoff(tries: int) -> float:
    """Seconds, doubled with every try, and by chance between half and all of it: not everybody at once."""
    longest: float = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2 ** (tries - 1))
    return longest * random.uniform(0.5, 1.0)
