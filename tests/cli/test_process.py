"""The command as a process: exit codes, streams, and what is missing or breaks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin"
SCRIPT = Path(sys.executable).parent / "axon"


def test_the_script_and_the_module_are_the_same_command(process):
    assert process("store", "x", "--id", "a").stdout == "a\n"
    assert process("count", command=[SCRIPT]).stdout == "1\n"
    assert process("get", "a", "--format", "json", command=[SCRIPT]).returncode == 0
    assert process("get", "b", command=[SCRIPT]).returncode == 1
    assert process("get", command=[SCRIPT]).returncode == 2


def test_help_and_version(process):
    helped = process()
    assert helped.returncode == 0
    assert "Usage: axon [OPTIONS]" in helped.stdout
    assert process("config").returncode == 0
    assert process("--version").stdout.startswith("axon ")


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_click_or_rich_one_sentence_says_what_to_install(missing, process):
    blocked = f"import sys; sys.modules[{missing!r}] = None; from axon.cli import main; main()"
    done = process(command=[sys.executable, "-c", blocked])
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f'axon: error: the command needs {missing}: pip install "axon-core[cli]"\n'


def test_importing_axon_imports_no_command(process):
    code = "import axon, sys; print([name for name in sys.modules if name.startswith(('axon.cli', 'click', 'rich'))])"
    assert process(command=[sys.executable, "-c", code]).stdout == "[]\n"


def test_piped_output_is_plain(process, memory):
    memory.store("Grüezi 🐈", id="a")
    for arguments in (["list"], ["adapters"], ["recall", "grüezi"], ["get", "a"], ["check", "axon.toml"]):
        done = process(*arguments, env={"FORCE_COLOR": "1", "TERM": "xterm-256color"})
        assert done.returncode == 0
        assert "\x1b" not in done.stdout
        assert not set("─━│┃┌╭") & set(done.stdout)


def test_a_stream_that_cannot_carry_unicode_gets_escapes(process, memory):
    memory.store("Grüezi 🐈", id="a")
    narrow = {"env": {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}, "encoding": "latin-1"}
    assert json.loads(process("get", "a", "--format", "json", **narrow).stdout)["text"] == "Grüezi 🐈"
    for command in (["list"], ["get", "a"], ["recall", "grüezi"]):
        shown = process(*command, **narrow)
        assert (shown.returncode, shown.stderr) == (0, "")
        assert "Grüezi \\U0001f408" in shown.stdout


def test_a_reader_that_has_seen_enough_is_no_error(folder, memory):
    memory.store_many([{"text": "x" * 1000, "id": str(i)} for i in range(1000)])
    environment = {**os.environ, "PYTHONPATH": str(PLUGIN)}
    command = [sys.executable, "-m", "axon", "export"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        assert child.stdout.readline().startswith(b'{"id": "0"')
        child.stdout.close()
        assert child.stderr.read() == b""
        assert child.wait(60) == 1


def test_ctrl_c_ends_it_quietly(process):
    code = (
        "import os, signal, sys; sys.argv = ['axon', 'count']\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from axon.sync import MemorySystem\n"
        "MemorySystem.count = lambda *_, **__: os.kill(os.getpid(), signal.SIGINT)\n"
        "from axon.cli import main; main()"
    )
    done = process(command=[sys.executable, "-c", code])
    assert (done.returncode, done.stdout, done.stderr.strip()) == (130, "", "")


def test_what_nobody_expected_is_one_sentence_too(process, folder):
    code = (
        "import sys; sys.argv = ['axon', 'adapters']\n"
        "from axon.core import registry\n"
        "registry.Registry.adapters = lambda self: {}['boom']\n"
        "from axon.cli import main; main()"
    )
    done = process(command=[sys.executable, "-c", code])
    assert done.returncode == 1
    assert done.stderr == "axon: error: unexpected KeyError: 'boom'; AXON_DEBUG=1 shows where it happened\n"
    assert "Traceback" in process(command=[sys.executable, "-c", code], env={"AXON_DEBUG": "1"}).stderr
