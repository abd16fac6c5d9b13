"""Any sequence of verbs and steps of the clock, beside a plain model."""

from __future__ import annotations

from typing import Any

from hypothesis import seed
from hypothesis.stateful import run_state_machine_as_test

from axon.testing.bench import Bench, trying
from axon.testing.check import check
from axon.testing.model import machine_of

_MODES: dict[str, dict[str, Any]] = {"without_refresh": {}, "with_refresh": {"refresh_on_read": True}}
_EXAMPLES = 15
_BATCHES = 12


@check(each=_MODES)
def of_verbs_agree_with_a_model(bench: Bench, settings: dict[str, Any]) -> None:
    """Whatever is done in whatever order, every verb answers as a dictionary of entries with a clock would.

    If this fails, read the steps from the first one on: they are the shortest sequence that was found.
    """
    machine = machine_of(bench, settings)
    for number in bench.batches(_BATCHES):
        run_state_machine_as_test(seed(number)(machine), settings=trying(_EXAMPLES, stateful_step_count=25))
