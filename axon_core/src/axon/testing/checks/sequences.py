"""Any sequence of verbs and steps of the clock, beside a plain model."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from axon.testing.bench import Bench
from axon.testing.check import check
from axon.testing.model import machine_of

_MODES = {"without_refresh": False, "with_refresh": True}
_EXAMPLES = {True: 60, False: 12}
"""How many, by whether the clock is turned: where it is not, every step of it has to be waited for."""


@check(each=_MODES)
def of_verbs_agree_with_a_model(bench: Bench, refresh: bool) -> None:  # noqa: FBT001
    """Whatever is done in whatever order, every verb answers as a dictionary of entries with a clock would.

    If this fails, read the steps from the first one on: they are the shortest sequence that was found.
    """
    machine = machine_of(bench, refresh_on_read=refresh)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=_EXAMPLES[bench.clock.is_turned],
            stateful_step_count=25,
            deadline=None,
            database=None,
            derandomize=True,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
        ),
    )
