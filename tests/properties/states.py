"""Market states of groups and books as STA events change them in the middle of a command (STATE-001)."""

from typing import Any

from exchange.codes import MarketState
from exchange.reference.market import Market


class States:
    """The state of every book: as a command finds it, then after each STA."""

    def __init__(self, market: Market) -> None:
        phases, self.instruments = market.phases, market.clearing.instruments
        self.groups = {group: phase.state for group, phase in phases.groups.items()}
        self.own = {index: phase.state for index, phase in phases.own.items()}

    def change(self, event: Any) -> None:
        """STA: what follows in the same command finds this state."""
        state = MarketState(event.market_state)
        if event.instrument:
            self.own[event.instrument] = MarketState.NONE if state == MarketState.OPEN else state
        else:
            self.groups[event.group] = state

    def of(self, index: int) -> MarketState:
        group, own = self.groups[self.instruments[index].group], self.own[index]
        return own if own and group == MarketState.OPEN else group
