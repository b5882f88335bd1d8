"""Journals acts of the operator: an ACT control with who, what and why, before the act's commands (SEC-063).

    acts = Acts(venue)
    with acts.recorded(act):            # one request at a time; all commands submitted in the block follow its ACT
        acts.submit(fields, done)
    with acts.dry_run(act): ...           # a dry run: controls are checked, nothing is submitted

If the engine refuses the commands later, the ACT stays in the journal without an effect.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256

import msgspec

from exchange.codes import CommandKind
from exchange.engine.control.checks import ControlError
from exchange.engine.control.registry import PAYLOAD_BYTES_MAX, encode_payload
from exchange.errors import UserError
from exchange.venue.own_commands import Done, Refused
from exchange.venue.venue import Venue

ID_DIGITS = 32  # hex digits: nobody can find two acts with the same id while a nonce is valid


class NeedsTwo(UserError):
    """The request needs two people, and only one has signed it (SEC-061)."""

    def __init__(self, text: str) -> None:
        super().__init__(f"NEEDS_TWO: {text}")


class Signature(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The signature of one operator.

    line   the request that was signed; empty: the act's own line
    """

    key: str
    public: str
    nonce: str
    signature: str
    line: str = ""


class Act(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Payload of an ACT control.

    line         the request as JSON, exactly as it was signed; it includes the reason
    signatures   one or two; none: the owner of the data folder asks, and the venue has no operator keys
    """

    line: str
    signatures: list[Signature] = []

    @property
    def by_two(self) -> bool:
        return len(self.signatures) > 1

    @property
    def act_id(self) -> str:
        """The id that a second operator confirms: a hash of everything that the first one signed."""
        return sha256(msgspec.json.encode(self)).hexdigest()[:ID_DIGITS]


class Acts:
    """Submits commands to the venue, each request's after its ACT."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue
        self._act: Act | None = None
        self._payload = b""
        self._written = self._dry = False

    @property
    def by_two(self) -> bool:
        """Whether the current act is signed by two operators."""
        return self._act is not None and self._act.by_two

    def need_two(self, what: str) -> None:
        """Raise NeedsTwo unless the current act is signed by two operators (SEC-061)."""
        if not self.by_two:
            raise NeedsTwo(what)

    @property
    def signers(self) -> list[str]:
        """Ids of the keys that have signed the current act; empty: the owner of the data folder asks."""
        return [one.key for one in self._act.signatures] if self._act is not None else []

    @contextmanager
    def recorded(self, act: Act) -> Iterator[None]:
        """Journal an ACT before the commands that the block submits, also if there are none.

        If the block raises before its first command, nothing is journalled.
        """
        self._act, self._written, self._payload = act, False, encode_payload(act)
        if len(self._payload) > PAYLOAD_BYTES_MAX:
            raise UserError(
                f"a request of {len(self._payload)} bytes: at most {PAYLOAD_BYTES_MAX} bytes fit into its record"
            )
        try:
            yield
            self._write()
        finally:
            self._act = None

    @contextmanager
    def dry_run(self, act: Act) -> Iterator[None]:
        """Run the block without submitting anything. UserError: a control would be refused now."""
        self._act, self._dry = act, True
        try:
            yield
        finally:
            self._act, self._dry = None, False

    def submit(self, fields: dict[str, int], done: Done) -> None:
        """As `OwnCommands.submit`."""
        if not self._dry:
            self._write()
            self._venue.own.submit(fields, done)

    def submit_control(self, kind: CommandKind, payload: bytes, done: Done, refused: Refused) -> None:
        """As `OwnCommands.submit_control`."""
        if self._dry:
            try:
                self._venue.engine.check_control(int(kind), payload)
            except ControlError as error:
                raise UserError(str(error)) from None
            return
        self._write()
        self._venue.own.submit_control(kind, payload, done, refused)

    def ask_after_release(self, question: Callable[[], None]) -> None:
        """As `Venue.ask_after_release`."""
        self._venue.ask_after_release(question)

    def _write(self) -> None:
        if self._act is not None and not self._written:
            self._written = True
            self._venue.own.submit_control(CommandKind.ACT, self._payload, lambda _: None, lambda _: None)
