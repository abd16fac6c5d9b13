"""The store against a plain model: the same as in memory, also after the file was closed and opened again."""

from __future__ import annotations

import tempfile
from collections.abc import Callable

from adapter_model import AdapterModel
from hypothesis import settings
from hypothesis.stateful import rule

from axon.adapters.vector import VectorAdapter
from axon.spi import Adapter


class Machine(AdapterModel):
    def build(self, clock: Callable[[], float], *, refresh_on_read: bool) -> Adapter:
        self.folder = tempfile.TemporaryDirectory()
        self.again = lambda: VectorAdapter(
            self.folder.name, clock=clock, refresh_on_read=refresh_on_read, synchronous="normal"
        )
        return self.again()

    @rule()
    def reopen(self) -> None:
        self.run(self.adapter.close())
        self.adapter = self.again()

    def teardown(self) -> None:
        super().teardown()
        if hasattr(self, "folder"):
            self.folder.cleanup()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
