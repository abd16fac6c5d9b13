"""Middleware that comes with the core; a configuration switches it on by name."""
