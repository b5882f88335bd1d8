"""EngineHouse: the clearing house of scenarios, played by the engine."""

from collections.abc import Callable, Sequence

from exchange.conformance.clearing.lines import ExpectLine, SetupLine, VerbLine
from exchange.conformance.clearing.shapes import Values
from exchange.conformance.engine_house import acts, cash, checks, day, orders
from exchange.conformance.engine_house.answers import ANSWERS
from exchange.conformance.engine_house.opening import open_venue
from exchange.conformance.engine_house.running import RunningVenue


class EngineHouse:
    """Plays clearing scenarios on the engine. NotBuilt: the engine has not got yet what a line or a point needs."""

    parts: frozenset[str] = frozenset()
    venue: RunningVenue

    def set_up(self, start_ns: int, lines: Sequence[SetupLine]) -> None:
        """Open at a time with the launch catalogue, and what set-up lines say."""
        self.venue = open_venue(start_ns, lines)
        day.call(self.venue)  # from the first run on, the engine knows the pairs and months of the margin rule

    def advance(self, until_ns: int) -> None:
        day.advance(self.venue, until_ns)

    def carry_out(self, line: VerbLine) -> str | None:
        """Do what a verb says. Returns the reason of a refusal, None if it was done."""
        reason = VERBS[line.name](self.venue, line.values)
        if reason is None:
            self.venue.open_spare()
        return reason

    def answer(self, line: ExpectLine) -> Values:
        return ANSWERS[line.name](self.venue, line.values)

    def broken(self) -> list[str]:
        return checks.broken(self.venue)

    def state_hash(self) -> bytes:
        return checks.state_hash(self.venue)


VERBS: dict[str, Callable[[RunningVenue, Values], str | None]] = {
    "trade": orders.trade,
    "order": orders.order,
    "cancel": orders.cancel,
    "market": day.pause,
    "block": acts.block,
    "adjust": acts.adjust,
    "index": acts.index,
    "rental": acts.rental,
    "committee": day.give_committee_value,
    "deposit": cash.deposit,
    "withdraw": cash.withdraw,
    "settle": cash.settle,
}
