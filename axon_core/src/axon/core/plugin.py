"""The core as a plugin of itself: its middleware and its advice come through the same hooks as anyone's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from axon.core.advice import findings
from axon.spi.markers import hookimpl
from axon.spi.spec import MiddlewareSpec

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig


@hookimpl
def axon_middleware() -> list[MiddlewareSpec]:
    """The middleware that comes with the core."""
    return [
        MiddlewareSpec(
            name="logging",
            target="axon.middleware.logging:LoggingMiddleware",
            options="axon.middleware.logging:LoggingOptions",
            summary="A structured log record for every call.",
        ),
        MiddlewareSpec(
            name="metrics",
            target="axon.middleware.metrics:MetricsMiddleware",
            summary="Counts and latencies by tier and verb, in an object to read.",
        ),
    ]


@hookimpl
def axon_check_config(config: MemoryConfig) -> Iterable[str]:
    """The core's own advice."""
    return findings(config)
