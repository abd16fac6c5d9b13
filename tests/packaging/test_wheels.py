"""What a user installs: the wheels, in an environment of their own, far from the source."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
import venv
import zipfile
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import pytest
import spec_page

ROOT = Path(__file__).parents[2]
SOURCES = {
    "axon-core": ROOT / "axon_core" / "src",
    "axon-inmemory": ROOT / "axon_inmemory" / "src",
    "axon-redis": ROOT / "axon_redis" / "src",
    **{path.name.replace("_", "-"): path / "src" for path in (ROOT / "plugins").iterdir() if path.is_dir()},
    "axon-sdk": None,
}


@dataclass(frozen=True)
class Installed:
    """An environment with ``axon-sdk[all]``, and a folder outside of the source to run it in."""

    bin: Path
    folder: Path

    def run(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        program, *arguments = command
        return subprocess.run(
            [str(self.bin / program), *arguments],
            cwd=cwd or self.folder,
            env={name: value for name, value in os.environ.items() if not name.startswith(("AXON_", "PYTHON"))},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def python(self, code: str, *, cwd: Path | None = None) -> str:
        done = self.run("python", "-c", code, cwd=cwd)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()


def pip(*arguments: str, python: Path = Path(sys.executable)) -> None:
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="session")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("wheels")
    pip("wheel", "--no-deps", "-w", str(folder), *(str(file.parent) for file in project_files()))
    return {path.name.split("-")[0].replace("_", "-"): path for path in folder.iterdir()}


def project_files() -> list[Path]:
    return [
        ROOT / "pyproject.toml",
        *sorted(ROOT.glob("*/pyproject.toml")),
        *sorted(ROOT.glob("plugins/*/pyproject.toml")),
    ]


@pytest.fixture(scope="session")
def installed(wheels: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    python = folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    # By path, all of them: a distribution of the same name on an index must not take the place of ours.
    umbrella = wheels["axon-sdk"]
    others = [str(path) for name, path in wheels.items() if name != "axon-sdk"]
    pip("install", f"axon-sdk[all] @ {umbrella.as_uri()}", *others, python=python)
    (folder / "elsewhere").mkdir()
    return Installed(python.parent, folder / "elsewhere")


def test_every_distribution_is_built(wheels: dict[str, Path]) -> None:
    names = {tomllib.loads(path.read_text(encoding="utf-8"))["project"]["name"] for path in project_files()}
    assert wheels.keys() == names == SOURCES.keys()


@pytest.mark.parametrize("name", SOURCES)
def test_a_wheel_holds_its_source_and_nothing_else(wheels: dict[str, Path], name: str) -> None:
    source = SOURCES[name]
    expected = (
        {
            str(path.relative_to(source))
            for path in source.rglob("*")
            if path.suffix in {".py", ".json", ".lua", ".template"} or path.name == "py.typed"
        }
        if source
        else set()
    )
    with zipfile.ZipFile(wheels[name]) as wheel:
        names = wheel.namelist()
        metadata = {path for path in names if ".dist-info/" in path}
        (license_file,) = (path for path in metadata if path.endswith(".dist-info/licenses/LICENSE"))
        assert set(names) - metadata == expected
        assert source is None or any(path.endswith("/py.typed") for path in expected)
        assert wheel.read(license_file) == (ROOT / "LICENSE").read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "from axon import MemorySystem",
        "from axon import MemorySystem, MemoryConfig, MemoryEntry, Filter",
        "from axon.core.config import MemoryConfig",
        "from axon.core.policies import EphemeralPolicy, SessionPolicy, PersistentPolicy",
        "from axon.adapters.memory import InMemoryAdapter",
        "from axon.adapters.redis import RedisAdapter",
        "from axon.adapters.vector import VectorAdapter",
        "from axon.sync import MemorySystem",
    ],
)
def test_the_public_import_paths_work(installed: Installed, statement: str) -> None:
    installed.python(statement)


def test_the_imports_of_the_page_work(installed: Installed) -> None:
    blocks = spec_page.BLOCKS.values()
    lines = {line for block in blocks for line in block.splitlines() if re.match(r"(from|import) \w", line)}
    assert "from axon.adapters.redis import RedisAdapter" in lines
    installed.python("\n".join(sorted(lines)))


def test_the_redis_adapter_is_complete(installed: Installed) -> None:
    code = """
