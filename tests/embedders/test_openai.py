"""The embedder ``openai`` against an endpoint on this machine, which also fails, stalls and talks nonsense."""

from __future__ import annotations

import asyncio
import base64
import gc
import logging
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import ConfigError, EmbeddingFailed, InvalidInput, WrongType
from axon.core.registry import Registry
from axon_openai import OpenAIEmbedder

KEY = "sk-hunter2"
TEXTS = ["Ada drinks tea", "Bo rides a bike", "the train to Lisbon"]


async def embedded(embedder, texts):
    try:
        return await embedder.embed(texts)
    finally:
        await embedder.aclose()


def ask(endpoint, *texts, embedder=None, **settings):
    made = embedder or OpenAIEmbedder(**{"model": "a-model", "base_url": endpoint.url, "dimensions": 8, **settings})
    return asyncio.run(embedded(made, list(texts)))


def inputs(endpoint):
    return [request.body["input"] for request in endpoint.requests]


@pytest.mark.parametrize("encoding", ["base64", "float"])
def test_the_vectors_of_an_endpoint(endpoint, encoding):
    found = ask(endpoint, *TEXTS, encoding=encoding, api_key=KEY)
    assert [list(vector) for vector in found] == [list(vector) for vector in endpoint.vectors(TEXTS)]
    (request,) = endpoint.requests
    assert request.path == "/v1/embeddings"
    assert request.headers["Authorization"] == f"Bearer {KEY}"
    assert request.body == {"model": "a-model", "input": TEXTS, "encoding_format": encoding}


def test_an_endpoint_that_answers_in_the_other_encoding(endpoint):
    rows = [{"index": 0, "embedding": [0.0] * 7 + [1.0]}]
    endpoint.answers.append(endpoint.answer(200, {"data": rows}))
    assert list(ask(endpoint, "text", encoding="base64")[0]) == [0.0] * 7 + [1.0]


def test_no_key_is_no_header(endpoint):
    ask(endpoint, "text")
    assert "Authorization" not in endpoint.requests[0].headers


def test_many_texts_go_in_batches(endpoint):
    texts = [f"text number {i}" for i in range(7)]
    assert ask(endpoint, *texts, batch_size=3) == endpoint.vectors(texts)
    assert inputs(endpoint) == [texts[:3], texts[3:6], texts[6:]]


def test_blank_texts_are_not_sent_and_keep_their_place(endpoint):
    found = ask(endpoint, "", "one", "  \n", "two", batch_size=2)
    assert inputs(endpoint) == [["one", "two"]]
    assert [any(vector) for vector in found] == [False, True, False, True]
    assert found[3] == endpoint.vectors(["two"])[0]
    endpoint.requests.clear()
    assert [len(vector) for vector in ask(endpoint, " ")] == [8]
    assert endpoint.requests == []


def test_prefixes_go_before_texts_and_questions(endpoint):
    async def scenario():
        embedder = CachingEmbedder(
            OpenAIEmbedder(model="m", base_url=endpoint.url, dimensions=8, text_prefix="doc: ", query_prefix="ask: ")
        )
        await embedder.embed(["tea"])
        await embedder.embed_queries(["tea"])
        await embedder.aclose()

    asyncio.run(scenario())
    assert inputs(endpoint) == [["doc: tea"], ["ask: tea"]]


@pytest.mark.parametrize(
    ("settings", "asked", "dimension"),
    [
        ({"model": "text-embedding-3-small"}, None, 1536),
        ({"model": "text-embedding-3-small", "dimensions": 1536}, None, 1536),
        ({"model": "text-embedding-3-small", "dimensions": 256}, 256, 256),
        ({"model": "nomic-embed-text", "dimensions": 768}, None, 768),
        ({"model": "nomic-embed-text", "dimensions": 64, "shorten": True}, 64, 64),
    ],
)
def test_the_dimension_is_known_before_and_asked_for_only_where_it_is_not_the_models_own(
    endpoint, settings, asked, dimension
):
    embedder = OpenAIEmbedder(base_url=endpoint.url, **settings)
    assert embedder.dimension == dimension
    assert identity(embedder) == f"openai:{settings['model']}:{dimension}"
    own = endpoint.vectors(["text"], dimension)[0]
    endpoint.answers.append(endpoint.answer(200, {"data": [{"index": 0, "embedding": list(own)}]}))
    assert ask(endpoint, "text", embedder=embedder) == [own]
    assert endpoint.requests[0].body.get("dimensions") == asked


