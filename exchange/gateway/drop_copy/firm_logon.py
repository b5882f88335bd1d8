"""Logons at `/v1/dc`: who may, and the missed messages or the snapshots of a firm until its connection is live.

Rule ACCT-010. In `last`, `welcome`, `live`, heartbeats and replays the drop copy is account 0, and its numbers are `d`.
"""

from collections.abc import Iterator
from itertools import chain
from typing import Any

from exchange.gateway.connection import Connection
from exchange.gateway.keys import Key
from exchange.gateway.session_registry import LOGIN_LIFE_US
from exchange.wire.errors import CloseCode
from exchange.wire.messages import AccountSnapshot, Auth, Live, Welcome, full_terms

SLICE_EVENTS = 1_000  # events or orders that are sent at a time: about 0.25 MiB and 10 ms


def why_refused(message: Auth, key: Key) -> str:
    """Why a key may not have a drop copy; empty: it may."""
    if "dc" not in key.scopes:
        return f"scope dc is needed at /v1/dc, the key has {', '.join(sorted(key.scopes))}"
    if not key.firm:
        return "the key has no clearing firm: /v1/dc sends the messages of a firm's accounts"
    return "margin: /v1/dc has no margin without s" if message.margin else ""


def admit(connection: Connection, message: Auth, received_us: int, resume_from: dict[int, int] | None) -> None:
    """Send `welcome`, then the missed messages or a snapshot of each account, then `live`.

    resume_from   what the client says that it has, by account; None: it resumes no session
    """
    gateway, session, key, firm = connection.gateway, connection.session, connection.key, connection.firm
    assert session is not None and key is not None
    copies = gateway.port.drop_copies
    number, now_us = copies.number(firm), gateway.clock.wall_us()
    applied = None if resume_from is None else resume_from.get(0)
    resumes, catch_up = False, _FirmCatchUp(connection, number)
    if applied is not None and applied <= number:
        catch_up.sent = applied
        resumes = applied == number or catch_up.find(number)
    accounts = copies.accounts(firm)
    connection.queue.send(
        Welcome(
            message.request_id, session.name, accounts, sorted(key.scopes), resumes, [(0, number)],
            session.last_id, full_terms(session.terms), now_us + LOGIN_LIFE_US, received_us, now_us,
        )
    )  # fmt: skip
    if not resumes:
        catch_up.sent, catch_up.messages = number, _snapshots(connection, accounts)
    catch_up.send(found=resumes and applied != number)


def _snapshots(connection: Connection, accounts: list[int]) -> Iterator[AccountSnapshot]:
    """The snapshots of accounts. Each shows its account when it is taken, which may be later than `welcome`."""
    questions = connection.gateway.port.questions
    return chain.from_iterable(map(questions.account_pages, accounts))


class _FirmCatchUp:
    """Sends messages in slices, as fast as the client reads them, then those that are released meanwhile, then `live`.

    A client that stops reading is closed (RATE-007).
    """

    def __init__(self, connection: Connection, sent: int) -> None:
        self._connection = connection
        self.sent = sent  # number of the firm's last message that the client has already
        self.messages: Iterator[Any] = iter(())  # to send next

    def find(self, last: int) -> bool:
        """Have the next missed messages, up to `last`, sent next: a slice of them. Returns whether they are kept."""
        copies, firm = self._connection.gateway.port.drop_copies, self._connection.firm
        found = copies.slice_of(firm, self.sent + 1, last)
        if found is not None:
            rows, end = found
            self.messages = copies.messages(rows, self.sent + 1, end)
        return found is not None

    def send(self, found: bool = False) -> None:
        """Send a slice, between two releases. `found`: one has just been found, and a step finds one at most."""
        connection = self._connection
        if connection.closed:
            return
        copies = connection.gateway.port.drop_copies
        left = self._send_slice(SLICE_EVENTS)
        while left > 0:
            last = copies.number(connection.firm)
            if last == self.sent:
                connection.queue.send(Live(0, last))
                copies.listen(connection.firm, connection.queue)
                connection.go_live()
                return
            if found:
                break
            found = self.find(last)
            if not found:
                connection.close(CloseCode.SLOW_CONSUMER, "missed messages are no longer kept")
                return
            left = self._send_slice(left)
        connection.send_more(self.send)

    def _send_slice(self, left: int) -> int:
        """Send about `left` messages and orders; returns how many more might have been sent, 0: none."""
        for message in self.messages:
            self._connection.queue.send(message)
            self.sent = max(self.sent, getattr(message, "drop_sequence", 0))
            left -= 1 + len(getattr(message, "orders", ()))
            if left <= 0:
                return 0
        return left
