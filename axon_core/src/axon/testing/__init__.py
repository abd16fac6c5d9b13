"""What tests of applications and of plugins use; nothing here is found by a configuration."""

from __future__ import annotations

from axon.testing.embedder import HashEmbedder as HashEmbedder

__all__ = ["HashEmbedder"]
