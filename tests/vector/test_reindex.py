"""Embedding anew: the old vectors answer until the end, whatever is written, killed or asked meanwhile."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from axon.adapters.vector import VectorAdapter
from axon.core.embedding import identity
from axon.core.errors import EmbeddingFailed, StoreConflict
from axon.spi import MemoryEntry, Query, SupportsReindex
from axon.testing import HashEmbedder

OLD, NEW, OTHER = HashEmbedder(16), HashEmbedder(32), HashEmbedder(48)


class Watched:
    """An embedder that counts its texts, and does something of the test's before the vectors of a call come back."""

    version = "1"

    def __init__(self, inner=NEW, meanwhile=None):
        self.name, self.dimension = inner.name, inner.dimension
        self._inner, self._meanwhile = inner, meanwhile
        self.texts = []

    async def embed(self, texts):
        self.texts += texts
        if self._meanwhile is not None:
            await self._meanwhile(len(self.texts))
        return await self._inner.embed(texts)


async def made(embedder, number, text=None, **more):
    text = text or f"the text of number{number}"
    return MemoryEntry(id=str(number), text=text, embedding=(await embedder.embed([text]))[0], **more)


async def found(adapter, embedder, text):
    """The id and the cosine of what is nearest."""
    (hit,) = await adapter.query(Query(vector=(await embedder.embed([text]))[0], limit=1))
    return hit.entry.id, round(hit.score, 3)


@pytest.fixture
def run(tmp_path):
    """Run ``test(configured)`` in a store of 300 entries with old vectors; ``configured(embedder)`` opens it."""

    def running(test, entries=300):
        async def main():
            adapters = []

            def configured(embedder=None):
                name = None if embedder is None else identity(embedder)
                adapters.append(VectorAdapter(tmp_path, embedder=name, synchronous="normal"))
                return adapters[-1]

            await configured(OLD).save_many([await made(OLD, number) for number in range(entries)])
            try:
                return await test(configured)
            finally:
                for adapter in adapters:
                    await adapter.close()

        return asyncio.run(main())

    return running


def test_every_entry_gets_a_vector_of_the_new_embedder(run):
    async def test(configured):
        adapter, seen = configured(), []
        assert isinstance(adapter, SupportsReindex)
        await adapter.save(MemoryEntry(id="bare", text="came without a vector"))
        assert await adapter.reindex(NEW, progress=lambda *step: seen.append(step)) == 301
        assert seen[0] == (0, 301)
        assert seen[-1] == (301, 301)
        assert seen == sorted(seen)
        again = configured(NEW)
        assert await found(again, NEW, "the text of number7") == ("7", 1.0)
        assert await found(again, NEW, "came without a vector") == ("bare", 1.0)
        assert await found(adapter, NEW, "the text of number7") == ("7", 1.0)
        (entry,) = await again.get_many(["7"])
        assert len(entry.embedding) == NEW.dimension

    run(test)


def test_the_old_vectors_answer_and_the_old_embedder_writes_until_the_end(run):
    async def test(configured):
        old = configured(OLD)

        async def meanwhile(number):
            assert await found(old, OLD, "the text of number7") == ("7", 1.0)
            if number <= 300:
                await old.save(await made(OLD, "new", "something new comes"))

        watched = Watched(meanwhile=meanwhile)
        assert await configured().reindex(watched) == 301
        assert watched.texts.count("something new comes") >= 1
        assert await found(configured(NEW), NEW, "something new comes") == ("new", 1.0)

    run(test)


def test_what_is_overwritten_or_deleted_meanwhile_leaves_no_vector_behind(run):
    async def test(configured):
        old = configured(OLD)

        async def meanwhile(number):
            if number == 256:  # 0 to 127 have their vectors by now, the next are under way
                await old.save(await made(OLD, 5, "five says something else"))
                await old.save(await made(OLD, 200, "two hundred says something else"))
                assert await old.delete_many(["6", "201"]) == 2

        await configured().reindex(Watched(meanwhile=meanwhile))
        new = configured(NEW)
        assert await new.count() == 298
        assert await found(new, NEW, "five says something else") == ("5", 1.0)
        assert await found(new, NEW, "two hundred says something else") == ("200", 1.0)
        for gone in ("the text of number6", "the text of number201", "the text of number5"):
            assert (await found(new, NEW, gone))[1] < 1
        assert {finding.severity for finding in await new.doctor()} <= {"ok", "info"}

    run(test)


