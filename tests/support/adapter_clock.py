"""A clock for an adapter: the seconds that it asks for stand still until a test turns them."""

from datetime import UTC, datetime, timedelta

START = datetime(2030, 1, 1, tzinfo=UTC)


class Clock:
    """Seconds that a test turns."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> float:
        return self.now.timestamp()

    def turn(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
