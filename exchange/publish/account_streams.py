"""Answers commands and sends account messages to their listeners, in the order of the commands.

    streams = AccountStreams(reports)
    streams.listen(account, connection)  # connection.send(message) is called with every later message of the account
    streams.take(batch)

A command is answered before the account messages that it has caused are sent (ENTRY-001).
"""

from typing import Any, Protocol

from exchange.engine.event_rows import by_command
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.execution_reports import ExecutionReports


class Listener(Protocol):
    """Receives account messages: a connection, for example."""

    def send(self, message: Any) -> None: ...


class AccountStreams:
    """Calls the answer function in each command's ticket, then sends the account messages of the command."""

    def __init__(self, reports: ExecutionReports) -> None:
        self._reports = reports
        self._listeners: dict[int, list[Listener]] = {}
        self.released: dict[int, int] = {}  # account -> last released number of its stream

    def listen(self, account: int, listener: Listener) -> None:
        self._listeners.setdefault(account, []).append(listener)

    def unlisten(self, account: int, listener: Listener) -> None:
        listeners = self._listeners.get(account)
        if listeners is not None and listener in listeners:
            listeners.remove(listener)

    def take(self, batch: ReleasedBatch) -> None:
        answers = dict(by_command(batch.rows))
        reports = iter(self._reports.messages(batch.rows))
        report = next(reports, None)
        listeners, released = self._listeners, self.released
        for sequence, ticket in enumerate(batch.tickets, batch.first):
            if ticket is not None:
                answer, request_id, received_us = ticket
                answer(request_id, received_us, answers.get(sequence, []))
            while report is not None and report[2].engine_sequence == sequence:
                account, number, message = report
                released[account] = number
                for listener in listeners.get(account, ()):
                    listener.send(message)
                report = next(reports, None)
