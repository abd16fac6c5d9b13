"""When a MemoryEntry begins and ends, and how long it lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from core_entry import NOON, entry

from axon.core.errors import InvalidInput, WrongType


class TestMoments:
    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_naive_is_refused_with_what_to_write(self, field):
        naive = datetime(2026, 3, 1, 12)  # noqa: DTZ001
        with pytest.raises(InvalidInput, match=rf"{field} is 2026-03-01T12:00:00, .*datetime.now\(UTC\)"):
            entry(**{field: naive})

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    @pytest.mark.parametrize("value", ["2026-03-01", 1.0, NOON.date(), timedelta(1)])
    def test_only_datetimes(self, field, value):
        with pytest.raises(WrongType, match=f"{field} must be a datetime"):
            entry(**{field: value})

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_other_zones_become_utc(self, field):
        there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
        kept = getattr(entry(**{field: there}), field)
        assert kept == NOON
        assert kept.tzinfo is UTC

    @pytest.mark.parametrize("field", ["created_at", "expires_at"])
    def test_beyond_the_calendar_is_refused(self, field):
        last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))
        with pytest.raises(InvalidInput, match=field):
            entry(**{field: last})

    @pytest.mark.parametrize(
        ("ttl", "error"),
        [(60, WrongType), (True, WrongType), (timedelta(0), InvalidInput), (timedelta(-1), InvalidInput)],
    )
    def test_ttl_is_a_span_above_zero(self, ttl, error):
        with pytest.raises(error, match="ttl must be"):
            entry(expires_at=NOON, ttl=ttl)

    def test_ttl_needs_an_expiry(self):
        with pytest.raises(InvalidInput, match="never expires"):
            entry(ttl=timedelta(60))


class TestLifetime:
    def test_none_for_what_never_expires(self):
        made = entry()
        assert made.lifetime is None
        assert made.refreshed(NOON) is made

    def test_from_creation_to_expiry(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(seconds=1.9))
        assert made.lifetime == timedelta(seconds=1.9)

    def test_own_ttl_counts_before_that(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(days=3), ttl=timedelta(days=1))
        assert made.lifetime == timedelta(days=1)

    def test_refreshing_again_and_again_does_not_make_it_longer(self):
        made = entry(created_at=NOON, expires_at=NOON + timedelta(minutes=5))
        for minute in range(1, 50):
            made = made.refreshed(NOON + timedelta(minutes=minute))
            assert made.expires_at == NOON + timedelta(minutes=minute + 5)
        assert made.lifetime == timedelta(minutes=5)
        assert made.created_at == NOON

    def test_a_refresh_ends_where_the_calendar_does(self):
        made = entry(expires_at=datetime.max.replace(tzinfo=UTC))
        later = made.refreshed(datetime.now(UTC) + timedelta(days=400))
        assert later.expires_at == datetime.max.replace(tzinfo=UTC)
