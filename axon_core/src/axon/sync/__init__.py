"""The same memory for code without an event loop: scripts and notebooks.

``axon.sync.MemorySystem`` has the verbs of :class:`axon.MemorySystem` as plain methods. They run in one
background loop of the process, which is shared, started by the first call and ended at exit.
"""

from __future__ import annotations

from axon.sync.system import MemorySystem as MemorySystem
