"""``axon recall``, ``get``, ``list`` and ``count``."""

from __future__ import annotations

import json

import pytest

HENS = {"source": "farm.md", "place": {"line": 3, "column": 1}}


@pytest.fixture(autouse=True)
def stored(memory):
    memory.store("The cat is called Pepper", id="cat", user_id="maya", session_id="s1", tags=["pet"])
    memory.store("Ruth has three hens\nand no cat", id="hens", user_id="ruth", importance=0.9, metadata=HENS)
    memory.store("A kettle boils", id="kettle", user_id="maya", importance=0.1)


def ids(lines):
    return [line["id"] for line in lines]


def test_recall_shows_the_best_first(axon, lines):
    found = lines(axon("recall", "cat pepper", "--format", "json").stdout)
    assert ids(found) == ["cat", "hens"]
    assert found[0]["tier"] == "session"
    assert found[0]["score"] > found[1]["score"]
    assert found[0]["text"] == "The cat is called Pepper"


def test_recall_is_a_line_for_each_entry_when_piped(axon):
    header, first, second = axon("recall", "cat pepper").stdout.splitlines()
    assert header.split() == ["score", "tier", "id", "user", "session", "text"]
    assert first.endswith("The cat is called Pepper")
    assert second.endswith("Ruth has three hens and no cat")
    assert second.split()[1:5] == ["persistent", "hens", "ruth", "-"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--user", "maya"], {"cat", "kettle"}),
        (["--user", "maya", "--session", "s1"], {"cat"}),
        (["--tag", "pet", "--tag", "other"], set()),
        (["--metadata", '{"source": "farm.md", "place": {"line": 3}}'], {"hens"}),
        (["--metadata", '{"source": "farm.md"}', "--user", "maya"], set()),
        (["--tier", "session", "--tier", "persistent"], {"cat", "hens"}),
        (["--tier", "session", "--tier", "session"], {"cat"}),
    ],
)
def test_filters_mean_the_same_to_all_of_them(options, expected, axon, lines):
    assert set(ids(lines(axon("list", *options, "--format", "json").stdout))) == expected
    assert axon("count", *options).stdout == f"{len(expected)}\n"
    assert json.loads(axon("count", *options, "--format", "json").stdout) == {"count": len(expected)}
    if options[0] != "--tier":
        assert set(ids(lines(axon("recall", *options, "--format", "json").stdout))) == expected


def test_k_and_min_score_cut_off(axon, lines):
    assert ids(lines(axon("recall", "cat pepper", "-k", "1", "--format", "json").stdout)) == ["cat"]
    cut = axon("recall", "pepper", "--user", "maya", "--min-score", "0.1", "--format", "json")
    assert ids(lines(cut.stdout)) == ["cat"]
    assert axon("recall", "cat", "-k", "0").exit_code == 2


def test_nothing_found_is_an_answer(axon):
    done = axon("recall", "zebra")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "axon: note: nothing found\n")
    done = axon("recall", "zebra", "--format", "json")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize("query", [[], [""], [" "]])
def test_recalling_by_nothing_is_refused_in_the_words_of_the_command(query, axon):
    refused = axon("recall", *query)
    assert refused.exit_code == 2
    assert (
        "nothing to recall by: give a QUERY, --tag, --user, --session or --metadata; axon list shows" in refused.stderr
    )
    assert axon("recall", *query, "--user", "maya").exit_code == 0


def test_get_shows_all_of_an_entry(axon):
    shown = axon("get", "hens").stdout
    assert shown.endswith("\n\nRuth has three hens\nand no cat\n")
    for fact in ("persistent", "ruth", "0.9", "never"):
        assert fact in shown
    assert json.loads(axon("get", "cat", "--format", "json").stdout)["tags"] == ["pet"]


def test_get_of_what_is_not_there(axon):
    missing = axon("get", "dog")
    assert (missing.exit_code, missing.stdout) == (1, "")
    assert missing.stderr == "axon: error: there is no entry 'dog': it never was, was forgotten, or has expired\n"


def test_list_says_when_there_is_more(axon, lines):
    done = axon("list", "--limit", "2", "--format", "json")
    assert len(lines(done.stdout)) == 2
    assert "there are more than these 2" in done.stderr
    assert axon("list", "--limit", "3").stderr == ""
    assert axon("list", "--limit", "0").exit_code == 2


def test_an_id_is_never_cut_and_text_cannot_steer_the_terminal(axon, memory):
    memory.store("\x1b[2Jgone\u202etxt.exe\a\n[red]not markup[/red] :smile:", id="x" * 1024)
    for command in (["list"], ["get", "x" * 1024], ["recall", "markup"]):
        shown = axon(*command).stdout
        assert "x" * 1024 in shown
        assert "\\x1b[2Jgone\\u202etxt.exe\\x07" in shown
        assert "[red]not markup[/red] :smile:" in shown
        assert not {"\x1b", "\a", "\u202e"} & set(shown)


def test_recall_explains(axon, lines):
    found = lines(axon("recall", "cat pepper", "--explain", "--format", "json").stdout)
    assert found[0]["explanation"]["score"] == found[0]["score"]
    header, first, *_ = axon("recall", "cat pepper", "--explain").stdout.splitlines()
    assert header.split()[-1] == "why"
    assert f"{found[0]['score']:.2f}: " in first
    assert "explanation" not in lines(axon("recall", "cat pepper", "--format", "json").stdout)[0]


def test_recall_with_context(axon, memory, lines):
    memory.store("She sleeps on the piano", id="piano", session_id="s1", user_id="maya")
    assert ids(lines(axon("recall", "called Pepper", "--format", "json").stdout)) == ["cat"]
    found = lines(axon("recall", "called Pepper", "--context", "1", "--format", "json").stdout)
    assert ids(found) == ["cat", "piano"]
    refused = axon("recall", "cat", "--context", "-1")
    assert refused.exit_code == 2
    assert "--context" in refused.stderr
