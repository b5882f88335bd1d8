"""The operator's requests about the market: its status, market states, settlements, lead market makers."""

from datetime import date, timedelta

from contracts_spec.schema import Spec
from exchange.codes import CommandFlag, CommandKind, EventKind, MarketState, Matching, RejectReason, StateReason
from exchange.engine import query
from exchange.engine.control.closing_window import NONE_NAMED
from exchange.engine.control.lead_makers import LeadMakersPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.event_rows import (
    GROUP,
    INSTRUMENT,
    KIND,
    MARKET_STATE,
    REASON,
    STATE_IN_FORCE,
    STATE_REASON,
    Row,
)
from exchange.errors import UserError
from exchange.gateway.gateway import Gateway
from exchange.operator.acts import Acts, NeedsTwo
from exchange.operator.pending_answer import PendingAnswer, Reply
from exchange.operator.requests import Answer, LeadMakers, SetState, Settle, ShowSettlements, ShowStatus
from exchange.operator.settlement import given_limits
from exchange.publish.phases import reason_text as state_reason
from exchange.seams import Clock
from exchange.units import price_text
from exchange.venue.daily.settlement import settle_groups
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.venue import Venue
from exchange.wire.errors import reason_text

DAYS_MAX = 7  # that the day of a settlement may be away from the next one


