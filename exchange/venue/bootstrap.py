"""Opens a data folder as a venue that is ready to serve, and sets up a new one: catalogue, accounts, keys, deposits.

Set-up is journalled like any other command, so a replay of the journal alone gives the same venue.
"""

import json
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from contracts_spec.errors import SpecError
from contracts_spec.instruments import instruments_on, with_legs
from contracts_spec.load import load_spec, spec_sha256
from contracts_spec.schema import Spec
from exchange.codes import CommandKind, EventKind, MarketState, StateReason
from exchange.engine import query
from exchange.engine.control.catalogue import listing_payloads
from exchange.engine.control.checks import ControlError
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.define_account import FIRM_MAX, AccountPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.engine.event_rows import KIND, read_rows
from exchange.errors import UserError, Warnings
from exchange.gateway.auth import KeyPair, encode_bytes
from exchange.gateway.keys import KEY_ID_BYTES, KeyDefinition, KeyStore, key_payload
from exchange.gateway.outbox import Outbox
from exchange.gateway.stored_replies import KEPT, StoredReplies
from exchange.journal.answered import ANSWERED, answered_requests
from exchange.journal.errors import EXIT_CONFIGURATION
from exchange.journal.recovery import open_journal
from exchange.journal.replay import read_frames
from exchange.journal.rules import RULES
from exchange.journal.segments import SEGMENT_BYTES, history_name
from exchange.limits import NAMED, Limits
from exchange.publish.done_orders import DONE_KEPT, ends_order
from exchange.seams import Clock, Disk, Rng
from exchange.venue.account_terms import check_deposit, check_fixed, firm_of_key, new_account
from exchange.venue.daily.keepers import day_keepers, opening_indices
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.derived_stores import EVENTS, KEY_FILE, restore_events, store_claims
from exchange.venue.event_history import EventHistory
from exchange.venue.listings import chip_terms
from exchange.venue.venue import Spawn, Venue

RECORDED_ROWS_MAX = 1_048_576  # replayed events kept for the history
DONE_CHUNKS = 32  # history chunks searched for the latest ended orders
DEPOSIT_MILLS_MAX = 10**15  # of one deposit: the venue's bound is a thousand of them (SPEC-004)
KEY_PREFIX = "k_"
CLOSING_SNAPSHOT_RECORDS = 1_000_000  # more commands than this since the last snapshot: a stop writes one


class _Recorder(Engine):
    """The engine during recovery. It records from the replay what the derived stores need."""

    def __init__(self, limits: Limits, states: np.ndarray | None = None) -> None:
        super().__init__(limits, states)
        self.first_sequence = self.sequence
        self.events: deque[np.ndarray] = deque()
        self.kept = 0
        self.kept_from = self.first_sequence + 1  # the first command whose events are kept
        self.records: list[tuple[Any, bytes]] = []

    def apply(self, commands: np.ndarray) -> np.ndarray:
        self.records += [(row, b"") for row in commands[_is_key_record(commands)].copy()]
        return self._note(super().apply(commands))

    def control(self, row: np.ndarray, payload: bytes) -> np.ndarray:
        self.records.append((row[0].copy(), payload))
        return self._note(super().control(row, payload))

    def _note(self, events: np.ndarray) -> np.ndarray:
        if len(events):
            self.events.append(events)
            self.kept += len(events)
            while self.kept > RECORDED_ROWS_MAX and len(self.events) > 1:
                self.kept -= len(self.events.popleft())
                self.kept_from = int(self.events[0][0]["sequence"])
        return events


def _is_key_record(rows: np.ndarray) -> np.ndarray:
    """Mask of the COMMAND rows that the key store is derived from."""
    of_session: np.ndarray = rows["kind"] == CommandKind.SESSION
    of_session |= rows["kind"] == CommandKind.DISCONNECT
    return of_session


def _of_settling(events: np.ndarray) -> np.ndarray:
    """Mask of the EVENT rows that show whether a closed group has its settlement."""
    kinds = events["kind"]
    of_settling: np.ndarray = (kinds == EventKind.STATE_CHANGED) | (kinds == EventKind.INSTRUMENT_LISTED)
    return of_settling


@dataclass(frozen=True)
class LaunchCatalogue:
    """What a new venue lists: instruments of a specification on a day, or only some. `spec`: None: the built-in one."""

    day: date
    symbols: tuple[str, ...] = ()
    spec: Spec | None = None