def test_a_prefix_of_texts_is_another_version():
    versions = {
        OpenAIEmbedder(model="m", dimensions=8, text_prefix=prefix, query_prefix="ask: ").version
        for prefix in ("", "doc: ", "text: ")
    }
    assert len(versions) == 3


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_what_passes_is_tried_again(endpoint, status):
    endpoint.answers.append(endpoint.answer(status, {"error": {"message": "later"}}, Retry_After="0"))
    assert ask(endpoint, "text") == endpoint.vectors(["text"])
    assert inputs(endpoint) == [["text"], ["text"]]


def test_a_wait_that_the_endpoint_does_not_ask_for_is_short(endpoint):
    endpoint.answers.extend([endpoint.answer(503, b"<html>busy</html>"), endpoint.dropped])
    assert ask(endpoint, "text") == endpoint.vectors(["text"])
    assert len(endpoint.requests) == 3


def test_only_the_batch_that_failed_is_sent_again(endpoint):
    endpoint.answers.extend([endpoint.good, endpoint.answer(500, {}, Retry_After="0")])
    ask(endpoint, "one", "two", batch_size=1)
    assert inputs(endpoint) == [["one"], ["two"], ["two"]]


def test_the_tries_come_to_an_end(endpoint):
    endpoint.answers.extend([endpoint.answer(429, {"error": {"message": "slow down"}}, Retry_After="0")] * 9)
    with pytest.raises(
        EmbeddingFailed, match=r"answered 429: slow down \(tried 3 times\); nothing was stored or asked"
    ):
        ask(endpoint, "text", retries=2)
    assert len(endpoint.requests) == 3


@pytest.mark.parametrize(
    "wait",
    ["3600", format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)],
    ids=["seconds", "moment"],  # a moment would be another name in each process that runs tests
)
def test_a_wait_beyond_the_deadline_is_not_begun(endpoint, wait):
    endpoint.answers.append(endpoint.answer(429, {}, Retry_After=wait))
    with pytest.raises(EmbeddingFailed, match="answered 429;"):
        ask(endpoint, "text")
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize("stalls", ["never", "trickle"])
def test_an_answer_that_takes_too_long(endpoint, stalls):
    endpoint.answers.append(getattr(endpoint, stalls))
    with pytest.raises(EmbeddingFailed, match=r"/v1/embeddings, model 'a-model': no answer within 0\.1 seconds"):
        ask(endpoint, "text", timeout_seconds=0.1, retries=0)


def test_the_deadline_ends_the_last_try(endpoint):
    endpoint.answers.append(endpoint.never)
    with pytest.raises(EmbeddingFailed, match=r"no answer within 0\.1 seconds"):
        ask(endpoint, "text", deadline_seconds=0.1)


def test_a_cancelled_call_ends_at_once(endpoint):
    async def scenario():
        endpoint.answers.append(endpoint.never)
        embedder = OpenAIEmbedder(model="m", base_url=endpoint.url, dimensions=8)
        call = asyncio.create_task(embedder.embed(["text"]))
        await asyncio.to_thread(endpoint.asked.acquire)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert await embedder.embed(["text"]) == await asyncio.to_thread(endpoint.vectors, ["text"])
        await embedder.aclose()

    asyncio.run(scenario())


def test_nobody_listens():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    embedder = OpenAIEmbedder(model="m", base_url=url, dimensions=8, retries=0)
    with pytest.raises(EmbeddingFailed, match=rf"{url}/embeddings, model 'm': no connection: "):
        asyncio.run(embedded(embedder, ["text"]))