class MarketRequests:
    """Each public method that takes a reply serves one kind of request. UserError: the request is refused."""

    def __init__(self, venue: Venue, gateway: Gateway, spec: Spec, clock: Clock, acts: Acts) -> None:
        self._venue, self._gateway, self._spec, self._clock, self._acts = venue, gateway, spec, clock, acts

    def show_status(self, request: ShowStatus, reply: Reply) -> None:
        """Answer with the state of each product group, and of each instrument that has a state of its own."""
        self._venue.ask(lambda: reply(Answer(True, self._status_lines())))

    def _status_lines(self) -> list[str]:
        venue, status = self._venue, self._venue.settlement_status
        groups = query.group_states(venue.states)
        lines = [f"sequence {venue.sequence:,}, {len(self._gateway.connections)} connections"]
        for chip, group in sorted(venue.groups.items()):
            waits = ""
            if groups[group] == MarketState.CLOSED and not status.is_published(group):
                waits = f", {status.missing(group)} books wait for their settlement"
            lines.append(f"{chip} {groups[group].name}{waits}")
        instruments = query.instruments(venue.states)
        return [*lines, *(f"{row.symbol} {row.state.name}" for row in instruments if row.state != groups[row.group])]

    def show_settlements(self, request: ShowSettlements, reply: Reply) -> None:
        """Answer with the price and method of each outright, if the venue settled now. Nothing changes."""
        wanted = [self._group(chip) for chip in request.chips] or list(self._venue.groups.values())
        self._venue.ask(lambda: reply(Answer(True, self._settlement_lines(wanted))))

    def _settlement_lines(self, groups: list[int]) -> list[str]:
        """A group that is not CLOSED is shown as if it closed now: its next settlement is for the day after."""
        states, coming, lines = self._venue.states, self.coming_day(), []
        closed = {group for group, state in query.group_states(states).items() if state == MarketState.CLOSED}
        found = settle_groups(states, coming, closed.intersection(groups)).prices
        found |= settle_groups(states, coming + timedelta(days=1), set(groups) - closed).prices
        for row in query.instruments(states):
            if (settlement := found.get(row.instrument_id)) is not None:
                change = settlement.price_tick - row.settle_tick
                note = ", contradicts another tier (SETTLE-006)" if settlement.flagged else ""
                price = f"{price_text(settlement.price_tick)} {settlement.method.name}"
                lines.append(f"{row.symbol} {price} ({'+' if change > 0 else ''}{price_text(change)}){note}")
        return lines

    def _group(self, chip: str) -> int:
        if chip not in self._venue.groups:
            raise UserError(f"no chip {chip} is listed")
        return self._venue.groups[chip]

    def set_state(self, request: SetState, reply: Reply) -> None:
        """Change the state of a product group or of one book (STATE-001)."""
        state = MarketState[request.to.upper()]
        group, index = self._target(request.target)
        if request.clamp and state != MarketState.OPEN:
            raise UserError("clamp is only for open: it says how an auction beyond its collar ends")
        self._check_state(request.target, group, index, state)
        fields = {
            "kind": CommandKind.SET_STATE,
            "market_state": state,
            "group": group,
            "instrument": index,
            "state_reason": StateReason.HALT_ADMIN if request.admin else StateReason.OPERATOR,
            "flags": CommandFlag.CLAMP if request.clamp else 0,
        }
        self._acts.submit(fields, lambda events: self._answer_states(request, events, self._when_durable(reply)))

    def _check_state(self, target: str, group: int, index: int, state: MarketState) -> None:
        """Raise UserError if a book's group is not OPEN, or a group's settlement is not published."""
        groups, status = query.group_states(self._venue.states), self._venue.settlement_status
        if index and (of_group := groups[self._venue.table.row(index).group]) != MarketState.OPEN:
            raise UserError(
                f"{target}: its group is {of_group.name};"
                " a single market can change only while its group is OPEN (STATE-001)"
            )
        if group and groups[group] == MarketState.CLOSED and state == MarketState.PREOPEN:
            missing = status.missing(group)
            if not status.is_published(group):
                raise UserError(f"{target} stays CLOSED: {missing} books wait for their settlement (SESSION-003)")

    def _answer_states(self, request: SetState, events: list[Row], reply: Reply) -> None:
        lines = [self._state_line(row) for row in events if row[KIND] == EventKind.STATE_CHANGED]
        refused = next((row for row in events if row[KIND] == EventKind.COMMAND_REFUSED), None)
        if refused is None:
            reply(Answer(True, lines))
        elif refused[REASON] == RejectReason.STATE:
            present = MarketState(refused[STATE_IN_FORCE]).name
            why = f"{request.target} is {present}: it cannot become {request.to.upper()} from there (STATE-001)"
            reply(Answer(False, why=why))
        else:
            reply(Answer(False, why=reason_text(refused[REASON])))

    def _state_line(self, row: Row) -> str:
        names = {group: chip for chip, group in self._venue.groups.items()}
        listed = self._venue.table.rows[row[INSTRUMENT]]
        name = listed.symbol if listed is not None else names.get(row[GROUP], "")
        return f"{name} {MarketState(row[MARKET_STATE]).name} {state_reason(row[STATE_REASON])}".rstrip()

    def _when_durable(self, reply: Reply) -> Reply:
        """A reply that waits for the disk: a row's events may be there before the row is durable."""
        return lambda answer: self._venue.ask_after_release(lambda: reply(answer))

    def _target(self, name: str) -> tuple[int, int]:
        """(group, 0) for the name of a chip, (0, book) for a symbol. UserError: neither."""
        if name in self._venue.groups:
            return self._venue.groups[name], 0
        row = next((row for row in self._venue.table.rows if row is not None and row.symbol == name), None)
        if row is None:
            chips = ", ".join(sorted(self._venue.groups))
            raise UserError(f"{name!r} is neither a listed symbol nor one of the chips {chips}")
        return 0, row.index

    def settle(self, request: Settle, reply: Reply) -> None:
        """Publish the settlement of product groups and their limits for the coming day, one control for each group."""
        venue, coming = self._venue, self.coming_day()
        day = _day_of(request) or coming
        if abs((day - coming).days) > DAYS_MAX:
            raise UserError(f"day {day} is more than {DAYS_MAX} days from {coming}, the trading day that ends next")
        wanted = [venue.groups[chip] for chip in self.chips_to_settle(request)]
        schedule = venue.timekeeper.schedule
        payloads = given_limits(
            venue.states, self._spec, day, request.prices, wanted, request.increments, self._acts.by_two,
            schedule.closing_window_ns(self._clock.now_ns()) if schedule else NONE_NAMED,
        )  # fmt: skip
        if day != coming and not self._acts.by_two:
            raise NeedsTwo(f"limits of {day}: the trading day that ends next is {coming}")
        names = {group: chip for chip, group in venue.groups.items()}
        answer = PendingAnswer(len(payloads), reply, self._acts)
        for group, payload in payloads.items():
            answer.add_control(CommandKind.DAY_LIMITS, payload, f"{names[group]}: settled, limits for {day} set")

    def chips_to_settle(self, request: Settle) -> list[str]:
        """Chips that a request is about: those named, else all that wait for their settlement. UserError: none."""
        venue, status = self._venue, self._venue.settlement_status
        for chip in request.chips:
            self._group(chip)
        states = query.group_states(venue.states)
        chips = request.chips or [
            chip
            for chip, group in venue.groups.items()
            if states[group] == MarketState.CLOSED and not status.is_published(group)
        ]
        if not chips:
            raise UserError("no group is CLOSED and waits for its settlement")
        return chips

    def coming_day(self) -> date:
        """The trading day that closes next, by the venue's schedule or, if it has none, by the calendar."""
        calendar = DaySchedule(close_s=self._spec.calendar.close_hour_utc * 3_600)
        return (self._venue.timekeeper.schedule or calendar).closing_day(self._clock.now_ns())

    def set_lead_makers(self, request: LeadMakers, reply: Reply) -> None:
        """Replace the lead market makers of one book, or of all pro-rata books of a chip (PRO-003)."""
        group, index = self._target(request.target)
        books = [row for row in query.instruments(self._venue.states) if index in (0, row.index)]
        books = [row for row in books if group in (0, row.group) and row.matching == Matching.PRO_RATA]
        if not books:
            raise UserError(f"{request.target} is not pro-rata: only such books have lead market makers (PRO-003)")
        defined = set(query.accounts(self._venue.states))
        unknown = [account for account, _ in request.makers if account not in defined]
        if unknown:
            raise UserError(f"account {unknown[0]} is not defined")
        payload = LeadMakersPayload(request.makers, [index] if index else [], group)
        shares = ", ".join(f"account {account} {percent}%" for account, percent in request.makers)
        text = f"{request.target}: lead market makers {shares or 'none'}; {len(books)} books"
        PendingAnswer(1, reply, self._acts).add_control(CommandKind.LEAD_MAKERS, encode_payload(payload), text)


def _day_of(request: Settle) -> date | None:
    """The trading day that a request names, if any."""
    try:
        return date.fromisoformat(request.day) if request.day else None
    except ValueError:
        raise UserError(f"day {request.day!r} is not a day like 2026-11-23") from None
