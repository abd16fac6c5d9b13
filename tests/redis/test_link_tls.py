"""The way to a server through TLS."""

import asyncio
import os
import ssl
from contextlib import suppress

import pytest
from redis_link import KEY, either
from redis_servers.address import HOST

from axon.core.errors import ConfigError
from axon_redis.endpoint import Endpoint
from axon_redis.link import open_link


class TlsFront:
    """Speaks TLS on a port of its own, and in plain with the server behind it."""

    def __init__(self, server, certificate):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate / "server.pem", certificate / "server.key")
        self.server = server

    async def __aenter__(self):
        self.tasks = set()
        self.front = await asyncio.start_server(self.serve, HOST, 0, ssl=self.context)
        self.port = self.front.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_):
        self.front.close()
        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)

    async def serve(self, reader, writer):
        self.tasks.add(asyncio.current_task())
        inner_reader, inner_writer = await asyncio.open_connection(HOST, self.server.port)
        with suppress(ConnectionError, asyncio.CancelledError):
            await asyncio.gather(self.copy(reader, inner_writer), self.copy(inner_reader, writer))
        writer.transport.abort()
        inner_writer.transport.abort()

    async def copy(self, reader, writer):
        try:
            while data := await reader.read(2**16):
                writer.write(data)
                await writer.drain()
        finally:
            writer.close()


@either
def test_tls(server, certificate, multiplex):
    async def main():
        async with TlsFront(server, certificate) as front:
            settings = {"host": HOST, "port": front.port, "ssl": True, "environ": {}}
            link = open_link(Endpoint.of(**settings, ssl_ca_certs=str(certificate / "ca.pem")), multiplex=multiplex)
            value = os.urandom(2**20)
            await link.call(KEY, ("SET", KEY, value))
            assert await asyncio.gather(*(link.call(KEY, ("GET", KEY)) for _ in range(20))) == [value] * 20
            await link.close()

            link = open_link(Endpoint.of(**settings), multiplex=multiplex)
            with pytest.raises(ConfigError, match=rf"127.0.0.1:{front.port}.*TLS failed.*ssl_ca_certs"):
                await link.call(KEY, ("GET", KEY))
            await link.close()

    asyncio.run(main())
