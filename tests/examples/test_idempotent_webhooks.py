"""However often an event is delivered and to however many servers, it is handled once."""

import json
from contextlib import ExitStack, contextmanager

import httpx
import pytest
from example_process import main_of, run, run_at_once
from example_server import ExampleServer

CLIENTS, TIMES = 4, 3
ORDERS = [f"order-{number}" for number in range(5)]


@pytest.fixture(params=[("memory", 1), ("redis", 1), ("redis", 3)], ids=lambda it: f"{it[0]}-{it[1]}")
def place(request):
    """An environment, and the URLs of the servers in it."""
    store, servers = request.param
    environment = request.getfixturevalue(f"on_{store}")
    with serving(environment, servers) as urls:
        yield environment, urls


@contextmanager
def serving(environment, servers):
    with ExitStack() as stack:
        running = [stack.enter_context(ExampleServer("idempotent_webhooks", environment)) for _ in range(servers)]
        yield [server.url for server in running]


def delivered(place, kind):
    """What several clients are told that deliver the event of each order several times, all at once."""
    environment, urls = place
    # Each client begins with another server, so that the same event is under way on all of them.
    turned = [urls[number % len(urls) :] + urls[: number % len(urls)] for number in range(CLIENTS)]
    codes = [f"print(asyncio.run(example_client.deliver({some}, {ORDERS}, {kind!r}, {TIMES})))" for some in turned]
    outputs = run_at_once(codes, environment, first="import asyncio, example_client")
    return [answer for said in outputs for answer in json.loads(said)]


def payments(place):
    """How often each order is paid, as each of the servers sees it."""
    _, urls = place
    return {httpx.get(f"{url}/orders/{order}/payments").json() for url in urls for order in ORDERS}


def test_each_event_is_handled_once_and_all_get_its_answer(place):
    delivered(place, "created")
    answers = delivered(place, "paid")
    assert len(answers) == CLIENTS * TIMES * len(ORDERS)
    assert {status for _, status, _ in answers} == {200}
    told = {order: {answer["payment"] for at, _, answer in answers if at == order} for order in ORDERS}
    assert {order: len(ids) for order, ids in told.items()} == dict.fromkeys(ORDERS, 1)
    assert payments(place) == {1}


def test_what_failed_can_be_delivered_again(place):
    answers = delivered(place, "paid")  # before there are orders
    assert {status for _, status, _ in answers} == {503}
    assert all("there is no order" in answer["detail"] for _, _, answer in answers)
    assert payments(place) == {0}
    delivered(place, "created")
    assert {status for _, status, _ in delivered(place, "paid")} == {200}
    assert payments(place) == {1}


def test_a_server_that_was_not_there_gives_the_stored_answer(on_redis):
    with serving(on_redis, 1) as urls:
        delivered((on_redis, urls), "created")
        before = delivered((on_redis, urls), "paid")
    with serving(on_redis, 1) as urls:
        after = delivered((on_redis, urls), "paid")
        assert payments((on_redis, urls)) == {1}
    assert sorted(map(json.dumps, before)) == sorted(map(json.dumps, after))


def test_it_shows_itself(anywhere):
    lines = run(main_of("idempotent_webhooks.py"), anywhere).splitlines()
    assert [line.split(" {")[0] for line in lines[:-1]] == [
        "paid: 503", "created: 200", "paid: 200", "paid: 200", "paid: 200",
    ]  # fmt: skip
    assert len(set(lines[2:5])) == 1
    assert lines[-1] == "payments: 1"
