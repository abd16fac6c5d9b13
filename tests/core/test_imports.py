"""What importing costs: nothing but what is used."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import axon

HEAVY = {"attr", "attrs", "cattrs", "pluggy", "redis", "hiredis", "msgspec", "numpy", "asyncio", "click", "rich"}
DRIVERS = {"numpy", "redis", "hiredis", "msgspec", "click", "rich", "cattrs"}
CORE = Path(axon.__file__).parents[1]


def loaded_by(statement, cwd):
    """The top-level modules that a fresh interpreter has after ``statement``, beyond those of an idle one."""
    code = "import sys; before = set(sys.modules); {}; print(*(set(sys.modules) - before), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code.format(statement)], capture_output=True, text=True, check=True, cwd=cwd
    )
    return {name.partition(".")[0] for name in done.stdout.split()}


def test_axon_loads_nothing_heavy(tmp_path):
    loaded = loaded_by("import axon", tmp_path)
    assert "axon" in loaded
    assert not loaded & HEAVY


@pytest.mark.parametrize(
    "statement",
    [
        "import axon_inmemory.plugin",
        "import axon_inmemory",
        "import axon_redis.plugin",
        "import axon_redis.options",
        "import axon_redis",
        "import axon.spi",
    ],
)
def test_describing_an_adapter_loads_no_driver(tmp_path, statement):
    assert not loaded_by(statement, tmp_path) & DRIVERS


def test_listing_all_adapters_loads_no_driver(tmp_path):
    statement = "from axon.core.registry import Registry; Registry().adapters()"
    assert not loaded_by(statement, tmp_path) & DRIVERS


@pytest.mark.parametrize("name", axon.__all__)
def test_every_public_name_is_there(name):
    assert getattr(axon, name).__name__ == name
    assert name in dir(axon)


def test_other_names_are_not():
    with pytest.raises(AttributeError, match="module 'axon' has no attribute 'MemorySytem'"):
        _ = axon.MemorySytem


@pytest.mark.parametrize(("module", "name"), [("redis", "RedisAdapter"), ("vector", "VectorAdapter")])
def test_a_distribution_that_is_missing_is_named_with_the_pip_command(tmp_path, module, name):
    code = f"from axon.adapters.{module} import {name}"
    # -S: without site-packages, and so without any distribution but the core, which needs no other to be imported.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=os.environ | {"PYTHONPATH": str(CORE)},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last == f"ModuleNotFoundError: the distribution axon-{module} is not installed: pip install axon-{module}"
