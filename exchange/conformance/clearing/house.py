"""What a runner asks of a clearing house. The engine and the reference house answer it, each in its own way."""

from collections.abc import Callable, Sequence
from typing import Protocol

from exchange.conformance.clearing.lines import ExpectLine, SetupLine, VerbLine
from exchange.conformance.clearing.shapes import Values


class NotBuilt(Exception):
    """A clearing house has not got yet what a line or a point of the schedule needs; the message names it. Scenarios
    that meet this are counted apart."""


class ClearingHouse(Protocol):
    """A new venue with its clearing house, before anything has happened. Times are ns since the epoch.

    What is not built, beside parts that a scenario names, raises NotBuilt.

    parts       parts that it has, of `kinds.PARTS`: a scenario that needs another one is not played
    set_up      open at a time with the launch catalogue, all fees 0, and what the set-up lines of a scenario say
    advance     run the day's schedule up to a moment and with it; never back
    carry_out   do what a verb says, at the moment of the last `advance`; returns the reason of a refusal, else None.
                All verbs come but `day` and `close`
    answer      actual values for an expectation, by the labels of its line: numbers, and texts as the notation has them
                (an index day without a value is `none`); of pairs (part, amount) a mapping of parts. Changes nothing
    broken      what should always be true and is not, in words: the ledger sums to zero, the variation and delivery
                accounts are empty, lots and `mark_num` sum to zero in every listed instrument
    state_hash  of everything that a refused line must not change
    """

    parts: frozenset[str]

    def set_up(self, start_ns: int, lines: Sequence[SetupLine]) -> None: ...
    def advance(self, until_ns: int) -> None: ...
    def carry_out(self, line: VerbLine) -> str | None: ...
    def answer(self, line: ExpectLine) -> Values: ...
    def broken(self) -> list[str]: ...
    def state_hash(self) -> bytes: ...


NewHouse = Callable[[], ClearingHouse]
