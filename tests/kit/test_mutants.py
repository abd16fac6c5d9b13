"""The kit can fail: every mutant is caught by the check that names its fault, and what it is made from is not."""

from __future__ import annotations

from pathlib import Path

import pytest
from mutants import MUTANTS
from mutants.bases import (
    Awaiting,
    Common,
    Ending,
    Haunted,
    Keyed,
    Remembering,
    Remote,
    Selecting,
    Summing,
    Timed,
    Valued,
)
from mutants.kept import Kept
from mutants.registration import Mutant, subject
from mutants.shelved import Shelved
from table import PAGE, page

from axon.spi import Adapter
from axon.testing.checks import leaks
from axon.testing.examination import every_check, examine
from axon.testing.failure import ContractBroken
from axon_inmemory.adapter import InMemoryAdapter

pytestmark = pytest.mark.usefixtures("impatient")
CHECKS = {check.name: check for check in every_check()}
# The first that fits is the base: what also keeps a file needs that file for its checks.
BASES = (
    Awaiting,
    Timed,
    Ending,
    Haunted,
    Keyed,
    Selecting,
    Common,
    Remote,
    Kept,
    Remembering,
    Valued,
    Summing,
    Shelved,
)


def base_of(mutant: Mutant) -> type[Adapter]:
    """The correct adapter that a mutant is made from."""
    return next((base for base in BASES if issubclass(mutant.type, base)), InMemoryAdapter)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """No mutant gives space back later: what leaks need not be waited for."""
    monkeypatch.setattr(leaks, "_PATIENCE_S", 0.1)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: f"{mutant.topic}-{mutant.name}")
def test_a_mutant_is_caught_by_the_check_that_names_its_fault(mutant: Mutant) -> None:
    with pytest.raises(ContractBroken) as caught:
        examine(CHECKS[mutant.caught_by], mutant.subject)
    assert caught.value.check == mutant.caught_by


PAIRS = sorted(
    {(base_of(mutant), mutant.caught_by) for mutant in MUTANTS}, key=lambda pair: (pair[0].__name__, pair[1])
)


@pytest.mark.parametrize(("base", "check"), PAIRS, ids=lambda value: getattr(value, "__name__", value))
def test_what_mutants_are_made_from_passes_the_same_check(base: type[Adapter], check: str) -> None:
    examine(CHECKS[check], subject(base))


@pytest.mark.parametrize("base", BASES, ids=lambda base: base.__name__)
def test_what_mutants_are_made_from_keeps_every_promise_on_batches(base: type[Adapter]) -> None:
    for check in CHECKS.values():
        if check.topic == "batches":
            examine(check, subject(base))


def test_no_fault_is_told_twice() -> None:
    names = [mutant.name for mutant in MUTANTS]
    faults = [mutant.fault for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    assert len(set(faults)) == len(faults)


def test_the_page_is_what_the_generator_gives() -> None:
    assert Path(PAGE).read_text(encoding="utf-8") == page(), "run: python tests/kit/table.py"
