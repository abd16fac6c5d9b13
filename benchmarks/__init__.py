"""Figures that anyone can reproduce: ``python -m benchmarks`` prints them all, each beside its bar."""