@pytest.mark.parametrize(
    ("status", "body", "problem"),
    [
        (400, {"error": {"message": "too many tokens\n  in input 0"}}, "answered 400: too many tokens in input 0;"),
        (400, {"error": "no such thing"}, "answered 400: no such thing;"),
        (400, {"object": "error", "message": "flat"}, "answered 400: flat;"),
        (422, ["nonsense"], "answered 422;"),
        (404, {"error": {"message": "no model a-model"}}, "answered 404: no model a-model; see base_url and model;"),
        (301, b"", "answered 301, it is somewhere else: see base_url;"),
        (429, {"error": {"code": "insufficient_quota", "message": "pay first"}}, "answered 429: pay first;"),
        (200, b"<html>", "answered 200 with something that is not JSON;"),
        (200, {"vectors": []}, 'without a list of vectors under "data";'),
        (200, {"data": ["x"]}, 'without a list of vectors under "data";'),
        (200, {"data": []}, "with 0 vectors for 1 texts;"),
        (200, {"data": [{"index": 1, "embedding": [0.0] * 8}]}, 'an "index" that is missing, twice there or beyond'),
        (200, {"data": [{"index": 0, "embedding": [0.0] * 9}]}, "9 dimensions instead of 8: set dimensions = 9, or"),
        (200, {"data": [{"index": 0, "embedding": "%%%"}]}, "not the base64 of float32 numbers;"),
        (200, {"data": [{"index": 0, "embedding": base64.b64encode(b"12345").decode()}]}, "not the base64 of float32"),
        (200, {"data": [{"index": 0}]}, "must be a vector of numbers"),
    ],
)
def test_what_does_not_pass_is_said_at_once(endpoint, status, body, problem):
    endpoint.answers.append(endpoint.answer(status, body))
    with pytest.raises(EmbeddingFailed) as info:
        ask(endpoint, "text")
    assert problem in str(info.value)
    assert len(endpoint.requests) == 1


def test_two_vectors_of_one_index(endpoint):
    row = {"index": 0, "embedding": [0.0] * 8}
    endpoint.answers.append(endpoint.answer(200, {"data": [row, row]}))
    with pytest.raises(EmbeddingFailed, match="twice there"):
        ask(endpoint, "one", "two")


@pytest.mark.parametrize(
    "answer",
    [
        (401, {"error": {"message": f"Incorrect API key provided: {KEY[:6]}****{KEY[-2:]}"}}),
        (403, {"error": {"message": KEY}}),
        (400, {"error": {"message": f"cannot use {KEY} here"}}),
        (500, {"error": {"message": f"cannot use {KEY} here"}}),
    ],
)
def test_the_key_is_in_no_message_and_no_log(endpoint, answer, caplog):
    caplog.set_level(logging.DEBUG)
    endpoint.answers.append(endpoint.answer(*answer))
    embedder = OpenAIEmbedder(model="m", base_url=endpoint.url, dimensions=8, api_key=KEY, retries=0)
    with pytest.raises(EmbeddingFailed) as info:
        ask(endpoint, "text", embedder=embedder)
    assert "hunter2" not in f"{info.value!r} {info.value} {embedder!r} {embedder._options!r} {caplog.text}"
    assert "r2" not in str(info.value)


def test_a_token_in_the_address_is_in_no_repr_and_no_message(endpoint):
    endpoint.answers.append(endpoint.answer(400, {}))
    settings = {"model": "m", "base_url": f"{endpoint.url}/?api_version=2&token={KEY}", "dimensions": 8}
    embedder = OpenAIEmbedder(**settings)
    with pytest.raises(EmbeddingFailed) as info:
        ask(endpoint, "text", embedder=embedder)
    assert "hunter2" not in f"{embedder!r} {embedder._options!r} {info.value}"
    assert endpoint.requests[0].path == f"/v1/embeddings?api_version=2&token={KEY}"


