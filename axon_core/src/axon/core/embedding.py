"""Embedding: what a tier asks of an embedder, checked and remembered."""

from __future__ import annotations

import asyncio
import math
import threading
from array import array
from collections import OrderedDict
from collections.abc import Coroutine, Mapping, Sequence
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from weakref import WeakKeyDictionary

from axon.core.embeddings import as_embedding
from axon.core.errors import EmbeddingFailed, InvalidInput, WrongType
from axon.core.secrets import masked

if TYPE_CHECKING:
    from axon.core.embeddings import Embedding
    from axon.spi.embedder import Embedder

    Vectors: TypeAlias = dict[bytes, Embedding]

Kind: TypeAlias = Literal["text", "query"]

_UNIT = 1e-6  # so far from 1 a length may be, which rounding to float32 explains


def identity(embedder: Embedder) -> str:
    """``name:version:dimension``, by which a store knows what made its vectors. To compare, not to take apart.

    It may load the model: where an event loop runs, call it by ``asyncio.to_thread``. Raises :class:`EmbeddingFailed`.
    """
    try:
        return f"{embedder.name}:{embedder.version}:{embedder.dimension}"
    except EmbeddingFailed:
        raise
    except Exception as error:  # whatever the libraries of an embedder raise
        raise EmbeddingFailed(embedder.name, f"{type(error).__name__}: {masked(str(error))}") from error


class CachingEmbedder:
    """An embedder that remembers its vectors, asks once for what is asked twice, and lets no wrong vector pass.

    The vectors of the last ``size`` texts are kept, by a hash of the text: ``4 * dimension + 300``
    bytes each, which is 18 MB for 10,000 of 384 dimensions. Concurrent calls for one text wait for one
    call of the embedder, which is cancelled when all of them are. It belongs to no event loop.
    """

    def __init__(self, embedder: Embedder, *, size: int = 10_000) -> None:
        if size < 0:
            raise InvalidInput(f"size must be 0 (remember nothing) or more, got {size}")
        self.embedder = embedder
        self._size = size
        self._kept: OrderedDict[bytes, Embedding] = OrderedDict()
        self._lock = threading.Lock()
        self._pending: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[bytes, _Call]] = WeakKeyDictionary()

    @property
    def name(self) -> str:
        """That of the embedder."""
        return self.embedder.name

    @property
    def version(self) -> str:
        """That of the embedder."""
        return self.embedder.version

    @property
    def dimension(self) -> int:
        """That of the embedder."""
        return self.embedder.dimension

    async def embed(self, texts: Sequence[str]) -> list[Embedding]:
        """The vectors of ``texts``: float32, of length 1, or zero for a text in which there is nothing.

        :class:`EmbeddingFailed` says that the embedder failed, or gave what cannot be used.
        """
        return await self._vectors(texts, "text")

    async def embed_queries(self, texts: Sequence[str]) -> list[Embedding]:
        """The same for questions; embedders without an ``embed_queries`` of their own treat them as texts."""
        return await self._vectors(texts, "query" if hasattr(self.embedder, "embed_queries") else "text")

    async def aclose(self) -> None:
        """Close the embedder, if it can be closed, and forget its vectors."""
        with self._lock:
            self._kept.clear()
        close = getattr(self.embedder, "aclose", None)
        if close is not None:
            await close()

    async def _vectors(self, texts: Sequence[str], kind: Kind) -> list[Embedding]:
        if isinstance(texts, str):
            raise WrongType("texts must be a list of strings, not one str: write [text]")
        keys = [_key(text, kind) for text in texts]
        wanted = dict(zip(keys, texts, strict=True))
        found = self._remembered(wanted)
        if len(found) < len(wanted):
            found |= await self._asked({key: text for key, text in wanted.items() if key not in found}, kind)
        return [found[key] for key in keys]

    async def _asked(self, wanted: Mapping[bytes, str], kind: Kind) -> Vectors:
        """The vectors of ``wanted``: of the calls that are under way for some of it, and of a new one for the rest."""
        pending = self._pending.setdefault(asyncio.get_running_loop(), {})
        joined = {pending[key] for key in wanted if key in pending}
        rest = {key: text for key, text in wanted.items() if key not in pending}
        own = _Call(rest, self._computed(rest, kind), pending) if rest else None
        calls = joined if own is None else {own, *joined}
        for call in calls:
            call.waiting += 1
        try:
            await asyncio.wait([call.task for call in calls])
            found = {} if own is None else own.task.result()
            for call in joined:
                found |= await self._of_another(call, wanted, kind)
            return found
        finally:
            for call in calls:
                call.leave()

    async def _of_another(self, call: _Call, wanted: Mapping[bytes, str], kind: Kind) -> Vectors:
        try:
            return call.task.result()
        except EmbeddingFailed as error:
            ours = {key: text for key, text in wanted.items() if key in call.keys}
            if len(ours) < len(call.keys):  # it may have failed for a text that is not ours
                return await self._computed(ours, kind)
            raise EmbeddingFailed(error.embedder, error.problem) from error

    async def _computed(self, wanted: Mapping[bytes, str], kind: Kind) -> Vectors:
        embedder: Any = self.embedder
        embed = embedder.embed_queries if kind == "query" else embedder.embed
        try:
            vectors = self._checked(await embed(list(wanted.values())), len(wanted))
        except EmbeddingFailed:
            raise
        except Exception as error:  # whatever the libraries of an embedder raise
            raise EmbeddingFailed(self.name, f"{type(error).__name__}: {masked(str(error))}") from error
        found = dict(zip(wanted, vectors, strict=True))
        with self._lock:
            self._kept.update(found)
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return found

    def _checked(self, rows: Any, texts: int) -> list[Embedding]:
        if not hasattr(rows, "__len__"):
            raise EmbeddingFailed(self.name, f"it gave {type(rows).__name__}, which is no sequence of vectors")
        if len(rows) != texts:
            raise EmbeddingFailed(self.name, f"it gave {len(rows)} vectors for {texts} texts")
        dimension = self.dimension
        vectors = []
        for i, row in enumerate(rows):
            try:
                vector = as_embedding(row, f"vector {i}")
            except InvalidInput as error:
                raise EmbeddingFailed(self.name, str(error)) from None
            if len(vector) != dimension:
                raise EmbeddingFailed(self.name, f"vector {i} has {len(vector)} dimensions instead of {dimension}")
            vectors.append(_of_length_one(vector))
        return vectors

    def _remembered(self, wanted: Mapping[bytes, str]) -> Vectors:
        with self._lock:
            found = {key: self._kept[key] for key in wanted if key in self._kept}
            for key in found:
                self._kept.move_to_end(key)
        return found


