"""Each example is told of in the documentation, and has a test of its own."""

from pathlib import Path

import pytest
from example_process import EXAMPLES

ROOT = Path(__file__).parents[2]
NAMES = sorted(path.stem for path in EXAMPLES.glob("*.py"))


@pytest.mark.parametrize("name", NAMES)
def test_an_example_is_linked_and_tested(name):
    assert f"(../../examples/coordination/{name}.py)" in (ROOT / "docs" / "how-to" / "coordinate.md").read_text()
    assert f"(coordination/{name}.py)" in (ROOT / "examples" / "README.md").read_text()
    assert Path(__file__).with_name(f"test_{name}.py").is_file()
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) <= 100


def test_there_are_as_many_as_promised():
    assert len(NAMES) == 5
