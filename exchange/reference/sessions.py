"""What the exchange keeps of sessions: the last request, and the account that opened them (SESS-007, RECOV-013)."""


class Sessions:
    """There is a row for each session number modulo the count of rows, but none for remainder 0.

    A row belongs to the session that was opened there last.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.holders: dict[int, int] = {}  # row -> session
        self.last_request: dict[int, int] = {}
        self.opened_by: dict[int, int] = {}  # session -> account

    def claim_row(self, session: int) -> bool:
        """Whether the session has a row; it takes its row if that is free."""
        row = session % self.rows
        return row != 0 and self.holders.setdefault(row, session) == session

    def open(self, session: int, account: int) -> int | None:
        """Open or resume a session. Returns the session that loses the row, with all that was kept of it."""
        row = session % self.rows
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
        """SESS-007: request ids rise."""
        if request > self.last_request.get(session, 0) and self.claim_row(session):
            self.last_request[session] = request
