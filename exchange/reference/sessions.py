"""What the exchange remembers of sessions, slow and obvious."""

ROWS = 64  # of TEST limits


class Sessions:
    """A row for each session number modulo ROWS, but not for 0: it is whose session was opened there last."""

    def __init__(self) -> None:
        self.holders: dict[int, int] = {}  # row -> session
        self.last_request: dict[int, int] = {}
        self.opened_by: dict[int, int] = {}  # session -> account

    def take(self, session: int) -> bool:
        """Something is to be noted of a session: whether it can be. A row that nobody has is its own from now on."""
        row = session % ROWS
        return row != 0 and self.holders.setdefault(row, session) == session

    def open(self, session: int, account: int) -> int | None:
        """Opened or resumed. Returns the session whose row it takes: all that was noted of that one is forgotten."""
        row = session % ROWS
        before = self.holders.get(row)
        if row == 0:
            return None
        self.holders[row] = session
        self.opened_by[session] = account
        if before in (None, session):
            return None
        self.last_request.pop(before, None)
        self.opened_by.pop(before, None)
        return before

    def note_request(self, session: int, request: int) -> None:
        """SESS-007."""
        if request > self.last_request.get(session, 0) and self.take(session):
            self.last_request[session] = request
