"""The page itself: that it is the whole page, and that each of its blocks is run by a test."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest
from spec_page import BLOCKS, PAGE, PROSE

TESTS = [path.read_text(encoding="utf-8") for path in Path(__file__).parent.glob("*.py")]


def test_it_is_the_page_that_the_project_started_from():
    assert (
        hashlib.sha256(PAGE.read_bytes()).hexdigest()
        == "1d61da29e6e0c15b8028a6afbd10225a4e4915c897767dbace373cd4643b65c8"
    )


def test_no_line_of_code_is_overlooked():
    code = re.compile(r"(?!  •|(?:save|get|delete)\(\) \d)(?:\s+\S|[#)\]}]|[a-z])")
    assert [line for line in PROSE if code.match(line)] == []


@pytest.mark.parametrize("name", BLOCKS)
def test_a_test_runs_the_block(name):
    assert any(f'"{name}"' in text for text in TESTS)
