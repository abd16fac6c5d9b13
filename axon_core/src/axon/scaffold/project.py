"""A plugin project with an adapter that works: its names, and its files out of templates."""

from __future__ import annotations

import re
from importlib.resources import files
from string import Template

from attrs import frozen

from axon.core.errors import InvalidInput, shown

_NAME = re.compile(r"[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*")
_LONGEST = 40

_FILES = {
    ".github/workflows/ci.yml": "ci.yml",
    ".gitignore": "gitignore",
    "README.md": "README.md",
    "pyproject.toml": "pyproject.toml",
    "src/$package/__init__.py": "init.py",
    "src/$package/adapter.py": "adapter.py",
    "src/$package/options.py": "options.py",
    "src/$package/plugin.py": "plugin.py",
    "src/$package/py.typed": "py.typed",
    "tests/test_${name}_conformance.py": "conformance.py",
}
"""Where each template goes."""


@frozen
class Project:
    """A project and all of its names, which follow from one of them."""

    name: str
    """As it was given: ``my-store``."""

    def __attrs_post_init__(self) -> None:
        if self.name.startswith(("axon-", "axon_")):
            raise InvalidInput(f"leave out 'axon-', which the distribution gets by itself: {shown(self.name[5:])}")
        if not _fits(self.name):
            lower = self.name.lower()
            raise InvalidInput(
                f"a name is lower-case letters and digits, a letter first, with single '-' or '_' between, "
                f"{_LONGEST} characters at the most; got {shown(self.name)}"
                + (f": {lower!r} would do" if _fits(lower) else "")
            )

    @property
    def adapter(self) -> str:
        """The adapter type: ``my_store``."""
        return self.name.replace("-", "_")

    @property
    def distribution(self) -> str:
        """What pip calls it, and the folder: ``axon-my-store``."""
        return f"axon-{self.name.replace('_', '-')}"

    @property
    def package(self) -> str:
        """What is imported: ``axon_my_store``."""
        return f"axon_{self.adapter}"

    @property
    def prefix(self) -> str:
        """What the names of its classes begin with: ``MyStore``."""
        return "".join(part.capitalize() for part in self.adapter.split("_"))

    def rendered(self) -> dict[str, str]:
        """The text of every file, by its path inside of the project."""
        names = {
            "name": self.adapter,
            "distribution": self.distribution,
            "package": self.package,
            "prefix": self.prefix,
        }
        templates = files("axon.scaffold") / "templates"
        return {
            Template(path).substitute(names): Template(
                (templates / f"{template}.template").read_text(encoding="utf-8")
            ).substitute(names)
            for path, template in _FILES.items()
        }


def _fits(name: str) -> bool:
    return len(name) <= _LONGEST and _NAME.fullmatch(name) is not None
