"""``python -m axon`` is the command ``axon``."""

from __future__ import annotations

from axon.cli import main

if __name__ == "__main__":
    main()
