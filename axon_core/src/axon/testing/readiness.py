"""What has to be right before the first check: the settings make an adapter, its store answers, and is nobody's."""

from __future__ import annotations

import asyncio
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from axon.core.errors import AxonError, StoreError, StoreUnavailable
from axon.testing.failure import StoreInUse
from axon.testing.subject import NAMESPACE, Subject

_PATIENCE_S = 30.0


def make_sure(subject: Subject) -> None:
    """Raise what would make every check fail, for a reason that is none of the contract's.

    Errors are those of building the adapter, :class:`StoreUnavailable` where its store cannot be used, and
    :class:`StoreInUse` where it has no namespaces and is not empty: the checks would delete what is there.
    """
    with tempfile.TemporaryDirectory(prefix="axon-conformance-", ignore_cleanup_errors=True) as folder:
        try:
            adapter = subject.build(Path(folder))
        except AxonError:
            raise
        except Exception:  # its class does not take what it says it takes: the checks on packaging tell which
            return
        asyncio.run(_look(adapter, subject))


async def _look(adapter: Any, subject: Subject) -> None:
    name, found = subject.spec.name, 0
    try:
        with suppress(TimeoutError):  # one that hangs is told of by the checks
            async with asyncio.timeout(_PATIENCE_S):
                found = await adapter.count()
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
