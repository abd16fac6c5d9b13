"""``axon demo``: what a memory does, on real input, by what it prints."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click
from attrs import frozen

from axon.cli.failures import NotDone
from axon.cli.loading import load, read_all
from axon.cli.options import PATH
from axon.cli.output import console, print_table
from axon.cli.snippet import snippet
from axon.cli.text import shortened
from axon.core.config import MemoryConfig
from axon.core.entries import RecalledEntry
from axon.core.filters import Filter
from axon.core.registry import default_registry
from axon.sync import MemorySystem

if TYPE_CHECKING:
    from rich.console import Console

_CHOSEN = (1, 7, 17, 29, 23, 27, 38, 35, 39, 48, 52, 59)
"""Lines of questions.jsonl that words can answer; how all of them fare is printed too."""
_OF_DOCUMENTS = ("How do I move a tier to Redis?", "Which entry goes first when one too many is saved?")
_PARTED = (
    ("two users", "What did I agree with my landlord about the rent?", "user_id", ("maya", "joelle")),
    ("two sessions of one user", "What happens with the car?", "session_id", ("maya-2026-06-07", "maya-2026-07-30")),
)
"""Questions that are asked among the memories of one, and then of the other."""
_PAGES = ("tutorial", "how-to", "explanation")
"""Of the documentation, what is read through; a reference is looked up."""
_SHOWN = 3
_SOME_WORD = 0.01
"""A score that only an entry has which shares a word with the question."""
_NARROWEST = 30
_LONGEST = 110
_TTL = 1.5
_PATIENCE = 5.0


@frozen
class _Question:
    text: str
    filter: Filter
    whose: str
    evidence: frozenset[tuple[str, int]] = frozenset()
    """Session and turn of what answers it, as its author says."""

    def answered_by(self, entry: RecalledEntry) -> bool:
        return (entry.session_id, entry.metadata.get("turn")) in self.evidence


@click.command()
@click.option(
    "--examples", type=PATH, default="examples", show_default=True, metavar="DIR", help="Where the examples are."
)
def demo(examples: Path) -> None:
    """Show all of this on example chats.

    It loads the chats and our documents into a memory, asks it questions, and watches an entry expire. It runs in
    this process alone; nothing is kept, and the environment does not change its configuration.
    """
    settings, chats, questions = (examples / name for name in ("axon.toml", "conversations.jsonl", "questions.jsonl"))
    if not all(file.is_file() for file in (settings, chats, questions)):
        raise NotDone(
            f"the examples are not in {examples}: run this in the root of Axon's repository, or give --examples DIR"
        )
    documents = _documents(examples)
    # Without the environment: a variable that moves a tier must not fill somebody's real store with examples.
    with MemorySystem(MemoryConfig.from_file(settings, env={})) as memory:
        screen = console()
        _load(screen, memory, settings, [chats, *documents])
        _ask(screen, memory, _questions(questions), with_documents=bool(documents))
        _keep_apart(screen, memory)
        _expire(screen, memory)
        _move(screen, settings)


def _documents(examples: Path) -> list[Path]:
    root = examples.parent
    pages = (page for folder in _PAGES for page in sorted((root / "docs" / folder).glob("*.md")))
    return [file for file in (root / "README.md", *pages) if file.is_file()]


def _questions(file: Path) -> list[_Question]:
    lines = map(json.loads, file.read_text(encoding="utf-8").splitlines())
    return [
        _Question(
            line["question"],
            Filter(user_id=line["user_id"]),
            line["user_id"],
            frozenset((turn["session_id"], turn["turn"]) for turn in line["evidence"]),
        )
        for line in lines
    ]


def _load(screen: Console, memory: MemorySystem, settings: Path, files: Sequence[Path]) -> None:
    _title(screen, f"Into memory: {len(files)} files, wired by {settings}")
    started = time.perf_counter()
    loaded = load(memory, read_all(files))
    seconds = time.perf_counter() - started
    rows = []
    for tier, policy in memory.config.tiers.items():
        lives = "for good" if policy.ttl_seconds is None else f"{policy.ttl_seconds:g} s"
        rows.append((tier, str(loaded.tiers[tier]), lives, policy.adapter_type))
    print_table(("tier", "entries", "each lives", "adapter"), rows)
    _say(screen, f"No tier was named: importance chose it. {sum(loaded.tiers.values())} entries in {seconds:.2f} s.")


def _ask(screen: Console, memory: MemorySystem, questions: Sequence[_Question], *, with_documents: bool) -> None:
    chosen = [questions[number - 1] for number in _CHOSEN]
    if with_documents:
        chosen += [_Question(text, Filter(metadata={"kind": "document"}), "documents") for text in _OF_DOCUMENTS]
    _title(screen, f"{len(chosen)} questions, and the memories that answer each best")
    for question in chosen:
        _print_answer(screen, question, _answer(memory, question))
    labelled = [question for question in questions if question.evidence]
    started = time.perf_counter()
    answered = sum(any(map(question.answered_by, _answer(memory, question))) for question in labelled)
    milliseconds = (time.perf_counter() - started) * 1000 / len(labelled)
    _say(
        screen,
        f"\n* marks a turn that answers by the label in questions.jsonl. Of all {len(labelled)} questions there "
        f"{answered} find one among their first {_SHOWN}, by words alone, in {milliseconds:.1f} ms each.",
    )


def _answer(memory: MemorySystem, question: _Question) -> list[RecalledEntry]:
    return memory.recall(question.text, filter=question.filter, k=_SHOWN, min_score=_SOME_WORD)


def _keep_apart(screen: Console, memory: MemorySystem) -> None:
    for of_whom, text, field, names in _PARTED:
        _title(screen, f"The same question, {of_whom}")
        for name in names:
            question = _Question(text, Filter.from_mapping({field: name}), name)
            _print_answer(screen, question, _answer(memory, question)[:1])
            everything = memory.recall(text, filter=question.filter, k=10_000)
            others = sum(getattr(entry, field) != name for entry in everything)
            _say(screen, f"  All that {name} can recall: {len(everything)} memories, {others} of another's.")


def _expire(screen: Console, memory: MemorySystem) -> None:
    _title(screen, f"An ephemeral memory that lives for {_TTL:g} seconds")
    text = "The code for the door of the meeting room is 4711."
    stored = memory.store(text, tier="ephemeral", ttl=_TTL)
    started = time.monotonic()
    _say(screen, f"  now:          {_found(memory, stored)}")
    while memory.get(stored) is not None:
        passed = time.monotonic() - started
        if passed > _PATIENCE:
            raise NotDone(f"the entry is still there after {passed:.1f} s")
        _count_down(_TTL - passed)
        time.sleep(0.05)
    passed = time.monotonic() - started
    _count_down(None)
    _say(screen, f"  {passed:.2f} s later: {_found(memory, stored)}")


def _found(memory: MemorySystem, entry_id: str) -> str:
    answer = memory.recall("What is the door code?", filter=Filter(ids=frozenset({entry_id})))
    return f'"What is the door code?" finds {answer[0].text if answer else "nothing"}'


def _count_down(seconds: float | None) -> None:
    """The seconds that are left on a line that the next one overwrites; ``None`` clears it. Only on a terminal."""
    if sys.stdout.isatty():
        left = "" if seconds is None else f"  expires in {max(seconds, 0):.1f} s"
        click.echo(f"\r{left:<30}\r", nl=False)


def _move(screen: Console, settings: Path) -> None:
    _title(screen, "One word moves a tier to Redis")
    lines = settings.read_text(encoding="utf-8").splitlines()
    number = next(i for i in range(lines.index("[session]"), len(lines)) if lines[i].startswith("adapter_type"))
    before = lines[number].partition("#")[0].rstrip()
    _say(screen, f"{settings}, line {number + 1}, in [session]:")
    _say(screen, f"    {before}   ->   {before.replace('memory', 'redis')}")
    if "redis" in default_registry().names():
        _say(screen, "Its adapter is installed here, by: pip install axon-redis")
    else:
        _say(screen, "Its adapter is not installed here: pip install axon-redis")
    _say(screen, "It asks the server at localhost:6379, or where the variable REDIS_URL says.")


def _print_answer(screen: Console, question: _Question, answer: Sequence[RecalledEntry]) -> None:
    from rich.text import Text

    screen.print(Text.assemble("\n", (question.text, "bold"), (f"  ({question.whose})", "dim")))
    for entry in answer:
        mark = "*" if question.answered_by(entry) else " "
        source = entry.session_id or Path(entry.metadata["source"]).name
        beside = Text.assemble(
            f"{mark} ",
            (f"{entry.score:.2f} ", "cyan"),
            (f"{entry.tier:<10} ", "green"),
            (f"{shortened(source, 17):<17} ", "dim"),
        )
        width = max(screen.width - beside.cell_len, _NARROWEST)
        for line in snippet(entry.text, question.text, _LONGEST).wrap(screen, width):
            line.rstrip()
            screen.print(Text.assemble(beside, line))
            beside = Text(" " * beside.cell_len)


def _title(screen: Console, title: str) -> None:
    from rich.text import Text

    screen.print(Text.assemble("\n", (title, "bold underline")))


def _say(screen: Console, sentence: str) -> None:
    screen.print(sentence)
