"""A hook of mkdocs: pages link to examples, which lie beside the documentation, and the site takes these along."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

EXAMPLES = Path(__file__).parents[2] / "examples"
LINK = re.compile(r"\]\(((?:\.\./)*)\.\./examples/")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """The files of the site, with those of the examples that pages link to."""
    for path in sorted((EXAMPLES / "coordination").glob("*.*")):
        name = path.relative_to(EXAMPLES.parent).as_posix()
        files.append(File.generated(config, name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, **_: Any) -> str:
    """In the site the examples lie in the root, in the repository a folder above it."""
    return LINK.sub(r"](\1examples/", markdown)
