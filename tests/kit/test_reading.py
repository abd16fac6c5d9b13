"""Where a failure sends its reader: to what is installed with Axon, and to headings that there are."""

from __future__ import annotations

import pydoc
import re
from pathlib import Path

import pytest

from axon import spi
from axon.spi.coordination import PROTOCOLS
from axon.testing.examination import every_check
from axon.testing.reading import PAGE, SECTIONS, documented, where_to_look

CONTRACT = (Path(__file__).parents[2] / "docs" / "reference" / "contract.md").read_text(encoding="utf-8")
TOPICS = sorted({check.topic for check in every_check()})
VERBS = sorted(
    {
        name
        for owner in (spi.Adapter, spi.SupportsResidue, *PROTOCOLS.values())
        for name in vars(owner)
        if not name.startswith("_")
    }
)


@pytest.mark.parametrize("topic", TOPICS)
def test_a_topic_has_a_section_on_the_page(topic: str) -> None:
    assert CONTRACT.startswith(f"# {PAGE}\n")
    assert re.search(rf"^##+ {re.escape(SECTIONS[topic])}$", CONTRACT, re.MULTILINE)


def test_no_topic_is_named_that_there_is_not() -> None:
    assert sorted(SECTIONS) == TOPICS


@pytest.mark.parametrize("verb", [*VERBS, "", "of_its_own", "__init__"])
@pytest.mark.parametrize("topic", ["expiry", "packaging", "capabilities", "errors"])
def test_what_pydoc_is_asked_for_is_there_and_says_something(topic: str, verb: str) -> None:
    target = documented(topic, verb)
    found = pydoc.locate(target)
    assert found is not None
    assert pydoc.getdoc(found)
    if verb in VERBS:
        assert target.endswith(f".{verb}")


def test_the_file_of_every_check_is_there() -> None:
    for check in every_check():
        path, _, line = where_to_look(place=check.place, topic=check.topic, verb="").partition(" is")[0].rpartition(":")
        assert Path(path).is_file()
        assert int(line) > 0
