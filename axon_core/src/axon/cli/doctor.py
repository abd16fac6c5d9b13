"""``axon doctor``."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import attrs
import click
from attrs import frozen

from axon.cli.failures import NOT_DONE
from axon.cli.opening import found_config
from axon.cli.options import PATH, format_option
from axon.cli.output import print_json, print_table
from axon.core.config import MemoryConfig
from axon.core.errors import EmbeddingFailed
from axon.core.secrets import masked
from axon.core.system import MemorySystem
from axon.spi import Adapter, Finding, Health, Severity, SupportsDoctor

_SEVERITY: dict[str, Severity] = {"ok": "ok", "degraded": "warning", "down": "error"}


@frozen
class _Found:
    tier: str | None
    finding: Finding
    measured: bool = False
    """Of this tier alone, even if another one's reads the same."""


@click.command()
@click.argument("file", type=PATH, required=False)
@format_option("one document")
@click.pass_context
def doctor(context: click.Context, file: Path | None, format: str) -> None:
    """Examine the stores of all tiers.

    It says what is wrong, and what to do. Without FILE the configuration is the one that AXON_CONFIG names, then
    ./axon.toml. Exits with 1 if there are errors; warnings alone are 0.
    """
    found = asyncio.run(_examined(MemoryConfig.from_file(found_config(file))))
    ok = all(one.finding.severity != "error" for one in found)
    if format == "json":
        print_json({"ok": ok, "findings": [{"tier": one.tier, **attrs.asdict(one.finding)} for one in found]})
    else:
        print_table(("", "tier", "subject", "finding"), _rows(found))
    if not ok:
        context.exit(NOT_DONE)


def _rows(found: Sequence[_Found]) -> Iterator[tuple[str, str, str, str]]:
    """A row for each finding; what is the same of several tiers, which share a server, is one."""
    tiers: dict[tuple[Finding, str | None], list[str]] = {}
    for one in found:
        tiers.setdefault((one.finding, one.tier if one.measured else None), []).append(one.tier or "-")
    for (finding, _), names in tiers.items():
        sentence = finding.sentence if finding.fix is None else f"{finding.sentence}. What to do: {finding.fix}"
        yield finding.severity, ", ".join(dict.fromkeys(names)), finding.subject, sentence


async def _examined(config: MemoryConfig) -> list[_Found]:
    found: list[_Found] = []
    try:
        memory = MemorySystem(config)
    except EmbeddingFailed as error:
        found.append(_Found(None, Finding(severity="error", subject="embedder", sentence=str(error))))
        memory = MemorySystem(attrs.evolve(config, embedder=None))
    async with memory:
        for tier in memory.tiers:
            # Before the tier is called: that may make what is not there yet, or mend it.
            findings = await _findings(memory.tier(tier))
            found += (_Found(tier, finding) for finding in findings)
        for tier, health in (await memory.health()).items():
            said = [one.finding.sentence for one in found if one.tier == tier]
            found.append(_Found(tier, _reach(health, said), measured=True))
    order = list(memory.tiers)
    return sorted(found, key=lambda one: -1 if one.tier is None else order.index(one.tier))


async def _findings(adapter: Adapter) -> list[Finding]:
    if not isinstance(adapter, SupportsDoctor):
        return []
    try:
        return list(await adapter.doctor())
    except Exception as error:  # what is wrong with one tier must not hide what is wrong with the next
        sentence = f"the examination failed: {type(error).__name__}: {masked(str(error))}"
        return [Finding(severity="error", subject="doctor", sentence=sentence)]


def _reach(health: Health, said: Sequence[str]) -> Finding:
    sentence = f"{health.status} after {health.latency_ms:.1f} ms"
    if health.detail and not any(each in health.detail for each in said):
        sentence += f": {health.detail}"
    return Finding(severity=_SEVERITY[health.status], subject="health", sentence=sentence)
