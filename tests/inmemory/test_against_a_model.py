"""The adapter against a plain model."""

from __future__ import annotations

from collections.abc import Callable

from adapter_model import AdapterModel
from hypothesis import settings

from axon.adapters.memory import InMemoryAdapter
from axon.spi import Adapter


class Machine(AdapterModel):
    def build(self, clock: Callable[[], float], *, refresh_on_read: bool) -> Adapter:
        return InMemoryAdapter(clock=clock, refresh_on_read=refresh_on_read)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)
