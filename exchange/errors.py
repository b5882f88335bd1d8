"""Lines for a person: a mistake that ends the command, or a warning after which the venue goes on."""

from collections.abc import Callable


class UserError(Exception):
    """Bad input of a user: the message names what was found, what is allowed and where; no traceback is shown."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Warnings:
    """What a person should see to while the venue goes on: something that it can do without is wrong, as a store that
    the journal can give again (DUR-152), or is late."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._report: Callable[[str], None] = lambda line: None

    def note(self, line: str) -> None:
        """One more warning."""
        self.lines.append(line)
        self._report(line)

    def listen(self, report: Callable[[str], None]) -> None:
        """`report` is called with every warning, also with those of before."""
        self._report = report
        for line in self.lines:
            report(line)
