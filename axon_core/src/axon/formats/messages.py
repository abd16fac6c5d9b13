"""Conversations in OpenAI's messages JSONL, as fine-tuning data and stored completions have it.

A line is ``{"messages": [{"role": ..., "content": ...}], "metadata": {...}}``. Of the metadata ``user_id``,
``session_id`` and ``created_at`` are used. Where it lacks the first or the second, a ``user_id`` or ``session_id``
beside the messages stands in, and for the user OpenAI's ``user`` after that.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from attrs import frozen

from axon.core.entries import MemoryEntry, in_utc
from axon.core.errors import InvalidInput, WrongType, shown
from axon.formats.importance import importance
from axon.formats.lines import Numbered
from axon.formats.record import Record, stable_id

REMEMBERED = ("user", "assistant")
_ROLES = (*REMEMBERED, "system", "developer", "tool", "function")


def messages_in(objects: Iterable[Numbered], name: str, *, textless: list[str] | None = None) -> Iterator[Record]:
    """A record for every turn of a user or an assistant that has text, of ``objects``, each a conversation.

    ``turn`` in the metadata is the place of the message in its conversation, from 0, whatever the roles before it;
    parts that are no text (images, sound) are left out and named in ``left_out``. The id depends on the
    conversation, the turn and the text, so that the same file gives the same ids. The places of turns that have no
    text, such as calls of tools, are added to ``textless``. :class:`InvalidInput` names the line that cannot be used,
    of what is called ``name``.
    """
    for number, line in objects:
        where = f"{name}, line {number}"
        try:
            yield from _turns(line, where, [] if textless is None else textless)
        except InvalidInput as error:
            raise InvalidInput(f"{where}: {error}") from None


@frozen
class _Conversation:
    key: str
    user_id: str | None
    session_id: str | None
    started: datetime | None


def _turns(line: dict[str, Any], where: str, textless: list[str]) -> Iterator[Record]:
    messages = line.get("messages")
    if not isinstance(messages, list):
        raise WrongType("messages must be a list")
    conversation = _conversation(line, messages)
    for turn, message in enumerate(messages):
        role = message.get("role") if isinstance(message, dict) else None
        if role not in _ROLES:
            raise InvalidInput(f"messages[{turn}] needs a role, one of {', '.join(_ROLES)}; got {shown(role)}")
        if role not in REMEMBERED:
            continue
        text, left_out = _text(message.get("content"), f"messages[{turn}].content")
        if text.strip():
            yield Record(entry=_entry(conversation, turn, role, text, left_out), where=where)
        else:
            textless.append(f"{where}, messages[{turn}]")


def _conversation(line: dict[str, Any], messages: list[Any]) -> _Conversation:
    metadata = line.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise WrongType("metadata must be an object")
    session_id = _first(
        (metadata.get("session_id"), "metadata.session_id"),
        (line.get("session_id"), "session_id"),
    )
    user_id = _first(
        (metadata.get("user_id"), "metadata.user_id"),
        (line.get("user_id"), "user_id"),
        (line.get("user"), "user"),
    )
    return _Conversation(
        # Without a session two conversations may share a turn, such as "Hello", and stay two all the same.
        key=session_id or json.dumps(messages, sort_keys=True),
        user_id=user_id,
        session_id=session_id,
        started=_moment(metadata.get("created_at")),
    )


def _entry(conversation: _Conversation, turn: int, role: str, text: str, left_out: list[str]) -> MemoryEntry:
    started = conversation.started
    try:
        created: dict[str, Any] = {} if started is None else {"created_at": started + timedelta(seconds=turn)}
    except OverflowError:
        raise InvalidInput(f"metadata.created_at is too late, got {started}") from None
    return MemoryEntry(
        id=stable_id("turn", conversation.user_id, conversation.key, turn, role, text),
        text=text,
        user_id=conversation.user_id,
        session_id=conversation.session_id,
        importance=importance(text),
        # The role is no tag: a question with the word "user" would select all turns of users.
        metadata={"role": role, "turn": turn} | ({"left_out": left_out} if left_out else {}),
        **created,
    )


def _text(content: object, at: str) -> tuple[str, list[str]]:
    """The text of a message, and the types of its parts that are none."""
    if content is None or isinstance(content, str):
        return content or "", []
    if not isinstance(content, list):
        raise WrongType(f"{at} must be text or a list of parts")
    texts: list[str] = []
    left_out: list[str] = []
    for i, part in enumerate(content):
        if not isinstance(part, dict) or not isinstance(part.get("type"), str):
            raise InvalidInput(f"{at}[{i}] must be an object with a type")
        if part["type"] != "text":
            left_out.append(part["type"])
        elif isinstance(part.get("text"), str):
            texts.append(part["text"])
        else:
            raise WrongType(f"{at}[{i}].text must be text")
    return "\n".join(texts), left_out


def _first(*names: tuple[object, str]) -> str | None:
    """The first of ``names``, each with its place, that is there."""
    for value, at in names:
        if isinstance(value, str):
            return value
        if value is not None:
            raise WrongType(f"{at} must be text, got {shown(value)}")
    return None


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    try:
        return in_utc(datetime.fromisoformat(value), "metadata.created_at")  # type: ignore[arg-type]  # what is no text says so
    except InvalidInput:
        raise
    except (TypeError, ValueError):
        raise InvalidInput(
            f"metadata.created_at must be a moment such as 2026-01-31T12:00:00+00:00, got {shown(value)}"
        ) from None
