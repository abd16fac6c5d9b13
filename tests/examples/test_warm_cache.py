"""However many processes ask for a price at once, one looks it up for all that share a store."""

from example_process import main_of, run, run_at_once

SHOW = main_of("warm_cache.py")
PRICE = "import asyncio, warm_cache; print(asyncio.run(warm_cache.price({!r})))"


def looked_up(outputs, article):
    return sum(said.count(f"looking up the price of {article}\n") for said in outputs)


def test_processes_that_share_a_store_look_up_once(on_redis):
    outputs = run_at_once([SHOW] * 4, on_redis, first="import axon.core.system")
    assert {said.splitlines()[-1] for said in outputs} == {"tea 18.50, pot 64.00"}
    assert [looked_up(outputs, article) for article in ("tea", "pot")] == [1, 1]
    # Another one finds all of it: what was stored, and the prices.
    count = "import asyncio, warm_cache; print(asyncio.run(warm_cache.memory.count(tier='ephemeral')))"
    assert run(count, on_redis) == "5\n"
    assert run(PRICE.format("tea"), on_redis) == "18.5\n"


def test_on_memory_each_process_looks_up_once(on_memory):
    outputs = run_at_once([SHOW] * 2, on_memory)
    assert [(looked_up([said], "tea"), looked_up([said], "pot")) for said in outputs] == [(1, 1), (1, 1)]


def test_a_changed_price_is_looked_up_again_by_another_process(on_redis):
    run(SHOW, on_redis)
    run(main_of("warm_cache.py", "changed", "tea"), on_redis)
    outputs = run_at_once([SHOW] * 2, on_redis)
    assert [looked_up(outputs, article) for article in ("tea", "pot")] == [1, 0]
    run(main_of("warm_cache.py", "changed"), on_redis)
    outputs = run_at_once([SHOW] * 2, on_redis)
    assert [looked_up(outputs, article) for article in ("tea", "pot")] == [1, 1]


def test_a_changed_price_is_looked_up_again_within_a_process(anywhere):
    code = """
import asyncio
from warm_cache import changed, price

async def main():
    for step in (price("tea"), price("pot"), price("tea"), changed("tea"), price("tea"), price("pot")):
        print(await step)

asyncio.run(main())
"""
    tea, pot = "looking up the price of tea", "looking up the price of pot"
    assert run(code, anywhere).splitlines() == [tea, "18.5", pot, "64.0", "18.5", "None", tea, "18.5", "64.0"]


def test_an_error_is_not_kept(anywhere):
    code = """
import asyncio, warm_cache

async def main():
    for article in ("sword", "sword"):
        try:
            await warm_cache.price(article)
        except KeyError as error:
            print(f"no {error}")
    warm_cache.PRICES["sword"] = 900.0
    print(await warm_cache.price("sword"))

asyncio.run(main())
"""
    looking = "looking up the price of sword"
    assert run(code, anywhere).splitlines() == [looking, "no 'sword'", looking, "no 'sword'", looking, "900.0"]


def test_all_of_the_catalogue_is_stored_a_batch_at_a_time(anywhere):
    for said in run_at_once([SHOW] * 3, anywhere):
        assert said.splitlines()[:3] == ["stored 2 of 5", "stored 4 of 5", "stored 5 of 5"]
    said = run(SHOW, anywhere)
    assert "recalled: A bamboo tray\n" in said
    assert "recalled: A whisk for matcha, also of bamboo\n" in said
