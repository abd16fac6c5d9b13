"""Looking a tier over: its servers, and its namespace on them. It changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import TYPE_CHECKING

from axon.core.errors import AxonError
from axon_redis.doctor.access import of_access, of_withheld
from axon_redis.doctor.connections import of_connections
from axon_redis.doctor.contents import of_contents
from axon_redis.doctor.findings import error, merged
from axon_redis.doctor.identity import of_identity
from axon_redis.doctor.latency import of_clock, of_latency
from axon_redis.doctor.memory import of_locks, of_memory
from axon_redis.doctor.persistence import of_persistence
from axon_redis.doctor.remedies import remedy
from axon_redis.doctor.sentinels import of_sentinels
from axon_redis.doctor.server import REFUSED, Server, Unanswered
from axon_redis.doctor.slots import of_slots
from axon_redis.doctor.slowlog import of_slow_log
from axon_redis.doctor.survey import Survey, survey
from axon_redis.keys import Keys
from axon_redis.sharding import shards_key

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.link import Link
    from axon_redis.rules import Rules
    from axon_redis.shard import Shard

__all__ = ["examine"]


async def examine(link: Link, rules: Rules, shards: Sequence[Shard]) -> list[Finding]:
    """What there is to say about the servers of ``link``, and about the namespace of ``rules`` on them."""
    examination = _Examination(link, rules, shards)
    findings = await of_sentinels(link.endpoint) if link.endpoint.kind == "sentinel" else []
    try:
        servers = [Server(node) for node in await link.primaries()]
    except AxonError as problem:
        return [*findings, error("server", str(problem), remedy(problem, link.endpoint))]
    return [*findings, *await examination.of(servers)]


class _Examination:
    """One look at all of it."""

    def __init__(self, link: Link, rules: Rules, shards: Sequence[Shard]) -> None:
        self._link = link
        self._endpoint = link.endpoint
        self._rules = rules
        self._shards = shards

    async def of(self, servers: Sequence[Server]) -> list[Finding]:
        reached: dict[str, Server] = {}
        findings: list[Finding] = []
        for server in servers:
            try:
                await server.meet()
            except Unanswered as unanswered:
                findings.append(self._silence(server, unanswered))
            else:
                reached[server.where] = server
        if not reached:
            return findings
        first = next(iter(reached.values()))
        surveys, troubles = await self._surveys(reached)
        by_server = [
            (server.where, await _gathered(self._of_server(server, undying=self._undying(server, surveys)), server))
            for server in reached.values()
        ]
        findings += merged(by_server)
        if self._endpoint.kind == "cluster":
            findings += await _gathered(of_slots(first, self._shards), first)
        findings += troubles
        findings += await _gathered(self._of_split(reached), first)
        findings += await _gathered(self._of_locks(reached), first)
        if surveys:
            findings += of_contents(self._rules, surveys)
        findings += await _gathered(of_access(first, self._rules, self._endpoint), first)
        findings += of_withheld(list(reached.values()), self._endpoint.settings.get("username") or "default")
        return findings

    async def _of_server(self, server: Server, *, undying: bool | None) -> AsyncIterator[Finding]:
        async for finding in of_latency(server):
            yield finding
        async for finding in of_clock(server, self._rules):
            yield finding
        for finding in of_identity(server, self._endpoint.kind):
            yield finding
        async for finding in of_connections(server, self._endpoint):
            yield finding
        for finding in of_memory(server, undying=undying):
            yield finding
        async for finding in of_persistence(server):
            yield finding
        async for finding in of_slow_log(server, [shard.keys.base for shard in self._shards]):
            yield finding

    async def _surveys(self, reached: dict[str, Server]) -> tuple[list[Survey], list[Finding]]:
        """What was found in each shard, and why there is nothing of some."""
        surveys: list[Survey] = []
        troubles: list[Finding] = []
        for shard in self._shards:
            server = reached.get(shard.where())
            if server is None:
                continue  # it was said already that it does not answer, or that nobody serves the slot
            try:
                surveys.append(await survey(server, shard))
            except Unanswered as unanswered:
                troubles.append(self._trouble(unanswered))
        return surveys, list({finding.sentence: finding for finding in troubles}.values())

    async def _of_split(self, reached: dict[str, Server]) -> AsyncIterator[Finding]:
        """Whether the namespace is split as these settings say."""
        key = shards_key(self._rules)
        server = reached.get(self._link.where(key))
        if server is None:
            return
        kept = await server.ask("GET", key)
        if kept is REFUSED or (kept is None and self._rules.shards == 1):
            return
        unsplit = await server.ask("EXISTS", Keys.of(self._rules.namespace).due)
        has = int(kept) if kept is not None else 1 if unsplit == 1 else self._rules.shards
        if has != self._rules.shards:
            sentence = f"the namespace {self._rules.namespace!r} has {has} shards, and shards is {self._rules.shards}"
            fix = f"shards = {has} in the configuration, or axon export and axon import into another namespace"
            yield error("shards", f"{sentence}: every call is refused", fix)

    async def _of_locks(self, reached: dict[str, Server]) -> AsyncIterator[Finding]:
        server = reached.get(self._link.where(Keys.of(self._rules.namespace).base))
        if server is not None:
            async for finding in of_locks(server, self._rules):
                yield finding

    def _undying(self, server: Server, surveys: Sequence[Survey]) -> bool | None:
        here = [each.undying for each in surveys if each.shard.where() == server.where]
        return any(here) if None not in here else None

    def _silence(self, server: Server, unanswered: Unanswered) -> Finding:
        return error("server", str(unanswered.error), remedy(unanswered.error, self._endpoint, server))

    def _trouble(self, unanswered: Unanswered) -> Finding:
        return error("entries", str(unanswered.error), remedy(unanswered.error, self._endpoint))


async def _gathered(findings: AsyncIterator[Finding], server: Server) -> list[Finding]:
    """All of them, and if the server falls silent in the middle of it, that too."""
    found: list[Finding] = []
    try:
        async for finding in findings:
            found.append(finding)  # noqa: PERF401 - what was found before an error counts
    except Unanswered as unanswered:
        found.append(error("server", str(unanswered.error), server.cli("PING")))
    return found
