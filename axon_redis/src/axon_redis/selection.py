"""What of an index a query reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from axon_redis import terms
from axon_redis.terms import FIRST, LAST

if TYPE_CHECKING:
    from axon.spi import Filter


@frozen
class Selection:
    """Postings that have all of some terms, in a span of time and of importance; all of them for no terms.

    A posting that does not is none of an entry that the filter admits; one that does may still be: it says less than
    a filter can ask.
    """

    terms: tuple[bytes, ...] = ()
    oldest: bytes = FIRST
    newest: bytes = LAST
    least: bytes = b"\0"
    greatest: bytes = b"\xff"

    @classmethod
    def of(cls, filter: Filter) -> Selection:
        """What has every entry that ``filter`` admits."""
        oldest, newest, least, greatest = FIRST, LAST, b"\0", b"\xff"
        if filter.created is not None:
            if filter.created.start is not None:
                oldest = terms.time_of(filter.created.start)
            if filter.created.end is not None:
                newest = terms.time_of(filter.created.end)
        if filter.importance is not None:
            least, greatest = (bytes([terms.grade(bound)]) for bound in filter.importance)
        return cls(tuple(terms.terms_of(filter)), oldest, newest, least, greatest)
