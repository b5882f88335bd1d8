"""What is wrong with something that the venue can do without: told in one line, and the venue goes on.

    trouble.note("events/ is written no more: ...")     whoever met it
    trouble.listen(print)                               whoever tells people; hears of what was noted before, too

Derived stores and snapshots can be made again from the journal (DUR-152): their disk must never stop a venue.
"""

from collections.abc import Callable


class Trouble:
    """Lines for a person, in the order they came up."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._tell: Callable[[str], None] = lambda line: None

    def note(self, line: str) -> None:
        self.lines.append(line)
        self._tell(line)

    def listen(self, tell: Callable[[str], None]) -> None:
        self._tell = tell
        for line in self.lines:
            tell(line)
