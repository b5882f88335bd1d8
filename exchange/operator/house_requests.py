"""The operator's requests about the clearing house: the daily index, adjustments, reported blocks, flags."""

import re
from datetime import date

from contracts_spec.ids import Terms, pack_id
from contracts_spec.periods import day_number, day_of
from contracts_spec.schema import Spec
from contracts_spec.symbols import OutrightName, parse_symbol, tier_name
from exchange.codes import CommandKind
from exchange.engine import query
from exchange.engine.control.house.adjust import AdjustPayload
from exchange.engine.control.house.block import BlockPayload
from exchange.engine.control.house.index import IndexPayload, IndexPrint, RentalReport
from exchange.engine.control.registry import encode_payload
from exchange.engine.index_values import find_index, value_of
from exchange.errors import UserError
from exchange.operator.acts import Acts
from exchange.operator.pending_answer import Reply, answer_control
from exchange.operator.reportable_positions import reportable_positions
from exchange.operator.requests import (
    AdjustCash,
    Answer,
    CommitteeValue,
    IndexPrints,
    IndexRental,
    ReportBlock,
    ShowFlags,
    ShowIndex,
)
from exchange.seams import Clock
from exchange.units import NS_PER_DAY, NS_PER_S, price_text
from exchange.venue.daily.index_days import cdp_terms
from exchange.venue.daily.position_flags import position_flags
from exchange.venue.day_schedule import DaySchedule
from exchange.venue.venue import Venue

SHOWN_DAYS = 5  # of an index
_TIME = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\Z", re.ASCII)


