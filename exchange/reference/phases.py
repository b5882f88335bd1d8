"""Market states of product groups, and stricter ones of single books (STATE-001 to STATE-005)."""

from dataclasses import dataclass

from exchange.codes import MarketState, RejectReason, StateReason
from exchange.reference.clearing import Instrument

S = MarketState

# STATE-001: states in which members may enter, replace and cancel, and in which books collect orders without matching.
ENTRY_STATES = (S.PREOPEN, S.NOCANCEL, S.OPEN, S.RESERVED, S.PAUSED)
REPLACE_STATES = tuple(state for state in ENTRY_STATES if state != S.NOCANCEL)
CANCEL_STATES = (*REPLACE_STATES, S.HALT)
COLLECTING_STATES = tuple(state for state in ENTRY_STATES if state != S.OPEN)
# STATE-001: state -> states that may follow it. HALT may also be followed by the state before it.
GOES_TO = {
    S.CLOSED: {S.PREOPEN},
    S.PREOPEN: {S.NOCANCEL, S.OPEN, S.HALT},
    S.NOCANCEL: {S.OPEN, S.PREOPEN, S.HALT},
    S.OPEN: {S.RESERVED, S.PAUSED, S.CLOSED, S.HALT},
    S.RESERVED: {S.OPEN, S.CLOSED, S.HALT},
    S.PAUSED: {S.OPEN, S.CLOSED, S.HALT},
    S.HALT: {S.PAUSED, S.CLOSED},
}


@dataclass
class Phase:
    """The state of a group, or a book's own state; NONE: the book follows its group.

    reopen_ns   when the venue's timer ends the state; 0: never (STATE-004)
    halted_ns   when a HALT has stopped that timer; None: it runs
    reason      StateReason of the last change by command, of a book's own state
    """

    state: MarketState
    before_halt: MarketState = S.NONE
    reopen_ns: int = 0
    halted_ns: int | None = None
    reason: int = StateReason.NONE

    def stop_timer(self, halts: bool, now_ns: int) -> None:
        """STATE-004: stop the timer if the market is in HALT (`halts`), else let the time left run on."""
        if halts and self.halted_ns is None:
            self.halted_ns = now_ns
        elif not halts and self.halted_ns is not None:
            if self.reopen_ns:
                self.reopen_ns = now_ns + max(self.reopen_ns - self.halted_ns, 1)
            self.halted_ns = None


def allows(now: MarketState, before_halt: MarketState, wanted: MarketState) -> bool:
    """Whether a market may change from state `now` to `wanted`."""
    return wanted in GOES_TO[now] or (now == S.HALT and wanted == before_halt)


def state_before_halt(now: MarketState) -> MarketState:
    """The state that a HALT may return to, if it begins in state `now`: PREOPEN for NOCANCEL, else the same."""
    return S.PREOPEN if now == S.NOCANCEL else now


class Phases:
    """The states of all groups, and the books' own states."""

    def __init__(self) -> None:
        self.groups: dict[int, Phase] = {}
        self.own: dict[int, Phase] = {}
        self.instruments: dict[int, Instrument] = {}

    def list_book(self, instrument: Instrument) -> None:
        self.groups.setdefault(instrument.group, Phase(S.CLOSED))
        self.own[instrument.index] = Phase(S.NONE)
        self.instruments[instrument.index] = instrument

    def end_book(self, index: int) -> None:
        """Close a book for good: its instrument has ended."""
        self.own[index] = Phase(S.CLOSED)

    def effective(self, instrument: Instrument) -> MarketState:
        """The state in force for a book: its group's, or its own if that is stricter."""
        group, own = self.groups[instrument.group].state, self.own[instrument.index].state
        if S.CLOSED in (group, own):
            return S.CLOSED
        return own if own == S.HALT or (group == S.OPEN and own != S.NONE) else group

    def refusal(self, instrument: Instrument | None, group: int, wanted: int) -> tuple[RejectReason, MarketState]:
        """(why the state cannot change to `wanted`, NONE if it can; the state in force).

        instrument   a book, whose own state would change; None: the group's state
        """
        if instrument is not None:
            now, before_halt = self.effective(instrument), self.own[instrument.index].before_halt
            possible = self.groups[instrument.group].state == S.OPEN
        else:
            now, before_halt, possible = self.groups[group].state, self.groups[group].before_halt, True
        legal = wanted in GOES_TO and allows(now, before_halt, S(wanted))
        return (RejectReason.NONE if legal and possible else RejectReason.STATE), now

    def change(
        self,
        instrument: Instrument | None,
        group: int,
        wanted: MarketState,
        now_ns: int,
        reason: int = StateReason.NONE,
    ) -> None:
        """Change a state by command. No timer ends the new state, but HALT and the return from it keep the timer."""
        now = self.groups[group].state if instrument is None else self.effective(instrument)
        phase = self.groups[group] if instrument is None else self.own[instrument.index]
        keeps = wanted == S.HALT or (now == S.HALT and wanted == phase.before_halt)
        if wanted == S.HALT != phase.state:
            phase.before_halt = state_before_halt(now if instrument is None else phase.state or S.OPEN)
        phase.reason = reason
        phase.state = S.NONE if instrument is not None and wanted == S.OPEN else wanted
        if instrument is None and wanted == S.CLOSED:
            self._end_day(group)
        self._stop_timers(now_ns)
        if not keeps:
            phase.reopen_ns = 0

    def _end_day(self, group: int) -> None:
        """End the own states of the group's books at the close, except of books that are CLOSED themselves and of index
        months that are halted (INDEX-003)."""
        for index, instrument in self.instruments.items():
            own = self.own[index]
            if instrument.group == group and own.state == S.HALT and own.reason == StateReason.HALT_INDEX:
                self.own[index] = Phase(S.HALT, S.OPEN, reason=own.reason)
            elif instrument.group == group and own.state != S.CLOSED:
                self.own[index] = Phase(S.NONE, own.before_halt)

    def change_until(self, phase: Phase, state: MarketState, until_ns: int, now_ns: int) -> None:
        """Change a state by the venue itself, until a time in ns; 0: until a command."""
        phase.state = state
        self._stop_timers(now_ns)
        phase.reopen_ns = until_ns

    def until_ns(self, instrument: Instrument | None, group: int) -> int:
        """When the timer ends the state, in ns; 0: never; while a HALT of the group stops it: minus the time left."""
        phase = self.groups[group] if instrument is None else self.own[instrument.index]
        if phase.halted_ns is None or phase.reopen_ns == 0:
            return phase.reopen_ns
        return 0 if phase.state == S.HALT else -max(phase.reopen_ns - phase.halted_ns, 1)

    def _stop_timers(self, now_ns: int) -> None:
        for phase in self.groups.values():
            phase.stop_timer(phase.state == S.HALT, now_ns)
        for index, phase in self.own.items():
            phase.stop_timer(self.effective(self.instruments[index]) == S.HALT, now_ns)
