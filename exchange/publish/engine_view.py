"""The running engine as market data reads it."""

from typing import Any

from exchange.engine import query
from exchange.publish.book_view import Level


class EngineView:
    """A `market_data.Source` over a running engine: its last applied command, and the books after it."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    @property
    def sequence(self) -> int:
        return int(self._engine.sequence)

    @property
    def time_ns(self) -> int:
        return int(self._engine.time_ns)

    def depth(self, index: int) -> tuple[list[Level], list[Level]]:
        return query.depth(self._engine.states, index)

    def implied(self, index: int) -> tuple[Level | None, Level | None]:
        return query.implied(self._engine.states, index)
