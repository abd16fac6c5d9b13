"""The one error of all shorthands."""

from __future__ import annotations


def explained(error: ModuleNotFoundError, *, package: str, distribution: str) -> ModuleNotFoundError:
    """An error that names the pip command, if it is ``package`` that is missing; else ``error`` itself.

    Only the first component counts: in the root of our repository Python takes the folder of a
    distribution for a namespace package, and then it is a submodule that is missing.
    """
    if (error.name or "").partition(".")[0] != package:
        return error
    return ModuleNotFoundError(
        f"the distribution {distribution} is not installed: pip install {distribution}", name=package
    )
