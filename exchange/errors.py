"""Messages for a person: an error of the user that ends the program, or a warning after which the venue goes on."""

from collections.abc import Callable


class UserError(Exception):
    """An error in what a user has given. The message says what was found, what is allowed and where.

    The program shows the message without a traceback and exits with `code`.
    """

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Warnings:
    """Warnings of a running venue: a person should look at something that is wrong or late but not vital, such as a
    store that can be rebuilt from the journal (DUR-152)."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._report: Callable[[str], None] = lambda line: None

    def note(self, line: str) -> None:
        """Add a warning and report it."""
        self.lines.append(line)
        self._report(line)

    def listen(self, report: Callable[[str], None]) -> None:
        """Call `report` with every warning so far and every later one. It replaces the last `report`."""
        self._report = report
        for line in self.lines:
            report(line)
