"""Any sequence of verbs and steps of the clock, beside a plain model."""

from __future__ import annotations

from typing import Any

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from axon.testing.bench import Bench, trying
from axon.testing.check import check
from axon.testing.model import machine_of
from axon.testing.shrinking import Shrinking

_MODES: dict[str, dict[str, Any]] = {"without_refresh": {}, "with_refresh": {"refresh_on_read": True}}
_FULL: dict[str, dict[str, Any]] = {
    "the_oldest": {"max_entries": 3, "eviction": "oldest"},
    "what_matters_least": {"max_entries": 3, "eviction": "importance"},
    "what_was_used_least_recently": {"max_entries": 3, "eviction": "lru"},
    "what_expires_next": {"max_entries": 3, "eviction": "ttl"},
    "what_expires_next_and_is_refreshed": {"max_entries": 3, "eviction": "ttl", "refresh_on_read": True},
}
_EXAMPLES = 15
_STEPS = 25
_BATCHES = 12
_FEWER = 3
"""Batches where there is an eviction, of which there are many kinds."""


@check(each=_MODES)
def of_verbs_agree_with_a_model(bench: Bench, settings: dict[str, Any]) -> None:
    """Whatever is done in whatever order, every verb answers as a dictionary of entries with a clock would.

    If this fails, read the steps from the first one on: they are the shortest sequence that was found.
    """
    _compare(bench, settings, batches=_BATCHES)


@check(settings=["max_entries", "eviction"], each=_FULL)
def of_verbs_agree_with_a_model_that_evicts(bench: Bench, settings: dict[str, Any]) -> None:
    """Whatever is done in whatever order, the entry goes that this kind of eviction names, and no other.

    If this fails, read the steps from the first one on, and check which of them moves an entry in the order of
    eviction: a save, an update, a read, a refresh; what was deleted or has expired takes no place.
    """
    _compare(bench, settings, batches=_FEWER)


def _compare(bench: Bench, settings: dict[str, Any], *, batches: int) -> None:
    # Where time runs by itself, and a moment has to pass between two uses, there is time for few of them.
    is_slow = "eviction" in settings and not bench.clock.is_turned
    examples, steps = (_EXAMPLES // 3, _STEPS // 2) if is_slow else (_EXAMPLES, _STEPS)
    shrinking = Shrinking(bench.steps)
    machine = machine_of(bench, settings, shrinking)
    with shrinking.limited():
        for number in bench.batches(batches):
            run_state_machine_as_test(seed(number)(machine), settings=trying(examples, stateful_step_count=steps))
