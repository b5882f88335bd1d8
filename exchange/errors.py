"""What a person is told in one line: a mistake that ends the command, or trouble that the venue goes on with."""

from collections.abc import Callable


class UserError(Exception):
    """Bad input of a user: the message names what was found, what is allowed and where; no traceback is shown."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code


class Trouble:
    """What is wrong with something that a venue can do without, as with a store that the journal can give again
    (DUR-152): whoever met it calls `note`, whoever tells people calls `listen` and hears of earlier lines too."""

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
