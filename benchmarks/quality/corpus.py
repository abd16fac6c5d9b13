"""Chats, documents and conversations as entries, and the questions about them with what answers each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from axon import MemoryEntry
from axon.formats.detection import read

EXAMPLES = Path(__file__).parents[2] / "examples"
CONVERSATIONS = Path(__file__).with_name("conversations")
KINDS = ("single", "two", "time", "name", "paraphrase")
NEGATIVE = "negative"
"""The kind of a question that nothing answers."""


@frozen
class Question:
    """What is asked, and the ids of the entries that answer it together."""

    text: str
    kind: str
    user_id: str | None
    """Within whose entries it is asked; ``None``: within the documents."""
    evidence: frozenset[str]


@frozen
class Corpus:
    """Turns of chats, or sections of documents."""

    entries: Sequence[MemoryEntry]
    group_of: Mapping[str, str]
    """The session of a turn, the file of a section, by the id of the entry."""
    questions: Sequence[Question]

    def __add__(self, other: Corpus) -> Corpus:
        return Corpus(
            entries=[*self.entries, *other.entries],
            group_of={**self.group_of, **other.group_of},
            questions=[*self.questions, *other.questions],
        )


def chats() -> Corpus:
    """The turns of all users, and the questions of each about his or her own."""
    entries = [record.entry for record in read(EXAMPLES / "conversations.jsonl")]
    ids = {(entry.session_id, entry.metadata["turn"]): entry.id for entry in entries}
    questions = [
        Question(
            line["question"],
            line["kind"],
            line["user_id"],
            frozenset(ids[turn["session_id"], turn["turn"]] for turn in line["evidence"]),
        )
        for line in _lines(EXAMPLES / "questions.jsonl")
    ]
    return Corpus(entries, {entry.id: str(entry.session_id) for entry in entries}, questions)


def documents() -> Corpus:
    """The sections of the documents, as the splitter makes them."""
    files = sorted((EXAMPLES / "documents").glob("*.md"))
    # Their own time is that of the checkout, and the newer comes first among equals.
    start = datetime(2026, 1, 1, tzinfo=UTC)
    sections = [(file.name, record.entry) for file in files for record in read(file)]
    entries = [
        attrs.evolve(entry, created_at=start + timedelta(minutes=number)) for number, (_, entry) in enumerate(sections)
    ]
    ids = {(name, entry.metadata["headings"][-1]): entry.id for name, entry in sections}
    questions = [
        Question(
            line["question"],
            line["kind"],
            None,
            frozenset(ids[section["document"], section["heading"]] for section in line["evidence"]),
        )
        for line in _lines(EXAMPLES / "document_questions.jsonl")
    ]
    return Corpus(entries, {entry.id: name for name, entry in sections}, questions)


def conversations() -> dict[str, Corpus]:
    """Long conversations of two people each, which nothing was chosen by, and the questions about each; by name."""
    return {
        file.name.partition(".")[0]: _conversation(file) for file in sorted(CONVERSATIONS.glob("*.conversation.jsonl"))
    }


def _conversation(file: Path) -> Corpus:
    # Who speaks stands before what is said, as in any export of a chat: the questions ask about people by their names.
    entries = [
        MemoryEntry(
            id=line["id"],
            text=f"{line['speaker']}: {line['text']}",
            session_id=f"session {line['session']}",
            created_at=datetime.fromisoformat(line["date"]).replace(tzinfo=UTC) + timedelta(seconds=number),
        )
        for number, line in enumerate(_lines(file))
    ]
    questions = [
        Question(line["question"], line["kind"], None, frozenset(line["evidence"]))
        for line in _lines(file.with_name(file.name.replace("conversation", "questions")))
    ]
    return Corpus(entries, {entry.id: str(entry.session_id) for entry in entries}, questions)


def _lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
