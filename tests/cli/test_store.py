"""``axon store``."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest


def test_it_prints_the_id_of_what_it_stored(axon, memory):
    done = axon(
        "store", "The cat is called Pepper", "--tag", "pet", "--tag", "name", "--user", "maya", "--session", "s1",
        "--metadata", '{"from": ["mail", 1.5]}', "--importance", "0.9",
    )  # fmt: skip
    assert (done.exit_code, done.stderr) == (0, "")
    entry = memory.get(done.stdout.removesuffix("\n"), tier="persistent")
    assert entry.text == "The cat is called Pepper"
    assert (entry.tags, entry.user_id, entry.session_id) == ({"pet", "name"}, "maya", "s1")
    assert entry.metadata == {"from": ["mail", 1.5]}


def test_json_gives_the_id_and_the_tier(axon):
    assert json.loads(axon("store", "x", "--id", "a", "--format", "json").stdout) == {"id": "a", "tier": "session"}
    done = axon("store", "x", "--id", "a", "--tier", "ephemeral", "--format", "json")
    assert json.loads(done.stdout)["tier"] == "ephemeral"


def test_ttl_is_in_seconds_or_never(axon, memory):
    axon("store", "x", "--id", "short", "--ttl", "90.5")
    axon("store", "x", "--id", "long", "--ttl", "never")
    axon("store", "x", "--id", "usual")
    lifetimes = [memory.get(name).lifetime for name in ("short", "long", "usual")]
    assert lifetimes == [timedelta(seconds=90.5), None, timedelta(seconds=1800)]


def test_standard_input(axon, memory):
    axon("store", "-", "--id", "a", input="Grüezi\nmitenand\n\n")
    assert memory.get("a").text == "Grüezi\nmitenand\n"
    refused = axon("store", "-", input=b"gr\xfc")
    assert (refused.exit_code, refused.stderr) == (2, "axon: error: standard input is not UTF-8 at byte 2\n")


def test_a_text_that_begins_with_a_hyphen(axon, memory):
    assert axon("store", "--id", "a", "--", "-5 degrees").exit_code == 0
    assert memory.get("a").text == "-5 degrees"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--importance", "nan", "x"], "importance must be from 0 to 1, got nan"),
        (["--importance", "2", "x"], "importance must be from 0 to 1, got 2.0"),
        (["--importance", "high", "x"], "'high' is not a valid float"),
        (["--tier", "sesion", "x"], "there is no tier 'sesion' here; did you mean 'session'? configured: ephemeral"),
        *(
            (
                ["--ttl", ttl, "x"],
                f"is a microsecond at least and ends before the year 10000, got {ttl}; 'never' is the other choice",
            )
            for ttl in ("0", "-1", "nan", "1e-9", "1e300", "inf")
        ),
        (["--ttl", "soon", "x"], "'soon' is no number of seconds; 'never' is the other choice"),
        (["--metadata", "{", "x"], "not valid JSON"),
        (["--metadata", "[" * 100_000, "x"], "not valid JSON"),
        (["--metadata", "[1]", "x"], "expected a JSON object"),
        (["--metadata", '{"a": NaN}', "x"], "metadata.a is nan, which JSON cannot hold"),
        (["--id", "", "x"], "id is empty"),
        (["--tag", "a\0b", "x"], "holds a NUL"),
        ([" "], "text is empty"),
        (["\udcff"], "cannot be encoded as UTF-8"),
        ([], "Missing argument 'TEXT'"),
        (["x", "--colour"], "No such option '--colour'"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_used_is_refused_in_one_sentence(arguments, sentence, axon, memory):
    refused = axon("store", *arguments)
    assert refused.exit_code == 2
    assert refused.stderr.startswith("axon: error: ")
    assert sentence in refused.stderr
    assert refused.stderr.count("\n") == 1
    assert refused.stdout == ""
    assert memory.count() == 0


def test_entries_that_end_with_the_process_are_pointed_out(axon, folder):
    tiers = '[ephemeral]\n[session]\nadapter_type = "shelf"\n'
    (folder / "axon.toml").write_text(tiers + '[adapters.shelf]\nfolder = "shelf"')
    done = axon("store", "x", "--tier", "ephemeral")
    assert done.exit_code == 0
    assert done.stderr.startswith("axon: note: ephemeral: ")
    assert "gone" in done.stderr
    assert done.stderr.count("\n") == 1
    assert axon("store", "x", "--tier", "session").stderr == ""
