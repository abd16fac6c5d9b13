"""What has to be right before the first check: the settings make an adapter, its store answers, and is nobody's."""

from __future__ import annotations

import asyncio
import inspect
import tempfile
import uuid
from contextlib import suppress
from pathlib import Path
from typing import Any

from axon.core.capabilities import Capability
from axon.core.entries import MemoryEntry
from axon.core.errors import AxonError, InvalidInput, PluginError, StoreError, StoreUnavailable
from axon.core.secrets import masked
from axon.core.walk import NeverEnds
from axon.spi.adapter import iterate
from axon.testing.failure import NotMade, StoreInUse, raised_in
from axon.testing.reading import ADAPTER, command
from axon.testing.steps import cut
from axon.testing.subject import LEAST_DIMENSION, NAMESPACE, Subject

_PATIENCE_S = 30.0


def make_sure(subject: Subject) -> None:
    """Raise what would make every check fail, for a reason that is none of the contract's.

    Errors are those of its settings, :class:`NotMade` where it cannot be made of them or its scan never ends,
    :class:`StoreUnavailable` where its store cannot be used, and :class:`StoreInUse` where it has no namespaces and is
    not empty: the checks would delete what is there. A golden folder that is not there is ``InvalidInput``, and so is
    a dimension that its store does not take.
    """
    _look_at_golden(subject)
    with tempfile.TemporaryDirectory(prefix="axon-conformance-", ignore_cleanup_errors=True) as folder:
        try:
            adapter = subject.build(Path(folder))
        except PluginError as error:  # its class or its driver cannot be imported
            raise NotMade(masked(f"the adapter {subject.spec.name!r} cannot be made: {error}")) from error
        except AxonError:
            raise
        except (Exception, SystemExit) as error:  # whatever its class raises
            raise _not_made(subject, error) from error
        asyncio.run(_look(adapter, subject))
        if Capability.VECTOR_SEARCH in subject.capabilities:
            asyncio.run(_look_at_dimension(subject, Path(folder)))


def _look_at_golden(subject: Subject) -> None:
    folder = None if subject.golden is None else Path(subject.golden)
    if folder is None or (folder.is_dir() and any(folder.iterdir())):
        return
    fault = "is empty" if folder.is_dir() else "is no folder" if folder.exists() else "is not there"
    raise InvalidInput(
        f"the golden folder {folder} {fault}, seen from {Path.cwd()}: name one that an earlier version has filled, or "
        f"make it with: axon conformance {subject.spec.name} --write-golden {folder}"
    )


def _not_made(subject: Subject, error: BaseException) -> NotMade:
    spec, places = subject.spec, raised_in(error)
    missing = sorted(getattr(subject.type, "__abstractmethods__", ()))
    if inspect.isabstract(subject.type):
        advice = f"write {', '.join(missing)}: {command(ADAPTER)} prints what each promises"
    elif not places:  # it was raised by the call, and not in what was called
        given = ", ".join(sorted(spec.known_settings())) or "none, as its spec names no options"
        advice = f"it is called with its settings as keyword arguments, which are: {given}"
    else:
        advice = "every check begins with making one, so mend that first"
    came = f"{spec.target} raised {type(error).__name__}: {cut(str(error), 600)}"
    return NotMade(masked("; ".join([f"the adapter {spec.name!r} cannot be made: {came}", *places, advice])))


async def _look(adapter: Any, subject: Subject) -> None:
    name, found = subject.spec.name, 0
    try:
        with suppress(TimeoutError):  # one that hangs is told of by the checks
            async with asyncio.timeout(_PATIENCE_S):
                found = await adapter.count()
                await _look_at_scan(adapter)
    except NeverEnds as error:
        raise NotMade(f"the adapter {name!r} has a scan that never ends: {error}") from error
    except StoreError as error:
        raise StoreUnavailable(f"the store of the adapter {name!r} cannot be used: {error}", sent=False) from error
    except (Exception, SystemExit):  # a fault of the adapter's, which the checks will find
        found = 0
    finally:
        with suppress(Exception, SystemExit):
            async with asyncio.timeout(_PATIENCE_S):
                await adapter.close()
    if found and not subject.knows(NAMESPACE):
        raise StoreInUse(
            f"the store of the adapter {name!r} holds {found:,} entries, and the checks would delete them: "
            "give settings that name an empty one"
        )


async def _look_at_scan(adapter: Any) -> None:
    """Of a store that is empty, all of it: a cursor that comes back would hold up every check in turn."""
    try:
        async for _ in iterate(adapter):
            return
    except NeverEnds:
        raise
    except (Exception, SystemExit):  # a fault of the adapter's, which the checks will find
        return


async def _look_at_dimension(subject: Subject, folder: Path) -> None:
    """Every check on vectors would fail, for a reason that nobody reads out of them."""
    adapter = subject.build(folder, {NAMESPACE: f"kit{uuid.uuid4().hex[:12]}"} if subject.knows(NAMESPACE) else {})
    numbers = subject.dimension or 2
    entry = MemoryEntry(id="kit: how many numbers", text="a vector", embedding=[1.0, *[0.0] * (numbers - 1)])
    try:
        async with asyncio.timeout(_PATIENCE_S):
            await adapter.save(entry)
    except InvalidInput as error:
        raise InvalidInput(
            f"the adapter {subject.spec.name!r} refuses a vector of {numbers} numbers: {error}. If its store takes "
            f"vectors of one size only, say of which: dimension = N, {LEAST_DIMENSION} at least, in the test class, or "
            "above the tables in the FILE of axon conformance --settings"
        ) from error
    except (Exception, SystemExit):  # a fault of the adapter's, which the checks will find
        return
    finally:
        with suppress(Exception, SystemExit):
            async with asyncio.timeout(_PATIENCE_S):
                await adapter.delete(entry.id)
        with suppress(Exception, SystemExit):
            async with asyncio.timeout(_PATIENCE_S):
                await adapter.close()
