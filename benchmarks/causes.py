"""Why a bar is missed, where the profile has told it: by part and the beginning of the figure's name."""

from __future__ import annotations

CAUSES: dict[tuple[str, str], str] = {}


def cause(part: str, name: str) -> str:
    """What is known of it; nothing where nothing is."""
    return next((text for (where, start), text in CAUSES.items() if where == part and name.startswith(start)), "")