class HouseRequests:
    """Each public method that takes a reply serves one kind of request. UserError: the request is refused."""

    def __init__(self, venue: Venue, spec: Spec, clock: Clock, acts: Acts) -> None:
        self._venue, self._spec, self._clock, self._acts = venue, spec, clock, acts

    # Questions.

    def show_flags(self, request: ShowFlags, reply: Reply) -> None:
        """Answer with a line for each flag of an account, and for each position that is reportable (LIMIT-002,
        LIMIT-005)."""
        self._venue.ask(lambda: reply(Answer(True, self._flag_lines())))

    def _flag_lines(self) -> list[str]:
        calendar = DaySchedule(close_s=self._spec.calendar.close_hour_utc * 3_600)
        day = (self._venue.timekeeper.schedule or calendar).closing_day(self._clock.now_ns())
        flags = position_flags(self._venue.states, self._spec, day)
        return [
            f"account {one.account} {one.chip}{'/I' if one.is_index else ''} {one.flag} {one.lots:,} lots"
            for one in flags
        ] + [
            f"account {one.account} {one.symbol} REPORTABLE {one.lots:,} lots"
            for one in reportable_positions(self._venue.states, self._spec.products.limits.reportable_lots)
        ]

    def show_index(self, request: ShowIndex, reply: Reply) -> None:
        """Answer with the last values of each index, oldest first."""
        self._venue.ask(lambda: reply(Answer(True, self._index_lines())))

    def _index_lines(self) -> list[str]:
        state, lines = self._venue.states[0], []
        chips = {chip.code: chip.name for chip in self._spec.listed_chips}
        for index, row in enumerate(state.indices):
            last = int(row.taken_day)
            for day in range(last - SHOWN_DAYS + 1, last + 1) if row.group else ():
                value = value_of(state, index, day)
                if value is not None:
                    price = "none" if value.tick is None else price_text(value.tick)
                    name = f"{chips[int(row.group)]}.{tier_name(int(row.floor_bp))}"
                    lines.append(f"{name} {day_of(day)} {price} {value.how.name}")
        return lines

    # The index.

    def give_prints(self, request: IndexPrints, reply: Reply) -> None:
        """Give prints of external indices, all of them or none."""
        prints = [IndexPrint(self._index(name), _day(day), tick) for name, day, tick in request.prints]
        if not prints:
            raise UserError("no print is given")
        payload = IndexPayload(now_ns=self._clock.now_ns(), prints=prints, cdp=cdp_terms(self._spec.products.index))
        lines = [f"{name} {day} {price_text(tick) if tick else 'taken away'}" for name, day, tick in request.prints]
        answer_control(self._acts, CommandKind.INDEX, encode_payload(payload), "; ".join(lines), reply)

    def report_rental(self, request: IndexRental, reply: Reply) -> None:
        """Report an executed rental (INDEX-001)."""
        rental = RentalReport(
            self._index(request.index), _day(request.day), request.seller, request.price, request.hours
        )
        payload = IndexPayload(now_ns=self._clock.now_ns(), rentals=[rental])
        text = f"{request.index} {request.day}: {request.hours:,} hours at {price_text(request.price)}"
        answer_control(self._acts, CommandKind.INDEX, encode_payload(payload), text, reply)

    def give_committee_value(self, request: CommitteeValue, reply: Reply) -> None:
        """Give a committee's value (INDEX-003). NeedsTwo: one person asks."""
        value = IndexPrint(self._index(request.index), _day(request.day), request.price)
        self._acts.need_two(f"a committee's value of {request.index} for {request.day}")
        payload = IndexPayload(now_ns=self._clock.now_ns(), committee=[value], by_two=True)
        text = f"{request.index} {request.day} {price_text(request.price)} COMMITTEE"
        answer_control(self._acts, CommandKind.INDEX, encode_payload(payload), text, reply)

    def _index(self, name: str) -> int:
        """Row of the index of a chip and tier, like H100.G90. UserError: the venue has none of this name."""
        chip, _, tier = name.partition(".")
        groups = {one.name: one.code for one in self._spec.listed_chips}
        floors = {one.name: one.floor_bp for one in self._spec.tiers}
        found = find_index(self._venue.states[0], groups.get(chip, 0), floors[tier]) if tier in floors else 0
        if not found:
            raise UserError(f"{name!r} is no index of this venue: it is a chip and a tier, like H100.G90")
        return found

    # Cash adjustments and blocks.

    def adjust_cash(self, request: AdjustCash, reply: Reply) -> None:
        """Correct a published settlement by cash (SETTLE-011). NeedsTwo: one person asks."""
        self._acts.need_two(f"an adjustment of the settlement of {request.symbol} on {request.day}")
        payload = AdjustPayload(_outright_id(self._spec, request.symbol), _day(request.day), request.amounts, True)
        amounts = ", ".join(f"account {account} {mills:+,} mills" for account, mills in request.amounts)
        text = f"settlement of {request.symbol} on {request.day} adjusted: {amounts}"
        answer_control(self._acts, CommandKind.ADJUST, encode_payload(payload), text, reply)

    def report_block(self, request: ReportBlock, reply: Reply) -> None:
        """Book a reported block (LIMIT-006)."""
        limits, now_ns = self._spec.products.limits, self._clock.now_ns()
        rows = {row.symbol: row.index for row in query.instruments(self._venue.states)}
        payload = BlockPayload(
            rows.get(request.symbol, 0), request.lots, request.price, request.buyer, request.seller,
            made_ns(request.made, now_ns), now_ns, limits.block_lots_min,
            limits.block_report_minutes * 60 * NS_PER_S, self._spec.products.fees.block_mills,
        )  # fmt: skip
        text = f"block of {request.lots:,} {request.symbol} at {price_text(request.price)}"
        parties = f"account {request.buyer} from account {request.seller}"
        answer_control(self._acts, CommandKind.BLOCK, encode_payload(payload), f"{text}, {parties}", reply)


def _day(text: str) -> int:
    """Days since 1970. UserError: the text is not a day."""
    try:
        return day_number(date.fromisoformat(text))
    except ValueError:
        raise UserError(f"day {text!r} is not a day like 2026-11-23") from None


def _outright_id(spec: Spec, symbol: str) -> int:
    """Id of an outright, whether it is listed or not (SPEC-042). UserError: the symbol is none of an outright."""
    try:
        name = parse_symbol(symbol)
        if isinstance(name, OutrightName):
            chip = spec.chip(name.chip).code if name.chip else 0
            return pack_id(Terms(chip, name.family, name.floor_bp, name.period))
    except (ValueError, KeyError):
        pass
    raise UserError(f"{symbol!r} is no outright")


def made_ns(text: str, now_ns: int) -> int:
    """When a block was made: the last time like 14:45, UTC, before `now_ns`; now if it is empty. UserError: it is no
    time."""
    if not text:
        return now_ns
    found = _TIME.match(text)
    if found is None:
        raise UserError(f"made {text!r} is not a time like 14:45")
    hours, minutes = map(int, found.groups())
    at_ns = now_ns // NS_PER_DAY * NS_PER_DAY + (hours * 60 + minutes) * 60 * NS_PER_S
    return at_ns if at_ns <= now_ns else at_ns - NS_PER_DAY
