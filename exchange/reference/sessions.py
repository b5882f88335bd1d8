"""What the exchange knows of sessions: the last request, and the account that opened each (SESS-007, RECOV-013)."""


class Sessions:
    """A table of sessions. The row of a session is its number modulo the count of rows; row 0 is not used.

    A row belongs to the session that was opened there last.
    """

    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.holders: dict[int, int] = {}  # row -> session
        self.last_request: dict[int, int] = {}
        self.opened_by: dict[int, int] = {}  # session -> account

    def claim_row(self, session: int) -> bool:
        """Give the session its row if that is free; returns whether it has the row."""
        row = session % self.rows
        return row != 0 and self.holders.setdefault(row, session) == session

    def open(self, session: int, account: int) -> int | None:
        """Open or resume a session in its row; returns the session that it displaces there, None if there is none."""
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
        """SESS-007: note the session's highest request id."""
        if request > self.last_request.get(session, 0) and self.claim_row(session):
            self.last_request[session] = request