import asyncio
from axon.adapters.redis import RedisAdapter
from axon_redis import scripts

async def main():
    adapter = RedisAdapter(host="127.0.0.1", port=1, deadline=0.05)
    print((await adapter.health()).status)
    await adapter.close()

asyncio.run(main())
"""
    assert installed.python(code) == "down"


def test_describing_the_adapters_imports_no_driver(installed: Installed) -> None:
    code = """
import sys
from axon.core.registry import Registry
names = sorted(Registry().adapters())
print(*names, *{"redis", "hiredis", "msgspec", "numpy"} & set(sys.modules))
"""
    assert installed.python(code) == "memory redis vector"


@pytest.mark.parametrize("name", ["memory", "redis", "vector"])
def test_an_adapter_that_is_not_installed_names_the_command_that_installs_it(
    wheels: dict[str, Path], tmp_path: Path, name: str
) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    (packages,) = (tmp_path / "venv").glob("[Ll]ib/**/site-packages")
    with zipfile.ZipFile(wheels["axon-core"]) as wheel:
        wheel.extractall(packages)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    done = Installed(python.parent, tmp_path).run("python", "-c", f"import axon.adapters.{name}")
    distribution = "axon-inmemory" if name == "memory" else f"axon-{name}"
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        f"ModuleNotFoundError: the distribution {distribution} is not installed: pip install {distribution}"
    )


def test_an_entry_is_stored_and_recalled(installed: Installed) -> None:
    code = """
import asyncio
from axon import MemoryConfig, MemorySystem, SessionPolicy

async def main():
    async with MemorySystem(MemoryConfig(session=SessionPolicy())) as memory:
        await memory.store("Ada is allergic to peanuts", tags=["health"])
        (entry,) = await memory.recall("allergic")
        print(entry.tier, entry.text)

asyncio.run(main())
"""
    assert installed.python(code) == "session Ada is allergic to peanuts"


def test_the_command_lists_the_adapters(installed: Installed) -> None:
    done = installed.run("axon", "adapters", "--format", "json")
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert listed["broken"] == []
    assert {each["name"]: each["distribution"].split()[0] for each in listed["adapters"]} == {
        "memory": "axon-inmemory",
        "redis": "axon-redis",
        "vector": "axon-vector",
    }


def test_what_is_installed_is_not_the_source(installed: Installed) -> None:
    code = "import axon, axon_inmemory, axon_redis; print(axon.__file__, axon_inmemory.__file__, axon_redis.__file__)"
    assert str(ROOT) not in installed.python(code)


def test_the_folders_of_the_repository_shadow_nothing(installed: Installed) -> None:
    code = "import axon, axon.adapters.memory, axon.adapters.redis as redis; print(axon.__file__, redis.RedisAdapter)"
    assert installed.python(code, cwd=ROOT) == installed.python(code)


def test_the_editable_install_works_in_the_root_of_the_repository() -> None:
    code = "import axon, axon.adapters.memory, axon.adapters.redis, axon_inmemory; print(axon.__file__)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == ROOT / "axon_core" / "src" / "axon" / "__init__.py"


def test_from_new_adapter_to_a_green_kit_in_three_commands(wheels: dict[str, Path], tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
    python = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python"
    pip("install", f"axon-core[cli] @ {wheels['axon-core'].as_uri()}", python=python)
    author = Installed(python.parent, tmp_path)
    start = perf_counter()
    for command in (
        ("axon", "new-adapter", "leveldb"),
        ("pip", "install", "-e", "./axon-leveldb[test]"),
        ("pytest", "axon-leveldb"),
    ):
        done = author.run(*command)
        assert done.returncode == 0, done.stdout + done.stderr
    sys.stdout.write(f"{perf_counter() - start:.1f} s from `axon new-adapter` to a green kit\n")  # pytest -rP shows it
    assert re.search(r"[1-9]\d* passed", done.stdout)
    listed = author.run("axon", "adapters")
    assert re.search(r"^leveldb +axon-leveldb 0\.1\.0 ", listed.stdout, re.MULTILINE), listed.stdout
    types = author.run("mypy", cwd=tmp_path / "axon-leveldb")
    assert types.returncode == 0, types.stdout
