"""The last fills are found page by page, back to the oldest event that the venue keeps."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from clients.errors import Refused
from exchange.cli.trading import account_lists
from exchange.cli.trading.account_lists import last_fills
from exchange.wire.errors import ErrorCode, error
from exchange.wire.messages import Fill


class Stream:
    """An account stream of `last` events, of which those from `oldest` on are kept; every seventh is a fill."""

    def __init__(self, last: int, oldest: int) -> None:
        self.core = SimpleNamespace(accounts={7: SimpleNamespace(sequence=last)})
        self.oldest, self.asked = oldest, []

    async def fills(self, first: int, last: int, account: int) -> list[Any]:
        self.asked.append((first, last))
        assert 1 <= first <= last and last - first < account_lists.EVENTS_PER_QUERY
        if first < self.oldest:
            refusal = error(1, ErrorCode.REPLAY_RANGE, "too old")
            refusal.oldest = self.oldest
            raise Refused(refusal)
        return [number for number in range(first, last + 1) if number % 7 == 0]


@pytest.mark.parametrize(
    ("last", "oldest", "count"),
    [(10_000, 1, 20), (10_000, 1, 900), (10_000, 7_500, 900), (10_000, 9_990, 20), (5, 1, 20), (0, 1, 20), (14, 14, 1)],
)
def test_the_last_fills_are_those_of_one_long_look(
    last: int, oldest: int, count: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream(last, oldest)
    found: list[Fill] = asyncio.run(last_fills(stream, 7, count))  # type: ignore[arg-type]
    assert found == [number for number in range(oldest, last + 1) if number % 7 == 0][-count:]


def test_another_refusal_is_not_taken_for_old_age() -> None:
    class Refusing(Stream):
        async def fills(self, first: int, last: int, account: int) -> list[Any]:
            raise Refused(error(1, ErrorCode.SCOPE, "no"))

    with pytest.raises(Refused):
        asyncio.run(last_fills(Refusing(10, 1), 7, 5))  # type: ignore[arg-type]
