"""The page on the conformance kit and the kit agree. Run as a program, this file writes the page's table of topics."""

from __future__ import annotations

import inspect
import re
from importlib import import_module
from pathlib import Path

from axon.testing import AdapterConformance
from axon.testing.check import Check
from axon.testing.described import KEYS
from axon.testing.examination import every_check

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "conformance.md"
COMMAND = PAGE.with_name("command-line.md")
MARK = "<!-- topics: written by tests/docs/test_conformance_reference.py -->\n"
FAULTS = "## What went wrong elsewhere"


def topics() -> dict[str, list[Check]]:
    found: dict[str, list[Check]] = {}
    for check in every_check():
        found.setdefault(check.topic, []).append(check)
    return found


def table() -> str:
    """The table of topics, between its mark and the next heading."""
    rows = [f"| `{topic}` | {len(checks)} | {promise(topic)} | {asked(checks)} |" for topic, checks in topics().items()]
    head = ["| Topic | Checks | What they prove | Asked of adapters with |", "| --- | --- | --- | --- |"]
    total = (
        f"{len(every_check())} checks in all; one that asks for more than its topic does says so when it is skipped."
    )
    return "\n" + "\n".join([*head, *rows]) + f"\n\n{total}\n\n"


def promise(topic: str) -> str:
    """The first sentence of the module of the topic."""
    module = import_module(f"axon.testing.checks.{topic}")
    return (module.__doc__ or "").split("\n")[0]


def asked(checks: list[Check]) -> str:
    """What all checks of a topic require."""
    capabilities = frozenset.intersection(*(check.requires for check in checks))
    settings = frozenset.intersection(*(check.settings for check in checks))
    return ", ".join(f"`{name}`" for name in [*sorted(capabilities), *sorted(settings)]) or "-"


def written(text: str) -> str:
    """The page with the table as it has to be."""
    before, _, rest = text.partition(MARK)
    return before + MARK + table() + rest[rest.index(FAULTS) :]


def test_the_topics_are_those_of_the_kit() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == written(text), "python tests/docs/test_conformance_reference.py writes the table anew"


def test_every_attribute_of_the_class_is_documented() -> None:
    documented = re.findall(r"^\| `(\w+)` \|", PAGE.read_text(encoding="utf-8").partition(MARK)[0], re.MULTILINE)
    assert sorted(documented) == sorted(inspect.get_annotations(AdapterConformance))


def test_every_key_of_the_settings_file_is_documented_and_is_one_of_the_class() -> None:
    table = COMMAND.read_text(encoding="utf-8").partition("| Key of FILE | Type | Meaning |\n")[2].partition("\n\n")[0]
    documented = re.findall(r"^\| `(\w+)` \| [\w ]+ \| \S.* \|$", table, re.MULTILINE)
    assert documented == list(KEYS)
    assert set(KEYS) <= set(inspect.get_annotations(AdapterConformance))


def test_every_fault_of_elsewhere_has_a_check_or_a_reason() -> None:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", PAGE.read_text(encoding="utf-8").partition(FAULTS)[2], re.MULTILINE)
    answers = dict(rows[2:])
    assert len(answers) == len(rows) - 2 == 25
    known = {f"{check.topic}_{check.function.__name__}" for check in every_check()}
    for fault, answer in answers.items():
        named = set(re.findall(r"`([a-z]+_[a-z_]+)`", answer))
        assert named <= known, f"{fault}: {named - known}"
        assert named or answer.startswith("none: "), fault


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
