"""What people see: the same commands on a terminal, 80 columns wide."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parent / "plugin"
ROOT = Path(__file__).parents[2]
STYLE = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture
def screen(folder):
    """Run a command on a terminal; what it wrote there."""

    def run(*arguments, keys="", stdout=None):
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        environment = {**os.environ, "PYTHONPATH": str(PLUGIN), "TERM": "xterm-256color", "PYTHONUTF8": "1"}
        for variable in ("COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            environment.pop(variable, None)
        streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs) | ({"stdout": stdout} if stdout else {})
        with subprocess.Popen([sys.executable, "-m", "axon", *arguments], env=environment, **streams) as child:
            os.close(theirs)
            os.write(ours, keys.encode())
            written = b""
            try:
                while chunk := os.read(ours, 65536):
                    written += chunk
            except OSError:  # how Linux says that nobody has the other end any more
                pass
        os.close(ours)
        return child.returncode, written.decode().replace("\r\n", "\n")

    return run


def test_entries_have_style_and_whole_ids(screen, memory):
    text = "The cat is called Pepper \x1b[2J[red]and[/red] " + "more " * 60
    entry_id = memory.store(text, user_id="maya", tags=["pet"])
    for command in (["list"], ["recall", "cat"], ["get", entry_id]):
        code, shown = screen(*command)
        assert code == 0
        assert entry_id in shown
        assert "\\x1b[2J[red]and[/red]" in " ".join(STYLE.sub("", shown).split())
        assert "\x1b[2J" not in shown
    assert STYLE.search(screen("list")[1])


def test_tables_have_lines_and_fit(screen):
    _, shown = screen("adapters")
    assert "─" in shown
    assert all(len(line) <= 80 for line in STYLE.sub("", shown).splitlines())


def test_a_filter_asks(screen, memory):
    memory.store("x", user_id="maya")
    for keys in ("n\n", "\n"):
        code, shown = screen("forget", "--user", "maya", keys=keys)
        assert "Forget 1 entry? [y/N]" in shown
        assert "axon: error: nothing was forgotten" in shown
        assert (code, memory.count()) == (1, 1)
    code, shown = screen("forget", "--user", "maya", keys="y\n")
    assert (code, memory.count()) == (0, 0)


def frames(shown):
    """What was drawn, one after another, each on the cleared line of the one before."""
    drawn = re.split(r"\x1b\[2K", STYLE.sub("", shown))
    return [(*re.split(r" ?[━╸╺]+ +", frame.strip("\r")),) for frame in drawn if "━" in frame]


GONE = "\n\x1b[?25h\r\x1b[1A\x1b[2K"
"""Behind a bar that was the only one: the line above is cleared, and the cursor is there."""


def test_an_import_shows_one_bar_and_leaves_none_behind(screen, memory, folder):
    (folder / "a.md").write_text("# One\ntext\n# Two\ntext")
    (folder / "b.txt").write_text("three")
    code, shown = screen("import", "a.md", "b.txt", str(ROOT / "examples" / "conversations.jsonl"))
    assert code == 0
    reading = [numbers for title, numbers in frames(shown) if title == "reading"]
    storing = [numbers for title, numbers in frames(shown) if title == "storing"]
    assert reading[0] == "0/3 files"
    assert reading[-1].startswith("3/3 files, 449 entries")
    assert storing[0].endswith("0/449 entries")
    assert storing[-1].startswith("449/449 entries")
    assert shown.count(GONE) == 2
    assert memory.count() == 449


@pytest.mark.parametrize("to", ["file", "stdout"])
def test_an_export_shows_one_bar_and_leaves_none_behind(to, screen, memory, folder):
    memory.store_many([{"text": "x", "id": str(i)} for i in range(3000)], tier="session")
    with (folder / "out.jsonl").open("wb") as stdout:
        arguments, more = (["out.jsonl"], {}) if to == "file" else ([], {"stdout": stdout})
        code, shown = screen("export", *arguments, **more)
    assert code == 0
    title, numbers = frames(shown)[-1]
    assert (title, numbers.partition("\n")[0]) == ("exporting", "3000/3000 entries")
    assert shown.endswith(GONE)
    assert (folder / "out.jsonl").read_text().count("\n") == 3000


def test_an_export_to_the_screen_has_no_bar_among_its_lines(screen, memory):
    memory.store("x")
    code, shown = screen("export")
    assert (code, shown.count("\n"), "━" in shown) == (0, 1, False)


def test_the_demo_counts_down(screen):
    code, shown = screen("demo", "--examples", str(ROOT / "examples"))
    assert code == 0
    assert len(re.findall(r"\r  expires in [01]\.\d s", shown)) > 3
    assert "finds nothing" in STYLE.sub("", shown)
