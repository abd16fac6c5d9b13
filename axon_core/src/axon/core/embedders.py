"""From a configuration to its embedder."""

from __future__ import annotations

from functools import partial
from inspect import getattr_static
from typing import TYPE_CHECKING, cast

from axon.core.embedding import CachingEmbedder
from axon.core.errors import AdapterNotFound, AxonError, ConfigError, EmbeddingFailed, PluginError, WrongType
from axon.core.faults import built

if TYPE_CHECKING:
    from axon.core.config import MemoryConfig
    from axon.core.registry import Registry
    from axon.spi.embedder import Embedder


def wired_embedder(
    config: MemoryConfig, registry: Registry, given: Embedder | None, errors: list[AxonError]
) -> CachingEmbedder | None:
    """The embedder of the system, remembering its vectors: ``given``, else the one that ``config`` names."""
    if isinstance(given, CachingEmbedder):
        return given
    if given is not None:
        return CachingEmbedder(given)
    if config.embedder is None:
        return None
    try:
        spec = registry.embedder(config.embedder)
    except AdapterNotFound as error:
        errors.append(AdapterNotFound(f"embedder: {error}"))
    except PluginError as error:
        errors.append(PluginError(f"embedder: {error}"))
    else:
        at = f"embedders.{spec.name}"
        try:
            made = built(partial(spec.build, at=at), config.embedders.get(spec.name, {}), spec.known_settings(), at=at)
            return CachingEmbedder(check_embedder(made))
        except (ConfigError, PluginError, EmbeddingFailed) as error:
            errors.append(error)
        except WrongType as error:
            errors.append(PluginError(f"{spec.target}: {error}"))
    return None


def check_embedder(value: object) -> Embedder:
    """``value`` if it looks like an :class:`~axon.spi.Embedder`; nothing of it runs, since that may load a model."""
    missing = [name for name in ("name", "version", "dimension", "embed") if not _has(value, name)]
    if missing:
        raise WrongType(
            f"an embedder has name, version, dimension and embed(texts); {type(value).__name__} has no "
            f"{' and no '.join(missing)}"
        )
    return cast("Embedder", value)


def _has(value: object, name: str) -> bool:
    try:
        getattr_static(value, name)
    except AttributeError:
        return False
    return True
