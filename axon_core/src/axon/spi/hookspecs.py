"""The hooks. All are synchronous and only describe: what they describe does the work."""

# mypy: disable-error-code="empty-body"
# pyright: reportReturnType=false
from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from axon.spi.markers import hookspec

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.spi.spec import AdapterSpec, EmbedderSpec, MiddlewareSpec


@hookspec
def axon_adapters() -> Iterable[AdapterSpec]:
    """Describe the adapters that this plugin provides.

    Called once, when the plugin is loaded. The module that holds the hook must not
    import the driver: the spec names the adapter class as ``"module:Class"``.
    """


@hookspec
def axon_embedders() -> Iterable[EmbedderSpec]:
    """Describe the embedders that this plugin provides.

    Called once, when the plugin is loaded, under the same rule as adapters.
    """


@hookspec
def axon_middleware() -> Iterable[MiddlewareSpec]:
    """Describe the middleware that this plugin provides.

    Called once, when the plugin is loaded. Installing a plugin switches nothing on: the
    ``middleware`` list of the configuration does, and its order is the order of the calls.
    """


@hookspec
def axon_check_config(config: MemoryConfig) -> Iterable[str]:
    """Give advice on ``config``, one sentence each, or nothing.

    Called by ``axon check``. The configuration is valid at this point; advice is what is
    allowed and unwise.
    """
