"""A clearing house that does what a test tells it, and keeps what it was asked."""

from collections.abc import Mapping, Sequence

from exchange.conformance.clearing.lines import ExpectLine, SetupLine, VerbLine
from exchange.conformance.clearing.shapes import Values


class ScriptedHouse:
    """Refuses lines by their text, and answers expectations by their text; keeps all that it is asked.

    refused    reasons by text of a line
    answers    values by text of a line
    damage     what is broken after every line
    """

    parts: frozenset[str] = frozenset({"certificates"})

    def __init__(
        self,
        refused: Mapping[str, str],
        answers: Mapping[str, Values],
        damage: Sequence[str] = (),
        careless: bool = False,
    ) -> None:
        self.refused = refused
        self.answers = answers
        self.damage = list(damage)
        self.careless = careless  # changes its state even if it refuses
        self.opened: tuple[int, list[str]] = (0, [])
        self.times: list[int] = []
        self.done: list[str] = []

    def set_up(self, start_ns: int, lines: Sequence[SetupLine]) -> None:
        self.opened = start_ns, [line.text for line in lines]

    def advance(self, until_ns: int) -> None:
        self.times.append(until_ns)

    def carry_out(self, line: VerbLine) -> str | None:
        reason = self.refused.get(line.text)
        if reason is None or self.careless:
            self.done.append(line.text)
        return reason

    def answer(self, line: ExpectLine) -> Values:
        return self.answers[line.text]

    def broken(self) -> list[str]:
        return self.damage

    def state_hash(self) -> bytes:
        return repr(self.done).encode()
