"""``axon new-adapter``."""

from __future__ import annotations

import json
import shlex
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import click

from axon.cli.failures import NotDone
from axon.cli.text import visible
from axon.core.errors import InvalidInput
from axon.core.registry import default_registry
from axon.scaffold.project import Project


@click.command("new-adapter")
@click.argument("name")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path(),
    metavar="DIR",
    help="Where the project's folder is made; default: here.",
)
def new_adapter(name: str, into: Path) -> None:
    """Write a plugin project with an adapter that works.

    NAME is what configurations will call the adapter, such as leveldb or my-store (then my_store). The project is the
    folder axon-NAME; it keeps entries in a dictionary and passes the conformance kit. Nothing is overwritten.
    """
    project = Project(name)
    _check_free(project)
    folder = into / project.distribution
    _check_empty(folder)
    for path, text in project.rendered().items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8", newline="\n") as stream:
            stream.write(text)
    click.echo(_told(project, folder))


def _check_free(project: Project) -> None:
    registry = default_registry()
    if project.adapter in {*registry.names(), *registry.adapters()}:
        raise InvalidInput(f"{project.adapter!r} is the name of a plugin that is installed; give another one")
    try:
        version(project.distribution)
    except PackageNotFoundError:
        return
    raise InvalidInput(f"there is a distribution {project.distribution} already; give another name")


def _check_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.exists() or folder.is_symlink():
        raise NotDone(
            f"{folder} is there already, and nothing is overwritten: give another name, or --into another folder"
        )


def _told(project: Project, folder: Path) -> str:
    where = folder if folder.is_absolute() else f"./{folder.as_posix()}"
    adapter = folder / "src" / project.package / "adapter.py"
    called = "" if project.adapter == project.name else f" Configurations call it {project.adapter}."
    return f"""\
{visible(str(folder))} is a plugin that works, over a dictionary, until you put your store in its place.{called}

Next, in a virtual environment:

{_core()}  pip install -e {shlex.quote(f"{where}[test]")}
  pytest {shlex.quote(str(folder))}
  axon adapters

pytest puts the adapter through the whole contract. Then go on in {visible(str(adapter))}."""


def _core() -> str:
    """The step that installs the core from where this one is, if that is no index: another one might not be there."""
    described = distribution("axon-core").read_text("direct_url.json")
    where = json.loads(described or "{}")
    if not where.get("dir_info", {}).get("editable"):
        return ""
    return f"  pip install -e {shlex.quote(url2pathname(urlsplit(where['url']).path))}\n"
