"""Configurations: where they are found, ``axon check``, ``axon config show`` and ``axon adapters``."""

from __future__ import annotations

import json
import sys
import tomllib
from pathlib import Path

import attrs
import pytest

from axon.core.config import MemoryConfig

EXAMPLE = Path(__file__).parents[2] / "examples" / "axon.toml"


def test_a_good_configuration(axon):
    done = axon("check", "axon.toml")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "axon.toml: ok\n", "")
    assert json.loads(axon("check", "axon.toml", "--format", "json").stdout) == {
        "file": "axon.toml",
        "ok": True,
        "problems": [],
        "advice": [],
    }


def test_without_a_file_it_is_the_one_that_every_command_takes(axon):
    assert axon("check").stdout == "axon.toml: ok\n"
    named = axon("check", env={"AXON_CONFIG": "none.toml"})
    assert (named.exit_code, "none.toml" in named.stdout) == (1, True)


def test_the_example_is_good_and_nothing_is_unwise_about_it(axon):
    assert axon("check", str(EXAMPLE)).stdout == f"{EXAMPLE}: ok\n"


def test_advice_is_no_problem(axon, folder):
    (folder / "axon.toml").write_text("[session]\nttl_seconds = 90")
    done = axon("check", "axon.toml")
    assert done.exit_code == 0
    assert "advice: session.ttl_seconds is 90" in done.stdout


@pytest.mark.parametrize(
    ("content", "sentences"),
    [
        ("[session]\nttl = 5\n[ephemeral]\nttl_seconds = 1", ["unknown key 'ttl'", "axon.toml.ephemeral.ttl_seconds"]),
        ('[session]\nadapter_type = "shelv"', ["did you mean 'shelf'?"]),
        ('[session]\nadapter_type = "shelf"', ["folder"]),
        ('[session]\nadapter_type = "shelf"\n[adapters.shelf]\nfolder = 5', ["@ adapters.shelf.folder"]),
        (
            '[session]\nadapter_type = "shelf"\n[adapters.shelf]\nfolder = { env = "NOT_SET" }',
            ["environment variable NOT_SET is not set @ adapters.shelf.folder"],
        ),
        ("[session", ["axon.toml is not valid TOML"]),
        ("", ["no tier is configured"]),
    ],
)
def test_problems_are_listed_each_on_a_line(content, sentences, axon, folder):
    (folder / "axon.toml").write_text(content)
    done = axon("check", "axon.toml")
    assert (done.exit_code, done.stderr) == (1, "")
    assert all(line.startswith("error: ") for line in done.stdout.splitlines())
    assert len(done.stdout.splitlines()) == len(sentences)
    assert all(sentence in done.stdout for sentence in sentences)
    found = json.loads(axon("check", "axon.toml", "--format", "json").stdout)
    assert (found["ok"], len(found["problems"])) == (False, len(sentences))
    used = axon("count")
    assert used.exit_code == 2
    assert all(line.startswith("axon: error: ") for line in used.stderr.splitlines())


def test_problems_of_reading_and_of_wiring_come_together(axon, folder):
    (folder / "axon.toml").write_text(
        """
        middleware = ["loging", 5]
        namespace = ""
        [session]
        adapter_type = "memry"
        max_entires = 3
        [persistent]
        adapter_type = 5
        [adapters.memory]
        languag = "x"
        """
    )
    done = axon("check", "axon.toml", env={"AXON_SESION__TTL": "5", "AXON_EPHEMERAL__TTL_SECONDS": "1"})
    places = sorted(line.removeprefix("error: ").split(" @ ")[-1] for line in done.stdout.splitlines())
    assert places[:7] == [
        "AXON_EPHEMERAL__TTL_SECONDS",
        "AXON_SESION__TTL",
        "adapters.memory",
        "axon.toml.middleware",
        "axon.toml.namespace",
        "axon.toml.persistent.adapter_type",
        "axon.toml.session",
    ]
    assert [place.partition("; ")[0] for place in places[7:]] == [
        "middleware[0]: no installed plugin provides the middleware 'loging'",
        "session.adapter_type: no installed plugin provides the adapter 'memry'",
    ]
    assert done.exit_code == 1


def test_a_secret_that_is_not_set_is_a_problem(axon, folder):
    (folder / "axon.toml").write_text(
        '[session]\nadapter_type = "shelf"\n[adapters.shelf]\nfolder = "x"\npassword = { env = "ABSENT" }'
    )
    done = axon("check", "axon.toml")
    assert done.exit_code == 1
    assert done.stdout == "error: environment variable ABSENT is not set @ adapters.shelf.password\n"


def test_a_configuration_that_is_not_there(axon):
    done = axon("check", "absent.toml")
    assert (done.exit_code, done.stdout) == (1, "error: cannot read absent.toml: No such file or directory\n")


def test_where_a_configuration_is_looked_for(axon, folder, monkeypatch):
    (folder / "axon.toml").rename(folder / "other.toml")
    none = axon("count")
    assert none.exit_code == 2
    assert "give --config FILE, set AXON_CONFIG, or go where an axon.toml is" in none.stderr
    assert axon("count", "--config", "other.toml").stdout == "0\n"
    monkeypatch.setenv("AXON_CONFIG", "other.toml")
    assert axon("count").stdout == "0\n"
    assert axon("count", "--config", "third.toml").stderr.startswith("axon: error: cannot read third.toml")


