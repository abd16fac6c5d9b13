"""Not the library: a small module with its interface, for the tests of the embedder that uses it."""

from __future__ import annotations

import threading

import numpy as np

loaded = []
calls = []


class SentenceTransformer:
    def __init__(self, model, *, revision=None, device=None, local_files_only=False):
        if model == "missing":
            raise OSError("missing is no model\nand many more lines")
        loaded.append((model, revision, device, local_files_only))

    def get_sentence_embedding_dimension(self):
        return 3

    def encode_document(self, sentences, **options):
        return self._encode("document", sentences, options)

    def encode_query(self, sentences, **options):
        return self._encode("query", sentences, options)

    def _encode(self, kind, sentences, options):
        calls.append((kind, sentences, options, threading.current_thread()))
        return np.eye(3, dtype=np.float32)[[0 if kind == "query" else 1] * len(sentences)]
