"""However many clients ask however many servers, the limit lets exactly so many through."""

import json
from contextlib import ExitStack

import httpx
import pytest
from example_process import main_of, run, run_at_once
from example_server import ExampleServer
from redis_servers.server import Server

LIMIT = 20
CLIENTS, REQUESTS = 4, 50  # which take seconds, so that none of the first has left the window of a minute


@pytest.mark.parametrize("servers", [1, 3])
def test_exactly_the_limit_is_let_through(request, servers):
    """One server keeps the limit anywhere, several do it together on Redis."""
    environment = request.getfixturevalue("on_memory" if servers == 1 else "on_redis")
    check_the_limit(environment, servers)


def test_one_server_on_redis_does_as_well(on_redis):
    check_the_limit(on_redis, 1)


def check_the_limit(environment, servers):
    with ExitStack() as stack:
        running = [stack.enter_context(ExampleServer("rate_limited_api", environment)) for _ in range(servers)]
        urls = [server.url for server in running]
        first = "import asyncio, example_client"
        code = f"print(asyncio.run(example_client.ask_for_quotes({urls}, 'ada', {REQUESTS})))"
        outputs = run_at_once([code] * CLIENTS, environment, first=first)
        answers = [answer for said in outputs for answer in json.loads(said)]
        allowed = [remaining for status, remaining, _ in answers if status == 200]
        refused = [(remaining, after) for status, remaining, after in answers if status == 429]
        assert sorted(map(int, allowed)) == list(range(LIMIT))  # each place was given once
        assert len(refused) == CLIENTS * REQUESTS - LIMIT
        assert {remaining for remaining, _ in refused} == {"0"}
        assert all(1 <= int(after) <= 60 for _, after in refused)
        another = httpx.get(f"{urls[0]}/quote", headers={"X-API-Key": "bo"})
        assert (another.status_code, another.headers["X-RateLimit-Remaining"]) == (200, str(LIMIT - 1))
        assert "Retry-After" not in another.headers


def test_who_does_not_say_who_it_is_is_not_counted(on_memory):
    with ExampleServer("rate_limited_api", on_memory) as server:
        assert [httpx.get(f"{server.url}/quote").status_code for _ in range(LIMIT + 1)] == [422] * (LIMIT + 1)


def test_without_the_store_nobody_is_let_through(on_redis):
    with Server() as store, ExampleServer("rate_limited_api", on_redis | {"REDIS_PORT": str(store.port)}) as server:
        assert httpx.get(f"{server.url}/quote", headers={"X-API-Key": "ada"}).status_code == 200
        store.kill()
        refused = httpx.get(f"{server.url}/quote", headers={"X-API-Key": "ada"}, timeout=60)
        assert refused.status_code == 503
        assert "the limit cannot be checked" in refused.json()["detail"]


def test_it_shows_itself(anywhere):
    said = run(main_of("rate_limited_api.py"), anywhere)
    assert "ada: 20 answers, 2 refused\n" in said
    assert "bo: 1 answers, 0 refused\n" in said
