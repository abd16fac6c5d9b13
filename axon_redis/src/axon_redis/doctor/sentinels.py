"""What the sentinels say of the service, and whether they could fail it over."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import TYPE_CHECKING, Any

from attrs import frozen

from axon_redis.doctor.findings import counted, error, named, ok, warning
from axon_redis.doctor.redis_cli import redis_cli
from axon_redis.doctor.server import REFUSED, Server, Unanswered
from axon_redis.node import Node
from axon_redis.opening import Opening, place

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.endpoint import Endpoint
    from axon_redis.failures import Failure

SUBJECT = "Sentinel"
_ENOUGH = 3


@frozen
class _View:
    """What one sentinel answers."""

    opening: Opening
    where: str
    problem: str | None = None
    master: str | None = None
    state: dict[str, str] | None = None


async def of_sentinels(endpoint: Endpoint) -> list[Finding]:
    """Who answers, whom they name, and whether they are enough for a failover."""
    openings = [
        Opening(endpoint.sentinel_class, {**endpoint.sentinel_settings, "host": host, "port": port})
        for host, port in endpoint.seeds
    ]
    views = await asyncio.gather(*(_view(opening, endpoint.service or "") for opening in openings))
    silent = [view for view in views if view.problem is not None]
    speaking = [view for view in views if view.problem is None]
    findings: list[Finding] = []
    if silent:
        which = named([f"{view.where} ({view.problem})" for view in silent])
        sentence = f"{len(silent)} of {counted(len(views), 'sentinel')} cannot be asked: {which}"
        fix = "start them again, or take those that are gone out of the url"
        findings.append((warning if speaking else error)(SUBJECT, sentence, fix))
    if not speaking:
        return findings
    votes = Counter(view.master for view in speaking if view.master is not None)
    if not votes:
        sentence = f"none of {counted(len(speaking), 'sentinel')} knows the service {endpoint.service!r}"
        listed = redis_cli(speaking[0].opening, "SENTINEL", "MASTERS")
        fix = f"correct the name of the service in the url: {listed} lists them"
        return [*findings, error(SUBJECT, sentence, fix)]
    if len(votes) > 1 or votes.total() < len(speaking):
        said = named([f"{view.where} says {view.master or 'nobody'}" for view in speaking])
        sentence = f"the sentinels do not agree on the master of {endpoint.service!r}: {said}"
        fix = "wait if a failover is under way; else SENTINEL RESET SERVICE on those that are wrong"
        return [*findings, warning(SUBJECT, sentence, fix)]
    return [*findings, *_strength(endpoint, speaking, next(iter(votes)))]


def _strength(endpoint: Endpoint, speaking: list[_View], master: str) -> list[Finding]:
    agreed = f"{counted(len(speaking), 'sentinel')} {'name' if len(speaking) > 1 else 'names'} {master} as master"
    sentence = f"{agreed} of {endpoint.service!r}"
    state = next((view.state for view in speaking if view.state), None)
    if state is None:
        return [ok(SUBJECT, sentence)]
    known, replicas = int(state.get("num-other-sentinels", 0)) + 1, int(state.get("num-slaves", 0))
    quorum = int(state.get("quorum", 0))
    sentence += f", which has {counted(replicas, 'replica')}; quorum {quorum} of {known}"
    down = [view.where for view in speaking if view.state and "o_down" in view.state.get("flags", "")]
    listed = redis_cli(speaking[0].opening, "SENTINEL", "MASTER", endpoint.service or "")
    if down:
        return [error(SUBJECT, f"{sentence}; it is down, says {named(down)}", f"{listed}; a failover should follow")]
    majority = max(quorum, known // 2 + 1)
    if len(endpoint.seeds) >= known and len(speaking) < majority:
        sentence += f": {majority} would be needed for a failover, and {len(speaking)} can be asked"
        return [error(SUBJECT, sentence, "start the sentinels that are missing")]
    if known < _ENOUGH or quorum < 2:
        fix = "run three sentinels on three machines, with quorum 2"
        return [warning(SUBJECT, f"{sentence}: too few to tell a dead master from a cut cable", fix)]
    return [ok(SUBJECT, sentence)]


async def _view(opening: Opening, service: str) -> _View:
    node = Node(opening, Opening.open)
    server = Server(node)
    try:
        address = await server.wish("SENTINEL", "GET-MASTER-ADDR-BY-NAME", service, name="sentinel")
        if address is REFUSED:
            return _View(opening, server.where, "it is no sentinel, or does not permit the question")
        if address is None:
            return _View(opening, server.where)
        master = place(*(part.decode() for part in address))
        return _View(
            opening,
            server.where,
            master=master,
            state=_fields(await server.wish("SENTINEL", "MASTER", service, name="")),
        )
    except Unanswered as unanswered:
        return _View(opening, server.where, _short(unanswered.failure))
    finally:
        await node.close()


def _short(failure: Failure) -> str:
    if failure.code == "REFUSED":
        return "refused"
    return failure.message or "no answer in time"


def _fields(reply: Any) -> dict[str, str] | None:
    if reply is REFUSED:
        return None
    texts = [part.decode(errors="replace") for part in reply]
    return dict(zip(texts[::2], texts[1::2], strict=False))
