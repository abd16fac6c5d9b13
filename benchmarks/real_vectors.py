"""Embeddings of real text: docstrings of the standard library, and questions that are of another kind."""

from __future__ import annotations

import ast
import asyncio
import hashlib
import re
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.quality import minilm
from benchmarks.quality.corpus import chats, documents

_KEPT = Path(__file__).parents[1] / ".benchmarks"
_SHORTEST = 40
_ENDS = re.compile(r"(?<=[.:;?!])\s+")
_AT_ONCE = 2000


def paragraphs() -> list[str]:
    """The paragraphs of the docstrings of the standard library, each once; the same ones for one version of Python."""
    found: dict[str, None] = {}
    for file in sorted(Path(sysconfig.get_paths()["stdlib"]).rglob("*.py")):
        if "site-packages" in file.parts or "test" in file.parts:
            continue
        for docstring in _docstrings(file):
            for paragraph in docstring.split("\n\n"):
                text = " ".join(paragraph.split())
                if len(text) >= _SHORTEST:
                    found.setdefault(text)
    return list(found)


def sentences() -> list[str]:
    """The sentences of the same docstrings, each once, that are no paragraphs."""
    every = paragraphs()
    found: dict[str, None] = {}
    for paragraph in every:
        found.update((text, None) for text in _ENDS.split(paragraph) if len(text) >= _SHORTEST)
    for paragraph in every:
        found.pop(paragraph, None)
    return list(found)


def questions() -> list[str]:
    """Those about the chats and documents of the examples."""
    return [question.text for corpus in (chats(), documents()) for question in corpus.questions]


def embedded(texts: list[str]) -> Any:
    """A float32 row for each of ``texts``, by MiniLM; kept for the next time."""
    told = hashlib.sha256("\0".join(texts).encode()).hexdigest()[:16]
    file = _KEPT / f"embeddings-{told}.npy"
    if not file.exists():
        print(f"        ... embedding {len(texts):,} texts, once", file=sys.stderr, flush=True)
        file.parent.mkdir(exist_ok=True)
        np.save(file, asyncio.run(_embedded(texts)))
    return np.load(file)


async def _embedded(texts: list[str]) -> Any:
    embedder = minilm()
    parts = [await embedder.embed(texts[start : start + _AT_ONCE]) for start in range(0, len(texts), _AT_ONCE)]
    await embedder.aclose()
    return np.concatenate(parts).astype(np.float32)


def _docstrings(file: Path) -> Iterator[str]:
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            yield ast.get_docstring(node) or ""
