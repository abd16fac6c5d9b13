"""What tests of the way to a server share: a link, and what comes of one command."""

import asyncio

import pytest
from redis_servers.address import HOST
from redis_servers.patience import wait_until

from axon_redis.commands import Script
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link

KEY = b"key"
SECRET = "s3cr3t-of-the-server"
GET_SCRIPT = Script("get", "return redis.call('GET', KEYS[1])")
SET_SCRIPT = Script("set", "return redis.call('SET', KEYS[1], ARGV[1])")
either = pytest.mark.parametrize("multiplex", [True, False], ids=["multiplexed", "pooled"])


def link_to(server, *, multiplex=True, **arguments):
    arguments = {"host": HOST, "port": server.port, "environ": {}, **arguments}
    return open_link(Endpoint.of(**arguments), multiplex=multiplex)


def run_with(server, use, *, multiplex=True, **arguments):
    """What ``use(link)`` returns, on a link that is closed afterwards."""

    async def main():
        link = link_to(server, multiplex=multiplex, **arguments)
        try:
            return await use(link)
        finally:
            await link.close()

    return asyncio.run(main())


def run_raising(server, command=("GET", KEY), *, repeatable=True, **arguments):
    """The error of a command."""

    async def use(link):
        with pytest.raises(Exception) as caught:
            await link.call(KEY, command, repeatable=repeatable)
        return caught.value

    error = run_with(server, use, **arguments)
    seen = error
    while seen is not None:
        assert SECRET not in f"{seen!r} {seen}"
        seen = seen.__cause__ or seen.__context__
    return error


async def to_thread_until(condition, what):
    return await asyncio.to_thread(wait_until, condition, what)