def test_afterwards_the_old_embedder_is_refused_in_what_is_open_and_in_what_opens(run):
    async def test(configured):
        old = configured(OLD)
        assert await found(old, OLD, "the text of number7") == ("7", 1.0)
        await configured().reindex(HashEmbedder(32))
        for call in (
            lambda: made_and_saved(old),
            lambda: found(old, OLD, "the text of number7"),
            lambda: configured(OLD).count(),
        ):
            with pytest.raises(StoreConflict, match=r"hash:1:32, and hash:1:16 is configured.*axon reindex"):
                await call()

    async def made_and_saved(adapter):
        await adapter.save(await made(OLD, "late"))

    run(test)


def test_vectors_of_the_same_length_are_not_mixed_up_either(run):
    class Renamed(HashEmbedder):
        version = "2"

    async def test(configured):
        old = configured(OLD)
        assert await found(old, OLD, "the text of number7") == ("7", 1.0)
        await configured().reindex(Renamed(16))
        with pytest.raises(StoreConflict, match="hash:2:16"):
            await found(old, OLD, "the text of number7")

    run(test)


def test_whoever_has_the_old_vectors_in_memory_drops_them(run):
    class Turned(HashEmbedder):
        """As long as the old vectors, and nowhere near them."""

        version = "2"

        async def embed(self, texts):
            return [[*vector[3:], *vector[:3]] for vector in await super().embed(texts)]

    async def test(configured):
        adapter, other = configured(), configured()
        for reader in (other, adapter):
            assert await found(reader, OLD, "the text of number7") == ("7", 1.0)
        await adapter.reindex(Turned(16))
        for reader in (adapter, other):
            assert await found(reader, Turned(16), "the text of number7") == ("7", 1.0)

    run(test)


def test_what_is_written_in_the_last_moment_is_not_left_behind(run, tmp_path):
    async def test(configured):
        new = [await made(OLD, "late", "written in the last moment")]

        def clock():
            # Called while the run looks for what has no vector, in the state of the file that it began with.
            if len(watched.texts) == 300 and new:
                other = VectorAdapter(tmp_path, embedder=identity(OLD), synchronous="normal")
                with ThreadPoolExecutor(1) as thread:
                    thread.submit(asyncio.run, other.save(new.pop())).result()
            return time.time()

        watched = Watched()
        adapter = VectorAdapter(tmp_path, clock=clock)
        assert await adapter.reindex(watched) == 301
        assert await found(adapter, NEW, "written in the last moment") == ("late", 1.0)
        await adapter.close()

    run(test)


def test_a_second_run_embeds_only_what_has_no_vector(run):
    async def test(configured):
        await configured().reindex(NEW)
        await configured().save(MemoryEntry(id="bare", text="came without a vector"))
        watched = Watched()
        assert await configured(NEW).reindex(watched) == 1
        assert watched.texts == ["came without a vector"]
        assert await found(configured(NEW), NEW, "the text of number7") == ("7", 1.0)
        assert await configured(NEW).reindex(watched) == 0

    run(test)


def test_after_a_failure_the_next_run_goes_on_and_another_target_starts_anew(run):
    async def fail(number):
        if number > 200:
            raise OSError("the model is gone")

    async def test(configured):
        with pytest.raises(EmbeddingFailed, match="the model is gone"):
            await configured().reindex(Watched(meanwhile=fail))
        assert await found(configured(OLD), OLD, "the text of number7") == ("7", 1.0)
        warning = next(finding for finding in await configured(OLD).doctor() if finding.subject == "reindex")
        assert (warning.severity, warning.sentence.partition(" entries")[0]) == ("warning", "128 of 300")
        seen = []
        assert await configured().reindex(NEW, progress=lambda *step: seen.append(step)) == 172
        assert seen[0] == (128, 300)
        with pytest.raises(EmbeddingFailed):
            await configured().reindex(Watched(OTHER, meanwhile=fail))
        assert await configured().reindex(OLD) == 300
        assert await found(configured(OLD), OLD, "the text of number7") == ("7", 1.0)

    run(test)