@dataclass
class Seams:
    """Disk, random bytes and clock; the helper thread (`spawn`); calls at the end of a loop tick (`schedule`)."""

    disk: Disk
    rng: Rng
    clock: Clock
    spawn: Spawn
    schedule: Any
    segment_bytes: int = SEGMENT_BYTES  # of a new journal


class OpenVenue:
    """A venue with its stores, before it serves. Call `close` for a clean stop."""

    def __init__(
        self,
        folder: str,
        limits_name: str,
        catalogue: LaunchCatalogue,
        seams: Seams,
        outbox: Outbox,
        batch_rows: int,
        schedule: DaySchedule | None = None,
    ) -> None:
        """`outbox`: sends messages to the gateway's connections. `batch_rows`: most commands in one commit."""
        self.folder = folder
        self.day = catalogue.day
        self.seams, self.outbox = seams, outbox
        spec = self.spec = catalogue.spec or spec_of(catalogue.day)
        rules = json.dumps({"catalogue": spec_sha256(spec).hex(), "rules": RULES}).encode()
        opened = open_journal(
            folder, seams.disk, seams.rng, seams.clock, NAMED[limits_name], rules, _make_recorder, seams.segment_bytes,
            claims=lambda journal_id: store_claims(seams.disk, folder, journal_id),
        )  # fmt: skip
        self.journal, self.report, self.sequencer = opened.journal, opened.report, opened.sequencer
        recorder = opened.engine
        assert isinstance(recorder, _Recorder)
        with ExitStack() as undo:
            undo.callback(self.journal.close)
            self._open_stores(recorder, batch_rows, schedule)
            self.created = self.engine.sequence == 0
            if self.created:
                window_ns = schedule.closing_window_ns(seams.clock.now_ns()) if schedule else NONE_NAMED
                self._list(spec, catalogue, window_ns)
            undo.pop_all()

    def _open_stores(self, recorder: _Recorder, batch_rows: int, schedule: DaySchedule | None) -> None:
        """Open the derived stores, and build the venue with them."""
        folder, seams = self.folder, self.seams
        self.engine = Engine(recorder.limits, recorder.states)
        self.history_name = history_name(self.journal.identity.journal_id)
        self.warnings = Warnings()
        for note in self.report.notes:
            self.warnings.note(note)
        last = self.engine.sequence
        self.history = self._open_history(recorder, last)
        path = f"{folder}/{KEY_FILE}"
        self.keys = KeyStore(path, seams.disk, self.history_name, last, self.warnings, self.history.position)
        self._catch_up(recorder)
        self.stored = self._stored_replies()
        self.venue = Venue(
            self.engine, self.journal, self.sequencer, seams.clock, self.history, self.outbox, seams.spawn,
            seams.schedule, self.warnings.note, batch_rows, chip_terms(self.spec), schedule,
        )  # fmt: skip
        self.venue.drop_copies.keep_moves_in(self.keys)
        own, warn = self.venue.own, self.warnings.note
        self.venue.timekeeper.run_days_with(*day_keepers(self.engine.states, self.spec, own, warn))
        self.venue.questions.use_rates(self.spec.margin)
        market, statements = self.venue.market, self.venue.consumers.statements
        for store in (self.venue.table, market.prints, market.daily.settlements, market.daily.indices, statements):
            store.load(self.history.newest_first())
        self.venue.consumers.replies.load(self.history.latest(ends_order, DONE_KEPT, DONE_CHUNKS))
        for events in recorder.events:
            self.venue.settlement_status.note(read_rows(events[_of_settling(events)]))

    def _open_history(self, recorder: _Recorder, last: int) -> EventHistory:
        """The history: the events of earlier runs, lost ones restored from the journal, then the replayed ones."""
        disk, journal = self.seams.disk, self.journal
        history = EventHistory(
            disk, f"{self.folder}/{EVENTS}", self.warnings, journal.identity.journal_id, journal.hash_at
        )  # fmt: skip
        try:
            history.load(last, recorder.kept_from, recorder.time_ns)
            if history.missing_from:
                restore_events(
                    history, self.folder, disk, recorder.limits, recorder.time_ns, recorder.kept_from, self.warnings
                )  # fmt: skip
        except OSError as error:
            history.stop_writing(error)
        for events in recorder.events:
            history.append(events)
        history.shown.set(last)
        if last:
            history.flush()
        return history

    def _catch_up(self, recorder: _Recorder) -> None:
        """Bring the key store up to date, from the replayed records if they reach back far enough, else the journal."""
        replayed = self.keys.applied >= recorder.first_sequence
        self.keys.catch_up(recorder.records if replayed else self._all_records())

    def _all_records(self) -> Iterator[tuple[Any, bytes]]:
        for frame in read_frames(self.folder, self.seams.disk):
            if frame.payload and frame.records:
                yield frame.rows[0], frame.payload
            elif frame.records:
                rows = frame.rows
                for row in rows[_is_key_record(rows)]:
                    yield row, b""

    def _stored_replies(self) -> dict[int, StoredReplies]:
        """By session that can be resumed: which commands answered its latest requests (RECOV-011).

        Read from the journal, as far back as the history has events to make the replies from.
        """
        states = self.engine.states
        asked = {number for number in self.keys.sessions if query.last_request_id(states, number)}
        if not asked:
            return {}
        since = self.history.first_sequence or self.engine.sequence
        found = answered_requests(self.folder, self.seams.disk, asked, KEPT, since)
        if found.damaged:
            self.warnings.note(
                f"segment {found.damaged} is damaged: replies before it are not repeated (see gpux journal verify)"
            )
        stored, nothing = {}, np.zeros(0, ANSWERED)
        for number in asked:
            rows = found.of.get(number, nothing)
            stored[number] = StoredReplies(is_complete=found.whole and len(rows) < KEPT)
            stored[number].load((request_id, sequence, count) for _, request_id, sequence, count in rows.tolist())
        return stored

    def _list(self, spec: Spec, catalogue: LaunchCatalogue, window_ns: tuple[int, int]) -> None:
        """First start: list the instruments of the day, then bring every product group to PREOPEN and to OPEN."""
        instruments = instruments_on(spec, catalogue.day)
        if catalogue.symbols:
            instruments = with_legs(instruments, catalogue.symbols)
        groups = () if catalogue.symbols else sorted({one.chip_code for one in instruments})
        for payload in listing_payloads(instruments, spec, catalogue.day, window_ns, groups):
            self.control(CommandKind.LIST, payload)
        for payload in opening_indices(instruments, spec, self.seams.clock.now_ns()):
            self.control(CommandKind.INDEX, payload)
        for state in (MarketState.PREOPEN, MarketState.OPEN):
            for group in sorted(set(self.venue.groups.values())):
                self.set_state(group, state)

    # Set-up commands: journalled, allowed only before the venue serves.

    def control(self, kind: CommandKind, payload: bytes) -> None:
        try:
            self.venue.own.control_now(kind, payload)
        except ControlError as error:
            raise UserError(str(error)) from error

    def set_state(self, group: int, state: MarketState) -> None:
        """Bring a product group into a state, as the operator would. UserError: refused."""
        fields = {
            "kind": CommandKind.SET_STATE,
            "market_state": state,
            "group": group,
            "state_reason": StateReason.OPERATOR,
        }
        _expect(self.venue.own.run_now(fields), EventKind.STATE_CHANGED, f"group {group} to {state.name}")

    def define_account(self, terms: AccountPayload) -> None:
        """Define an account, or change its limits."""
        self.control(CommandKind.DEFINE_ACCOUNT, encode_payload(terms))

    def deposit(self, account: int, mills: int) -> None:
        """Pay `mills` into an account. UserError: refused."""
        check_deposit(self.engine.states, mills)
        fields = {"kind": CommandKind.DEPOSIT, "account": account, "amount_mills": mills}
        _expect(self.venue.own.run_now(fields), EventKind.CASH_MOVED, f"deposit of {mills} to account {account}")

    def make_key(
        self, name: str, account: int, deposit_mills: int = 0, scopes: tuple[str, ...] = ("read", "trade"),
        seed: bytes = b"", firm: int = 0, act: bytes = b"", public: str = "",
    ) -> KeyPair:  # fmt: skip
        """Make an Ed25519 key for one account; define the account if it is new, and pay the deposit in.

        name   part of the key's id, `k_NAME`
        seed   the private key's 32 bytes, random if left out; `public`: the other half, if it is elsewhere
        firm   clearing firm of the key, and of a new account: its risk desk may stop the account; 0: `firm_of_key`
        act    payload of an ACT control that says who asks; it is journalled first (SEC-063)
        """
        pair = KeyPair(key_id(name), account, seed or (b"" if public else self.seams.rng.bytes(32)))
        firm = firm_of_key(self.engine.states, account, scopes, firm)
        definition = KeyDefinition(pair.key, public or encode_bytes(pair.public()), [account], list(scopes), firm)
        flags = self.engine.states["accounts"][0]["flags"]
        payload = check_key(definition, deposit_mills, len(flags) - 1)
        check_deposit(self.engine.states, deposit_mills)
        if pair.key in self.keys.keys:
            raise UserError(f"key {pair.key} exists already: choose another name")
        if act:
            self.control(CommandKind.ACT, act)
        if not flags[account]:
            self.define_account(new_account(self.spec, account, firm))
        self.control(CommandKind.DEFINE_KEY, payload)
        self.keys.define(self.engine.sequence, payload)
        if deposit_mills:
            self.deposit(account, deposit_mills)
        return pair

    def snapshot_if_due(self) -> Callable[[], int] | None:
        """Copy the state if a snapshot is due; call the returned function on any thread to write the file.

        Only between two batches.
        """
        if not self.journal.snapshot_due:
            return None
        self.history.flush()  # a start from this snapshot does not replay the events before it
        return self.journal.begin_snapshot(self.engine).write

    def close(self) -> None:
        """Write mark, SEAL and HEAD after the last batch, close the stores, release the lock.

        A venue that has failed writes none of them: the next start finds in the journal what was committed.
        """
        sound = not self.venue.failed
        with ExitStack() as last:  # runs from the last line to the first, whatever fails
            last.callback(self.journal.close, sound)
            last.callback(self.history.close, keep=sound)
            last.callback(self.keys.close, self.engine.sequence if sound else 0)
            if sound and self.journal.sequence - self.journal.snapshot_sequence >= CLOSING_SNAPSHOT_RECORDS:
                self.history.flush()  # the next start does not replay what lies before the snapshot
                try:
                    self.journal.snapshot(self.engine)
                except OSError as error:
                    self.warnings.note(f"a snapshot was not written: {error}")
            if sound:
                self.journal.mark()