def test_show_resolves_and_masks(axon, folder, monkeypatch):
    content = """
        namespace = "it's \\"quoted\\""
        middleware = ["metrics", { name = "logging", level = "info" }]
        [session]
        adapter_type = "shelf"
        [adapters.shelf]
        folder = "shelf"
        password = "hush"
        url = "redis://ada:hush@host:1"
        "odd key" = { env = "SECRET", default = "hush" }
    """
    (folder / "axon.toml").write_text(content)
    monkeypatch.setenv("AXON_SESSION__TTL_SECONDS", "90")
    shown = axon("config", "show").stdout
    assert "hush" not in shown
    assert "# max_entries is not set" in shown
    table = tomllib.loads(shown)
    assert table["session"]["ttl_seconds"] == 90
    assert table["namespace"] == 'it\'s "quoted"'
    assert table["adapters"]["shelf"]["password"] == "***"
    assert table["adapters"]["shelf"]["odd key"]["env"] == "SECRET"
    document = json.loads(axon("config", "show", "axon.toml", "--format", "json").stdout)
    assert document["session"].pop("max_entries") is None
    assert (document.pop("embedder"), document.pop("embedders")) == (None, {})
    assert document == table


def test_show_has_the_embedder_and_its_settings(axon, folder, monkeypatch):
    (folder / "embedding.toml").write_text(
        'embedder = "openai"\n[session]\n[embedders.openai]\nmodel = "text-embedding-3-small"\napi_key = "hush"'
    )
    monkeypatch.setenv("AXON_EMBEDDER", "onnx")
    shown = axon("config", "show", "embedding.toml").stdout
    document = json.loads(axon("config", "show", "embedding.toml", "--format", "json").stdout)
    for table in (tomllib.loads(shown), document):
        assert table["embedder"] == "onnx"
        assert table["embedders"] == {"openai": {"model": "text-embedding-3-small", "api_key": "***"}}


def test_show_leaves_out_no_field_of_a_configuration(axon):
    assert "# embedder is not set\n" in axon("config", "show").stdout
    document = json.loads(axon("config", "show", "--format", "json").stdout)
    assert document.keys() == attrs.fields_dict(MemoryConfig).keys()


def test_show_of_what_cannot_be_used(axon, folder):
    (folder / "axon.toml").write_text("[session]\nttl = 5\n[other]\n")
    done = axon("config", "show")
    assert done.exit_code == 2
    assert len(done.stderr.splitlines()) == 2


def test_adapters_are_listed_with_their_distributions(axon):
    found = json.loads(axon("adapters", "--format", "json").stdout)
    by_name = {adapter["name"]: adapter for adapter in found["adapters"]}
    assert by_name["shelf"]["distribution"] == "filing-shelf 1.0"
    assert "ttl" in by_name["memory"]["capabilities"]
    assert "filing-shelf 1.0" in axon("adapters").stdout


@pytest.fixture
def installed(folder, monkeypatch):
    """Install a distribution whose entry point ``broken`` names a module of this content, or one that is not there."""

    def install(content=None, metadata="Metadata-Version: 2.1\nName: axon-broken\nVersion: 2.0\n"):
        info = folder / "axon_broken-2.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text("[axon]\nbroken = broken_of_this_test\n")
        if content is not None:
            (folder / "broken_of_this_test.py").write_text(content)
        monkeypatch.syspath_prepend(str(folder))

    yield install
    sys.modules.pop("broken_of_this_test", None)


def broken_line(axon):
    (line,) = [line for line in axon("adapters").stdout.splitlines() if line.startswith("broken")]
    return line


def test_a_broken_plugin_is_a_line(axon, installed):
    installed()
    assert axon("adapters").exit_code == 0
    assert "axon-broken 2.0" in broken_line(axon)
    assert "No module named 'broken_of_this_test'" in broken_line(axon)
    assert json.loads(axon("adapters", "--format", "json").stdout)["broken"][0]["name"] == "broken"


def test_a_plugin_that_offers_nothing_is_a_line(axon, installed):
    installed("def axon_adapters(): return []")
    assert "the decorator @hookimpl is missing on axon_adapters()" in broken_line(axon)
    (broken,) = json.loads(axon("adapters", "--format", "json").stdout)["broken"]
    assert broken["problem"] == "it offers nothing: the decorator @hookimpl is missing on axon_adapters()"


def test_a_plugin_that_prints_does_not_spoil_the_document(axon, installed):
    installed("print('hello')")
    done = axon("adapters", "--format", "json")
    assert json.loads(done.stdout)["broken"][0]["name"] == "broken"
    assert done.stderr == "hello\n"


def test_metadata_without_a_name_is_told_in_words(axon, installed, folder):
    installed(metadata="")
    assert f"a distribution whose metadata tells no name, in {folder}" in broken_line(axon)
