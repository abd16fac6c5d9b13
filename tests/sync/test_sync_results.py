"""``once_result`` and ``cached`` for plain functions, from several threads."""

from __future__ import annotations

import contextvars
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count

import pytest
from sync_store import CONFIG, PATIENCE_S, until

from axon.core.errors import (
    ComputationFailed,
    InvalidInput,
    WrongType,
)
from axon.sync import MemorySystem


class TestResults:
    def test_one_thread_of_many_has_it_computed(self, memory):
        runs, together = [], threading.Barrier(17)

        def compute():
            runs.append(threading.current_thread())
            memory.count()  # other calls go on meanwhile
            together.wait(PATIENCE_S)
            return {"runs": len(runs)}

        with ThreadPoolExecutor(16) as pool:
            results = [pool.submit(memory.once_result, "a", compute, ttl=60) for _ in range(16)]
            until(lambda: runs)
            for _ in range(16):
                threading.Thread(target=together.wait, daemon=True).start()
            assert [result.result(PATIENCE_S) for result in results] == [{"runs": 1}] * 16
        assert runs[0] is not threading.main_thread()

    def test_an_error_is_that_of_all_who_wait(self, memory, store):
        begun, go = threading.Event(), threading.Event()

        def compute():
            begun.set()
            assert go.wait(PATIENCE_S)
            raise ValueError("no data")

        with MemorySystem(CONFIG, adapters={"ephemeral": store}) as other, ThreadPoolExecutor(2) as pool:
            first = pool.submit(memory.once_result, "a", compute, ttl=60)
            assert begun.wait(PATIENCE_S)
            second = pool.submit(other.once_result, "a", compute, ttl=60)
            until(lambda: sum(len(held.waiters) for held in store._locks._held.values()) == 1)
            go.set()
            assert isinstance(first.exception(PATIENCE_S), ValueError)
            assert isinstance(second.exception(PATIENCE_S), ComputationFailed)

    @pytest.mark.parametrize("error", [StopIteration, SystemExit, KeyboardInterrupt])
    def test_what_would_end_a_loop_is_an_error_of_the_function(self, memory, error):
        def compute():
            raise error

        with pytest.raises(RuntimeError, match=f"the function raised {error.__name__}") as caught:
            memory.once_result("a", compute, ttl=60)
        assert isinstance(caught.value.__cause__, error)
        assert memory.count() == 0

    def test_functions_that_need_each_other_do_not_wait_for_threads(self, memory):
        @memory.cached(ttl=60, name="depth")
        def depth(number):
            return 0 if number == 0 else 1 + depth(number - 1)

        assert depth(60) == 60

    def test_the_context_of_the_caller_is_there(self, memory):
        variable = contextvars.ContextVar("variable", default="none")
        variable.set("of the caller")
        assert memory.once_result("a", variable.get, ttl=60) == "of the caller"

    def test_what_may_be_given(self, memory):
        async def wrong():
            """Is not plain."""

        for function in (wrong, 5, None):
            with pytest.raises(WrongType, match="function must be a plain function without arguments"):
                memory.once_result("a", function)


class TestCached:
    def test_by_arguments_until_it_is_invalidated(self, memory, clock):
        runs = count(1)

        @memory.cached(ttl=60, tags=lambda item, **_: ["all", item], name="price")
        def price(item, *, currency="EUR"):
            """Of an item."""
            return [item, currency, next(runs)]

        assert (price.__name__, price.__doc__) == ("price", "Of an item.")
        assert [price("tea"), price(item="tea", currency="EUR"), price("tea", currency="USD")] == [
            ["tea", "EUR", 1],
            ["tea", "EUR", 1],
            ["tea", "USD", 2],
        ]
        price.invalidate("tea")
        assert price("tea") == ["tea", "EUR", 3]
        memory.invalidate("tea", "coffee")
        assert price("tea") == ["tea", "EUR", 4]
        clock.now += 60
        assert price("tea") == ["tea", "EUR", 5]
        with pytest.raises(TypeError):
            price()

    def test_methods(self, memory):
        class Shop:
            runs = 0

            @memory.cached(ttl=60, key=lambda shop, item: item, name="price")
            def price(self, item):
                Shop.runs += 1
                return item

        shop = Shop()
        assert [shop.price("tea"), Shop().price("tea"), Shop.price(shop, "tea"), Shop.runs] == ["tea", "tea", "tea", 1]
        shop.price.invalidate("tea")
        assert [shop.price("tea"), Shop.runs] == ["tea", 2]

    def test_many_threads_run_it_once(self, memory):
        runs = []

        @memory.cached(ttl=60, name="slow")
        def slow(number):
            runs.append(number)
            memory.count()
            return number

        with ThreadPoolExecutor(16) as pool:
            assert list(pool.map(slow, [1, 2] * 50)) == [1, 2] * 50
        assert sorted(runs) == [1, 2]

    def test_wrong_use(self, memory):
        async def function():
            """Is not plain."""

        class Callable:
            def __call__(self):
                """Is one of several."""

        def plain():
            return 1

        kept = memory.cached(ttl=60, name="plain")(plain)
        for wrong in (function, 5, partial(plain), Callable(), len, kept):
            with pytest.raises(WrongType, match=r"cached\(\) is for plain functions here"):
                memory.cached(ttl=60)(wrong)
        with pytest.raises(TypeError):
            memory.cached(lambda: 1)
        with pytest.raises(InvalidInput, match="<lambda>, and would share their results"):
            memory.cached(ttl=60)(lambda: 1)
        with pytest.raises(InvalidInput, match="another cached function is called 'plain' already"):
            memory.cached(ttl=60, name="plain")(lambda: 1)
        assert memory.cached(ttl=60, name="plain")(plain)() == 1

    def test_a_function_that_calls_itself(self, memory):
        @memory.cached(ttl=60, name="endless")
        def endless():
            return endless()

        with pytest.raises(InvalidInput, match="the computation of 'endless' asks for its own result"):
            endless()