def key_id(name: str) -> str:
    """Id of the key with this name. UserError: the name is empty."""
    if not name:
        limit = KEY_ID_BYTES - len(KEY_PREFIX)
        raise UserError(f"name '' is not 1 to {limit} characters from A-Z a-z 0-9 _ . : -")
    return KEY_PREFIX + name


def check_key(definition: KeyDefinition, deposit_mills: int, accounts: int) -> bytes:
    """DEFINE_KEY payload of a key of one account, after checks of its account, its firm and the deposit.

    accounts   largest account number of the venue
    raises     UserError: one of them is out of its bounds
    """
    payload = key_payload(definition)
    for what, found, low, high in (
        ("account", definition.accounts[0], 1, accounts),
        ("deposit", deposit_mills, 0, DEPOSIT_MILLS_MAX),
        ("firm", definition.firm, 0, FIRM_MAX),
    ):
        if not low <= found <= high:
            raise UserError(f"{what} {found} not in {low}..{high}")
    return payload


def spec_of(day: date) -> Spec:
    """The built-in specification on a day. UserError, exit code 78: it is not valid then, or no venue can list it."""
    try:
        spec = load_spec(None, day)
    except SpecError as error:
        raise UserError(str(error), EXIT_CONFIGURATION) from error
    check_fixed(spec)
    _check_scopes(spec)
    return spec


def _check_scopes(spec: Spec) -> None:
    """Raise UserError for an enabled family that belongs to no chip: it has no scan range, spot limit or group."""
    for product in spec.products.product:
        if product.enabled and product.scope == "none":
            why = "no venue lists it: no chip gives it a scan range, a spot limit and a product group"
            raise UserError(f"products.toml: product.{product.family}.enabled = true: {why}", EXIT_CONFIGURATION)


def _make_recorder(limits: Limits, body: np.ndarray | None) -> Any:
    if body is None:
        return _Recorder(limits)
    from exchange.engine.state import state_dtype

    return _Recorder(limits, body.view(state_dtype(limits)))


def _expect(events: list[tuple[int, ...]], kind: EventKind, what: str) -> None:
    if not any(event[KIND] == kind for event in events):
        raise UserError(f"the engine refused: {what}")
