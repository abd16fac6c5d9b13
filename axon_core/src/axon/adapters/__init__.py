"""Shorthands for our adapters; each lives in a distribution of its own."""
