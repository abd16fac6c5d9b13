"""An endpoint on this machine that speaks OpenAI's embeddings API, and fails as it is told."""

from __future__ import annotations

import asyncio
import base64
import json
import threading
from array import array
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from axon.testing import HashEmbedder

DIMENSIONS = 8


def vectors(texts, dimensions=DIMENSIONS):
    return asyncio.run(HashEmbedder(dimensions).embed(texts))


class Request:
    def __init__(self, path, headers, body):
        self.path = path
        self.headers = headers
        self.body = body


class Endpoint:
    """What came in is in ``requests``; what goes out is the next of ``answers``, or what a good endpoint would say."""

    def __init__(self):
        self.requests = []
        self.answers = deque()
        self.asked = threading.Semaphore(0)
        self.closing = threading.Event()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                request = Request(self.path, self.headers, body)
                endpoint.requests.append(request)
                endpoint.asked.release()
                answer = endpoint.answers.popleft() if endpoint.answers else good
                answer(self, request)

            def log_message(self, *args):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,))
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def never(self, handler, request):
        """No answer, for as long as the test runs."""
        self.closing.wait()
        handler.close_connection = True

    def trickle(self, handler, request):
        """A byte now and then, which a timeout for single bytes would take for life."""
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        while not self.closing.wait(0.01):
            try:
                handler.wfile.write(b" ")
            except OSError:
                break
        handler.close_connection = True

    def close(self):
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def answer(status, body, **headers):
    """An answer of that status, with a body of JSON or of bytes."""

    def send(handler, request):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def good(handler, request):
    rows = vectors(request.body["input"], request.body.get("dimensions", DIMENSIONS))
    if request.body["encoding_format"] == "base64":
        values = [base64.b64encode(array("f", row)).decode() for row in rows]
    else:
        values = [list(row) for row in rows]
    data = [{"index": i, "embedding": value} for i, value in enumerate(values)]
    answer(200, {"data": data[::-1], "model": request.body["model"]})(handler, request)  # the order says nothing


def dropped(handler, request):
    """The connection ends without an answer."""
    handler.close_connection = True


@pytest.fixture
def endpoint(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    endpoint = Endpoint()
    endpoint.answer = answer
    endpoint.dropped = dropped
    endpoint.good = good
    endpoint.vectors = vectors
    yield endpoint
    endpoint.close()
