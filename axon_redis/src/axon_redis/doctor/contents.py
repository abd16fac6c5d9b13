"""What the surveys of a namespace come to: its entries, its index, what is damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from axon_redis.doctor.findings import counted, error, info, named, ok, percent, size, warning

if TYPE_CHECKING:
    from axon.spi import Finding
    from axon_redis.doctor.survey import Survey
    from axon_redis.rules import Rules

_MUCH_GARBAGE = 0.25
_LITTLE = 20
_DOUBTED = b"0"


def of_contents(rules: Rules, surveys: Sequence[Survey]) -> Iterator[Finding]:
    """Entries, index, values; of all shards together."""
    yield from _entries(rules, surveys)
    yield from _index(rules, surveys)
    yield from _garbage(surveys)
    yield from _values(surveys)


def _entries(rules: Rules, surveys: Sequence[Survey]) -> Iterator[Finding]:
    counts = [each.entries for each in surveys if each.entries is not None]
    if not counts:
        return
    total, where = sum(counts), repr(rules.namespace)
    seen = sum(each.seen for each in surveys)
    if not total and not seen:
        whole = all(each.is_scan_whole for each in surveys)
        among = "" if whole else f" among the first {sum(each.scanned for each in surveys):,} keys of the server"
        yield info("entries", f"nothing is stored in {where}{among}")
        return
    limit = "" if rules.max_entries is None else f" of at most {rules.max_entries:,}"
    yield ok("entries", f"{counted(total, 'entry', 'entries')}{limit} in {where}{_bytes(total, surveys)}")


def _bytes(total: int, surveys: Sequence[Survey]) -> str:
    weights = [each.weight for each in surveys if each.weight is not None]
    sizes = [each.value_size for each in surveys if each.value_size is not None]
    if weights:
        index = sum(each.index_size or 0 for each in surveys)
        values = total * sum(weights) / len(weights)
        weighed = sum(each.weighed for each in surveys)
        return (
            f": about {size(values + index)} of memory, {size(values)} of it entries and {size(index)} the index "
            f"(estimated from a sample of {weighed:,})"
        )
    if sizes:
        return f"; a value has about {size(sum(sizes) / len(sizes))} (from a sample)"
    return ""


def _index(rules: Rules, surveys: Sequence[Survey]) -> Iterator[Finding]:
    good = [each for each in surveys if each.is_vouched]
    for each in surveys:
        if not each.is_vouched and (finding := _doubt(rules, each)) is not None:
            yield finding
    seen, invisible = sum(each.seen for each in good), sum(each.invisible for each in good)
    if invisible:
        sentence = f"{invisible:,} of {counted(seen, 'entry', 'entries')} that were looked at are not in the index"
        fix = "save them again, or delete the key that vouches for the index: the next query makes it anew"
        yield error("index", f"{sentence}, so that no query finds them", f"{fix} (UNLINK '{_text(good[0])}:c')")
    elif good and any(each.has_index for each in good):
        looked = f"; {counted(seen, 'entry', 'entries')} looked at, all in it" if seen else ""
        yield ok("index", f"it is complete{looked}")


def _doubt(rules: Rules, each: Survey) -> Finding | None:
    which = "" if rules.shards == 1 else f" of shard {each.shard.number}"
    heals = "the next recall makes it anew from the entries; readers wait meanwhile"
    if each.is_rebuilt:
        return info("index", f"the index{which} is being made anew just now")
    if each.said not in {None, _DOUBTED} and not each.shard.is_whole(each.said):
        sentence = (
            f"the index{which} was made with other settings (text_index, language, max_entries, eviction): it says "
            f"{_said(each.said)}, these settings ask for {_said(each.shard.complete)}; {heals}"
        )
        fix = (
            "let all applications that share the namespace have the same settings, or each makes the index anew in turn"
        )
        return warning("index", sentence, fix)
    if each.missing and (each.has_index or each.said is not None):
        gone = named(each.missing)
        sentence = f"a part of the index{which} was evicted or deleted: {gone}; {heals}"
        return warning("index", sentence, "see the eviction policy above; nothing else needs to be done")
    if not each.has_index:
        if not each.seen:
            return None
        sentence = f"the index{which} is gone, evicted or deleted, and {each.seen:,} or more entries are there; {heals}"
        return warning("index", sentence, "see the eviction policy above; nothing else needs to be done")
    sentence = f"nobody vouches for the index{which}: it may lack entries; {heals}"
    return warning("index", sentence, "nothing; if it comes again, see the eviction policy above")


def _garbage(surveys: Sequence[Survey]) -> Iterator[Finding]:
    indexed, gone = sum(each.indexed for each in surveys), sum(each.gone for each in surveys)
    if not indexed:
        return
    sentence = (
        f"of {counted(indexed, 'entry', 'entries')} in the index that were looked at, {percent(gone, indexed)} are gone"
    )
    if gone > max(_LITTLE, _MUCH_GARBAGE * indexed):
        fix = "saves tidy up, 64 at a time; if it stays so, the server evicts much: give it more maxmemory"
        yield warning("garbage", f"{sentence} (expired or evicted): queries read in vain", fix)
    else:
        yield ok("garbage", sentence)


def _values(surveys: Sequence[Survey]) -> Iterator[Finding]:
    read = sum(each.read for each in surveys)
    corrupt = [entry_id for each in surveys for entry_id in each.corrupt]
    if corrupt:
        sentence = f"{len(corrupt):,} of {counted(read, 'value')} that were looked at cannot be read: {named(corrupt)}"
        ids = " ".join(corrupt[:3])
        yield error("values", sentence, f"axon forget {ids}, or save them again; something else wrote to these keys")
    elif read:
        yield ok("values", f"{counted(read, 'value')} looked at, all of them readable")


def _text(each: Survey) -> str:
    return each.shard.keys.base.decode(errors="replace")


def _said(said: bytes | None) -> str:
    return repr((said or b"").decode(errors="replace"))
