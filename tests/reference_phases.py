"""Market states of the reference: one for each product group, stricter ones for single books (STATE-001)."""

from dataclasses import dataclass

from exchange.codes import MarketState, RejectReason
from tests.reference_clearing import Instrument

S = MarketState

# STATE-001: where each state may go. HALT also goes back to the state before it.
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
    """State of a group, or a book's own one; NONE: the book follows its group."""

    state: MarketState
    before_halt: MarketState = S.NONE


def allows(now: MarketState, before_halt: MarketState, wanted: MarketState) -> bool:
    return wanted in GOES_TO[now] or (now == S.HALT and wanted == before_halt)


def state_before_halt(now: MarketState) -> MarketState:
    """NOCANCEL comes back as PREOPEN."""
    return S.PREOPEN if now == S.NOCANCEL else now


class Phases:
    """The state of every group and book."""

    def __init__(self) -> None:
        self.groups: dict[int, Phase] = {}
        self.own: dict[int, Phase] = {}

    def list_book(self, instrument: Instrument) -> None:
        self.groups.setdefault(instrument.group, Phase(S.CLOSED))
        self.own.setdefault(instrument.index, Phase(S.NONE))

    def effective(self, instrument: Instrument) -> MarketState:
        group, own = self.groups[instrument.group].state, self.own[instrument.index].state
        return own if group == S.OPEN and own != S.NONE else group

    def refusal(self, instrument: Instrument | None, group: int, wanted: int) -> tuple[RejectReason, MarketState]:
        """Why a change cannot be made, and the state in force."""
        if instrument is not None:
            now, before_halt = self.effective(instrument), self.own[instrument.index].before_halt
            possible = self.groups[instrument.group].state == S.OPEN
        else:
            now, before_halt, possible = self.groups[group].state, self.groups[group].before_halt, True
        legal = wanted in GOES_TO and allows(now, before_halt, S(wanted))
        return (RejectReason.NONE if legal and possible else RejectReason.STATE), now

    def move(self, instrument: Instrument | None, group: int, wanted: MarketState) -> None:
        now = self.groups[group].state if instrument is None else self.effective(instrument)
        phase = self.groups[group] if instrument is None else self.own[instrument.index]
        if wanted == S.HALT != now:
            phase.before_halt = state_before_halt(now)
        phase.state = S.NONE if instrument is not None and wanted == S.OPEN else wanted