def test_the_message_of_a_refused_key_says_what_to_look_at(endpoint):
    endpoint.answers.extend([endpoint.answer(401, {})] * 2)
    with pytest.raises(EmbeddingFailed, match=r"refused the api_key \(401\): see the variable that api_key names"):
        ask(endpoint, "text", api_key=KEY)
    with pytest.raises(EmbeddingFailed, match="refused a request without api_key"):
        ask(endpoint, "text")


def test_one_loop_after_another_with_one_connection_each(endpoint):
    embedder = OpenAIEmbedder(model="m", base_url=endpoint.url, dimensions=8)
    for text in ("one", "two"):
        assert asyncio.run(embedded(embedder, [text])) == endpoint.vectors([text])
    gc.collect()  # a connection that was left open would warn, and a warning is an error here


@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")  # which is the price of not closing
def test_another_loop_does_not_use_the_connections_of_one_that_did_not_close_them(endpoint):
    embedder = OpenAIEmbedder(model="m", base_url=endpoint.url, dimensions=8)
    asyncio.run(embedder.embed(["one"]))
    assert asyncio.run(embedded(embedder, ["two"])) == endpoint.vectors(["two"])
    del embedder
    gc.collect()


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"model": ""}, "model is empty"),
        ({"model": "nomic-embed-text"}, "set dimensions, how many numbers the vectors of 'nomic-embed-text' have"),
        ({"model": "m", "dimensions": 0}, "dimensions must be at least 1, got 0"),
        ({"model": "m", "dimensions": "8"}, "dimensions must be a whole number, got '8'"),
        ({"model": "m", "dimensions": 8, "batch_size": 0}, "batch_size must be at least 1, got 0"),
        ({"model": "m", "dimensions": 8, "timeout_seconds": 0}, "timeout_seconds must be a number of seconds above 0"),
        ({"model": "m", "dimensions": 8, "encoding": "hex"}, "encoding must be one of base64, float, got 'hex'"),
        ({"model": "m", "dimensions": 8, "base_url": "api.example.com"}, 'base_url must begin with "http://" or'),
        ({"model": "m", "dimensions": 8, "base_url": f"https://me:{KEY}@example.com"}, "no user and no password"),
        ({"model": "m", "dimensions": 8, "api_key": f"{KEY}\n"}, "api_key is empty or holds spaces, line ends"),
        ({"model": "m", "dimensions": 8, "api_key": ""}, "api_key is empty or holds"),
        ({"model": "m", "dimensions": 8, "base_url": "http://example.com:port"}, "base_url is no URL: Invalid port"),
    ],
)
def test_settings_that_cannot_be_used(settings, problem):
    with pytest.raises(InvalidInput) as info:
        OpenAIEmbedder(**settings)
    assert problem in str(info.value)
    assert "hunter2" not in str(info.value)


@pytest.mark.parametrize(
    "settings", [{"dimensions": "8"}, {"batch_size": 1.0}, {"retries": True}, {"timeout_seconds": "1"}]
)
def test_settings_of_a_wrong_type(settings):
    with pytest.raises(WrongType, match=next(iter(settings))):
        OpenAIEmbedder(**{"model": "m", "dimensions": 8, **settings})


def test_a_configuration_names_it_and_the_variable_of_the_key(endpoint, monkeypatch):
    spec = Registry().embedder("openai")
    settings = {"model": "m", "base_url": endpoint.url, "dimensions": 8, "api_key": {"env": "SOME_KEY"}}
    monkeypatch.setenv("SOME_KEY", KEY)
    ask(endpoint, "text", embedder=spec.build(settings, at="embedders.openai"))
    assert endpoint.requests[0].headers["Authorization"] == f"Bearer {KEY}"
    monkeypatch.delenv("SOME_KEY")
    with pytest.raises(ConfigError, match=r"variable SOME_KEY is not set @ embedders\.openai\.api_key"):
        spec.build(settings, at="embedders.openai")
    with pytest.raises(ConfigError, match=r"unknown key 'modell' \(did you mean 'model'\?\) @ embedders\.openai"):
        spec.build({**settings, "modell": "m"}, at="embedders.openai")