def test_two_runs_for_one_target_share_the_work_and_for_two_targets_one_gives_up(run):
    async def test(configured):
        both = await asyncio.gather(configured().reindex(NEW), configured().reindex(NEW))
        assert max(both) <= 300 <= sum(both)

        async def meanwhile(number):
            if number == 128:
                await configured().reindex(OTHER)

        with pytest.raises(StoreConflict, match="hash:1:48"):
            await configured().reindex(Watched(OLD, meanwhile=meanwhile))
        assert await found(configured(OTHER), OTHER, "the text of number7") == ("7", 1.0)

    run(test)


def test_what_was_cleared_or_has_expired_meanwhile_is_no_obstacle(run):
    async def test(configured):
        old = configured(OLD)
        past = datetime.now(UTC) - timedelta(days=1)
        await old.save(await made(OLD, "short", created_at=past, expires_at=past + timedelta(days=1, milliseconds=300)))

        async def meanwhile(_):
            await old.clear()

        await configured().reindex(Watched(meanwhile=meanwhile))
        new = configured(NEW)
        assert await new.count() == 0
        await new.save(await made(NEW, 1))
        assert await found(new, NEW, "the text of number1") == ("1", 1.0)

    run(test)


@pytest.mark.parametrize("others", [3, 400])
def test_another_namespace_of_the_file_keeps_its_vectors(others, run, tmp_path):
    async def test(configured):
        other = VectorAdapter(tmp_path, namespace="other", embedder=identity(OTHER), synchronous="normal")
        await other.save_many([await made(OTHER, number) for number in range(others)])
        assert await found(other, OTHER, "the text of number2") == ("2", 1.0)
        assert await configured().reindex(NEW) == 300
        await other.save(await made(OTHER, "late"))
        for text in ("number2", "numberlate"):
            assert await found(other, OTHER, f"the text of {text}") == (text.removeprefix("number"), 1.0)
        assert await found(configured(NEW), NEW, "the text of number7") == ("7", 1.0)
        for adapter in (other, configured(NEW)):
            assert {finding.severity for finding in await adapter.doctor()} <= {"ok", "info"}
        await other.close()

    run(test)


def process(code, directory):
    command = [sys.executable, "-c", textwrap.dedent(code), str(directory)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


CHILD = """
    import asyncio, sys
    from axon.adapters.vector import VectorAdapter
    from axon.testing import HashEmbedder

    class Slow(HashEmbedder):
        done = 0
        async def embed(self, texts):
            if self.done == 2:
                print("two calls are done", flush=True)
                await asyncio.Event().wait()
            self.done += 1
            return await super().embed(texts)

    asyncio.run(VectorAdapter(sys.argv[1]).reindex(Slow(32)))
"""


def test_kill_9_in_the_middle_loses_no_vector_and_the_next_run_goes_on(run, tmp_path):
    async def test(configured):
        await configured(OLD).count()
        with process(CHILD, tmp_path) as child:
            assert child.stdout.readline() == "two calls are done\n"
            child.kill()
        old = configured(OLD)
        assert await found(old, OLD, "the text of number7") == ("7", 1.0)
        await old.save(await made(OLD, "late", "written after the kill"))
        watched = Watched()
        assert await configured().reindex(watched) == 300 + 1 - 256
        assert "the text of number7" not in watched.texts
        new = configured(NEW)
        for number, text in (("7", "the text of number7"), ("late", "written after the kill")):
            assert await found(new, NEW, text) == (number, 1.0)
        assert await new.count() == 301

    run(test)


def test_another_process_that_is_open_takes_the_new_vectors_up(run, tmp_path):
    reader = """
        import asyncio, sys
        from axon.adapters.vector import VectorAdapter
        from axon.spi import Query
        from axon.testing import HashEmbedder

        async def main():
            adapter = VectorAdapter(sys.argv[1])
            for line in sys.stdin:
                dimension, text = line.strip().split(" ", 1)
                (vector,) = await HashEmbedder(int(dimension)).embed([text])
                (hit,) = await adapter.query(Query(vector=vector, limit=1))
                print(hit.entry.id, round(hit.score, 3), flush=True)

        asyncio.run(main())
    """

    async def test(configured):
        with process(reader, tmp_path) as child:

            def asked(dimension):
                child.stdin.write(f"{dimension} the text of number7\n")
                child.stdin.flush()
                return child.stdout.readline()

            assert asked(16) == "7 1.0\n"
            await configured().reindex(NEW)
            assert asked(32) == "7 1.0\n"
            child.stdin.close()

    run(test)
