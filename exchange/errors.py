"""What a person at the command line did wrong, said in one line."""


class UserError(Exception):
    """Bad input of a user: the message names what was found, what is allowed and where; no traceback is shown."""

    def __init__(self, message: str, code: int = 2) -> None:
        super().__init__(message)
        self.code = code