class _Call:
    """One call of the embedder, with those who wait for it; ``pending`` has it for as long as it runs."""

    def __init__(
        self, texts: Mapping[bytes, str], work: Coroutine[Any, Any, Vectors], pending: dict[bytes, _Call]
    ) -> None:
        self.keys = frozenset(texts)
        self.waiting = 0
        self._pending = pending
        pending.update(dict.fromkeys(texts, self))
        self.task = asyncio.create_task(work)
        self.task.add_done_callback(self._done)

    def leave(self) -> None:
        """One waits no longer; with the last one the work ends."""
        self.waiting -= 1
        if not self.waiting and not self.task.done():
            self.task.cancel()
            self._forget()  # now: who comes between the request to cancel and its effect must not join

    def _done(self, task: asyncio.Task[Vectors]) -> None:
        self._forget()
        if not task.cancelled():
            task.exception()  # seen, even if nobody waits any more

    def _forget(self) -> None:
        for key in self.keys:
            if self._pending.get(key) is self:
                del self._pending[key]


def _key(text: object, kind: Kind) -> bytes:
    if not isinstance(text, str):
        raise WrongType(f"texts must be strings, got {type(text).__name__}")
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, person=kind.encode()).digest()


def _of_length_one(vector: Embedding) -> Embedding:
    length = math.hypot(*vector)
    if length == 0 or abs(length - 1) <= _UNIT:
        return vector
    return memoryview(array("f", [number / length for number in vector]).tobytes()).cast("f")
