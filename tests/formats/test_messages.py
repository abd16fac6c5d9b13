"""Conversations in OpenAI's messages JSONL."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from axon.core.errors import InvalidInput
from axon.core.routing import route
from axon.formats.detection import read
from axon.formats.importance import DOCUMENT, importance

EXAMPLES = Path(__file__).parents[2] / "examples"


def written(tmp_path, *lines, name="chat.jsonl"):
    file = tmp_path / name
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return file


def entries(tmp_path, *lines, **more):
    return [record.entry for record in read(written(tmp_path, *lines, **more))]


CHAT = {
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "My cat is called Pepper."},
        {"role": "assistant", "content": [{"type": "text", "text": "Hello,"}, {"type": "text", "text": "Pepper."}]},
        {"role": "assistant", "content": None, "tool_calls": []},
        {"role": "tool", "content": "42"},
        {"role": "user", "content": [{"type": "image_url"}, {"type": "text", "text": "Look"}]},
    ],
    "metadata": {"user_id": "maya", "session_id": "s1", "created_at": "2026-03-02T09:14:00+01:00"},
}


def test_turns_of_users_and_assistants_become_entries(tmp_path):
    first, second, third = entries(tmp_path, CHAT)
    assert first.text == "My cat is called Pepper."
    assert (first.user_id, first.session_id, first.tags) == ("maya", "s1", frozenset())
    assert first.metadata == {"role": "user", "turn": 1}
    assert first.created_at == datetime(2026, 3, 2, 8, 14, 1, tzinfo=UTC)
    assert (second.text, second.metadata) == ("Hello,\nPepper.", {"role": "assistant", "turn": 2})
    assert second.created_at - first.created_at == timedelta(seconds=1)
    assert third.metadata == {"role": "user", "turn": 5, "left_out": ["image_url"]}


def test_ids_are_the_same_each_time_and_whatever_the_file_is_called(tmp_path):
    once = [entry.id for entry in entries(tmp_path, CHAT)]
    assert once == [entry.id for entry in entries(tmp_path, CHAT, name="other.jsonl")]
    assert len(set(once)) == 3


def test_a_session_that_goes_on_keeps_the_ids_of_its_turns(tmp_path):
    longer = {**CHAT, "messages": [*CHAT["messages"], {"role": "user", "content": "One more thing"}]}
    assert [entry.id for entry in entries(tmp_path, longer)][:3] == [entry.id for entry in entries(tmp_path, CHAT)]


def test_the_same_words_elsewhere_are_another_entry(tmp_path):
    hello = {"role": "user", "content": "Hello"}
    chats = [
        {"messages": [hello]},
        {"messages": [hello, {"role": "assistant", "content": "Hi"}]},
        {"messages": [hello], "user": "ada"},
        {"messages": [hello], "user": "ada", "metadata": {"session_id": "s"}},
        {"messages": [hello], "user": "bob", "metadata": {"session_id": "s"}},
        {"messages": [hello, hello], "user": "bob", "metadata": {"session_id": "t"}},
    ]
    found = entries(tmp_path, *chats)
    assert len({entry.id for entry in found}) == len(found) == 8


def test_the_user_beside_the_messages_stands_in(tmp_path):
    message = [{"role": "user", "content": "x"}]
    assert entries(tmp_path, {"messages": message, "user": "ada"})[0].user_id == "ada"
    assert entries(tmp_path, {"messages": message, "user": "ada", "metadata": {"user_id": "bob"}})[0].user_id == "bob"


def test_user_and_session_may_stand_beside_the_messages(tmp_path):
    line = {"messages": [{"role": "user", "content": "x"}], "session_id": "s", "user_id": "u", "user": "ada"}
    (entry,) = entries(tmp_path, line)
    assert (entry.user_id, entry.session_id) == ("u", "s")
    (other,) = entries(tmp_path, {**line, "metadata": {"session_id": "t", "user_id": "v"}})
    assert (other.user_id, other.session_id) == ("v", "t")
    (same,) = entries(tmp_path, {"messages": line["messages"], "metadata": {"session_id": "s", "user_id": "u"}})
    assert same.id == entry.id != other.id


def test_turns_without_text_are_told_of(tmp_path):
    textless = []
    file = written(
        tmp_path, CHAT, {"messages": [{"role": "user"}, {"role": "user", "content": [{"type": "image_url"}]}]}
    )
    assert len(list(read(file, textless=textless))) == 3
    assert textless == [f"{file}, line {place}" for place in ("1, messages[3]", "2, messages[0]", "2, messages[1]")]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"messages": "x"}, "messages must be a list"),
        ({"messages": [1]}, "messages[0] needs a role"),
        ({"messages": [{"role": "robot", "content": "x"}]}, "got 'robot'"),
        ({"messages": [{"role": ["user"], "content": "x"}]}, "needs a role"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content must be text"),
        ({"messages": [{"role": "user", "content": ["x"]}]}, "messages[0].content[0]"),
        ({"messages": [{"role": "user", "content": [{"type": "text", "text": 1}]}]}, "content[0].text must be text"),
        ({"messages": [], "metadata": [1]}, "metadata must be an object"),
        ({"messages": [], "metadata": {"user_id": 5}}, "metadata.user_id must be text"),
        ({"messages": [], "user_id": 5}, "line 2: user_id must be text"),
        ({"messages": [], "session_id": ["s"]}, "line 2: session_id must be text"),
        ({"messages": [], "metadata": {"created_at": "soon"}}, "metadata.created_at must be a moment"),
        ({"messages": [], "metadata": {"created_at": "2026-01-01"}}, "metadata.created_at"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "lone surrogate"),
        ({"messages": [{"role": "user", "content": "x"}], "user": ""}, "user_id is empty"),
    ],
)
def test_a_line_that_cannot_be_used_is_named(line, reason, tmp_path):
    file = written(tmp_path, CHAT, line)
    with pytest.raises(InvalidInput) as error:
        list(read(file))
    assert str(error.value).startswith(f"{file}, line 2: ")
    assert reason in str(error.value)


def test_importance_tells_small_talk_from_facts_and_decisions():
    assert importance("haha nice") < 0.3
    assert 0.3 <= importance("It fits with 6 cm to spare on each side, which is enough for the air to move.") < 0.7
    assert importance("I booked my flight! Manchester to Gothenburg on Friday 14 August, one suitcase.") >= 0.7
    assert importance("We agreed to pay Ada 500 on 3 May, then Bob on Sunday. " * 20) < DOCUMENT
    assert importance("May I ask what you might like to eat") == importance("Now I ask what you might like to eat")


def test_importance_spreads_the_example_over_all_tiers():
    tiers = [
        route(record.entry.importance, ["ephemeral", "session", "persistent"])
        for record in read(EXAMPLES / "conversations.jsonl")
    ]
    assert len(tiers) == 446
    for tier in ("ephemeral", "session", "persistent"):
        assert tiers.count(tier) >= len(tiers) / 10
