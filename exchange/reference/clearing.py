"""Contracts, accounts, positions, cash, fees, initial margin and limits, in Python ints.

Initial margin (MARGIN-013) is computed from all positions and all working orders each time it is needed. The compiled
engine updates its own figure step by step, which must be equal (INV-019).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from exchange.clearing_codes import HouseAccount, Life, Standing
from exchange.codes import ComboKind, Liquidity, Side
from exchange.reference.book import Order, signed
from exchange.reference.pro_rata import AllocationTerms
from exchange.units import MONEY_MAX, ceil_div, share_ceil

DEFAULT_TERMS = AllocationTerms()


@dataclass(frozen=True)
class Commodity:
    """One combined commodity: all physical, or all index contracts of a chip (MARGIN-001)."""

    index: int
    psr_mills: int
    intra_mills: int
    tier_mills: int
    spot_lots_max: int
    spot_month: int


@dataclass(frozen=True)
class Instrument:
    """Terms of one listed book. A change of terms replaces the object."""

    index: int
    group: int
    commodity: int
    combo: int
    legs: tuple[tuple[int, int], ...]  # (book of the leg, +1 or -1); an outright is its own only leg
    months: tuple[tuple[int, int], ...]  # (month, its hours) for each month of an outright
    hours: int
    fee_hours: int
    order_entry: int
    min_inc: int
    order_lots_max: int
    band_ticks: int
    settle_tick: int
    low_tick: int
    high_tick: int
    maker_fee: int
    taker_fee: int
    auction_fee: int
    term: bool
    protection_ticks: int = 0
    show_ratio: int = 0
    lot_inc: int = 1
    matching: int = 0
    family: int = 0
    period_kind: int = 0
    floor_bp: int = 0
    start_month: int = 0
    allocation_terms: AllocationTerms = DEFAULT_TERMS
    ltd_ns: int = 0
    implied: bool = False
    life: int = Life.LISTED
    instrument_id: int = 0

    def __deepcopy__(self, memo: dict[int, object]) -> Instrument:
        """No copy is needed: all fields are immutable."""
        return self


COMMODITY_FIELDS = [entry.name for entry in dataclasses.fields(Commodity)]
INSTRUMENT_FIELDS = [entry.name for entry in dataclasses.fields(Instrument)]


@dataclass
class Position:
    lots: int = 0
    open_value_tick_lots: int = 0  # sum of price * lots (SETTLE-007)

    @property
    def is_open(self) -> bool:
        """Whether variation has something to pay or to mark here: lots, or gains of lots that were closed."""
        return bool(self.lots or self.open_value_tick_lots)


@dataclass
class Account:
    number: int
    order_lots_max: int
    position_lots_max: int
    term_lots_max: int
    close_only: bool
    smp_id: int = 0
    firm: int = 0
    timer_ns: int = 0
    cash_mills: int = 0
    sequence: int = 0
    positions: dict[int, Position] = field(default_factory=dict)
    standing: Standing = Standing.OPEN
    required_mills: int = 0  # full margin as of the last MARGIN
    call_due_ns: int = 0

    @property
    def may_only_close(self) -> bool:
        """By its terms, or by a margin call (MARGIN-012)."""
        return self.close_only or self.standing != Standing.OPEN

    def lots(self, index: int) -> int:
        return self.positions[index].lots if index in self.positions else 0


class Clearing:
    """All accounts: what they hold, the margin it needs, and what they may still enter."""

    def __init__(self) -> None:
        self.commodities: dict[int, Commodity] = {}
        self.instruments: dict[int, Instrument] = {}
        # GPU-hours of one lot bought; of a combination the sum over its legs, sold ones negative (MARGIN-001).
        self.lot_hours: dict[int, int] = {}
        self.marks: dict[int, int] = {}  # book -> tick at which its positions are valued (MARGIN-014)
        self.accounts: dict[int, Account] = {}
        self.addon_months: dict[int, int] = {}  # by commodity (MARGIN-009)
        self.addon_bp = 0
        self.house_mills = dict.fromkeys(HouseAccount, 0)  # the other side of each posting (INV-018)

    def list_payload(self, payload: dict[str, Any]) -> list[int]:
        """LIST: set commodities, add instruments. Returns the indices of the new books."""
        for terms in payload["commodities"]:
            self.commodities[terms["index"]] = Commodity(**{name: terms[name] for name in COMMODITY_FIELDS})
        for listing in payload["instruments"]:
            known = {name: listing[name] for name in INSTRUMENT_FIELDS if name in listing}
            index = listing["index"]
            legs = tuple((leg, sign) for leg, sign in listing.get("legs") or [(index, 1)])
            months = tuple((month, hours) for month, hours in listing.get("months", ()))
            terms_of_level = AllocationTerms(**listing.get("sharing", {}))
            known |= {"legs": legs, "months": months, "allocation_terms": terms_of_level}
            self.instruments[index] = Instrument(**known)
            self.marks[index] = listing["settle_tick"]
            children = [(self.instruments[leg].months, sign) for leg, sign in legs]
            self.lot_hours[index] = sum(sign * hours for months, sign in children for _, hours in months)
        return [listing["index"] for listing in payload["instruments"]]

    # --- money

    def post(self, account: Account, house: HouseAccount, mills: int) -> None:
        """INV-018: post an amount to a customer's account, and its opposite to an account of the house.

        Nothing else changes cash. `mills` < 0: the customer pays.
        """
        account.cash_mills += mills
        self.house_mills[house] -= mills

    def equity_mills(self, account: Account) -> int:
        """Cash plus the gains of all positions at the last mark."""
        gains = 0
        for index, position in account.positions.items():
            instrument = self.instruments[index]
            gains += (self.marks[index] * position.lots - position.open_value_tick_lots) * instrument.hours
        return account.cash_mills + gains

    def funds_mills(self, account: Account) -> int:
        """MARGIN-015: cash, less the net loss of all positions. A net gain counts only once variation has paid it."""
        return account.cash_mills + min(0, self.equity_mills(account) - account.cash_mills)

    def initial_margin_mills(self, account: Account, orders: Iterable[Order]) -> int:
        """MARGIN-013: the most margin that the account can need, whichever of its working orders fill."""
        working = list(orders)
        total = sum(self._order_mills(order) for order in working)
        total += sum(self._scan_mills(commodity, account, working) for commodity in self.commodities.values())
        return total

    def _scan_mills(self, commodity: Commodity, account: Account, working: list[Order]) -> int:
        """Scan, intra and tier charges of one commodity (MARGIN-013).

        With L hours long and S short, the scan range is paid for |L - S| hours and at most the charge for min(L, S),
        which is (L + S - |L - S|) / 2. Both sums are at their largest here, whichever orders fill.
        """
        net = up = down = 0
        most: dict[int, tuple[int, int]] = {}  # outright -> lots if all its buys fill, and if all its sells do
        for index, position in account.positions.items():
            if self.instruments[index].commodity == commodity.index:
                net += position.lots * self.lot_hours[index]
                most[index] = position.lots, position.lots
        for order in working:
            instrument = self.instruments[order.instrument]
            if instrument.commodity == commodity.index:
                hours = signed(order.side) * self.lot_hours[order.instrument] * order.leaves_lots
                up, down = up + max(hours, 0), down + max(-hours, 0)
                for leg, sign in instrument.legs:
                    lots = signed(order.side) * sign * order.leaves_lots
                    longest, shortest = most.get(leg, (0, 0))
                    most[leg] = longest + max(lots, 0), shortest + min(lots, 0)
        gross = sum(max(abs(lots) for lots in ends) * self.lot_hours[leg] for leg, ends in most.items())
        widest = max(abs(net + up), abs(net - down))
        charge = max(commodity.intra_mills, commodity.tier_mills)
        addon = sum(max(0, -ends[1]) * self.addon_mills(commodity, leg) for leg, ends in most.items())
        return ceil_div(widest * max(0, 2 * commodity.psr_mills - charge) + gross * charge, 2) + addon

    def addon_mills(self, commodity: Commodity, index: int) -> int:
        """MARGIN-009: delivery add-on of one lot short of an outright."""
        month = self.addon_months.get(commodity.index)
        hours = sum(hours for child, hours in self.instruments[index].months if child == month)
        return share_ceil(hours * commodity.psr_mills, self.addon_bp)

    def _order_mills(self, order: Order) -> int:
        """The most that filling an order can cost at once: loss against the mark, and the taker's fee (MARGIN-013)."""
        instrument = self.instruments[order.instrument]
        loss = max(0, signed(order.side) * (order.price - self.marks[order.instrument])) * instrument.fee_hours
        fee = instrument.taker_fee * instrument.fee_hours
        return order.leaves_lots * (loss + self.residual_mills(instrument) + fee)

    def residual_mills(self, instrument: Instrument) -> int:
        """The most that one lot of a combination can lose by its leg prices, beyond the combination's own loss."""
        legs = [self.instruments[leg] for leg, _ in instrument.legs]
        if instrument.combo == ComboKind.OUTRIGHT:
            return 0
        if instrument.combo == ComboKind.STRIP:
            drift = abs(sum((self.marks[instrument.index] - self.marks[leg.index]) * leg.hours for leg in legs))
            return drift + sum(leg.hours for leg in legs) - 1  # the remainder of CASCADE-006 is paid in cash
        front, back = legs
        widest = max(abs(tick - self.marks[back.index]) for tick in (back.low_tick, back.high_tick))
        drift = abs(self.marks[front.index] - self.marks[back.index] - self.marks[instrument.index])
        return abs(front.hours - back.hours) * widest + drift * max(front.hours, back.hours)

    # --- trades

    def book_fill(self, order: Order, instrument: Instrument, lots: int, prices: list[int], residual: int = 0) -> None:
        """Book one side of a trade: change positions at the leg prices (SPEC-041), and cash by the residual.

        prices     of each leg, ticks
        residual   mills a lot that the buyer pays
        """
        account, direction = self.accounts[order.account], signed(order.side)
        for (leg, sign), leg_price in zip(instrument.legs, prices, strict=True):
            position = account.positions.setdefault(leg, Position())
            position.lots += direction * sign * lots
            position.open_value_tick_lots += leg_price * direction * sign * lots
        self.post(account, HouseAccount.ROUNDING, -direction * residual * lots)

    def leg_prices(
        self, instrument: Instrument, price: int, last_ticks: dict[int, int | None]
    ) -> tuple[list[int], int]:
        """Price of each leg, and the residual: mills a lot that the buyer pays the seller in cash (IMP-010).

        last_ticks   book -> last price; None: it has none
        """
        legs = [self.instruments[leg] for leg, _ in instrument.legs]
        if instrument.combo == ComboKind.OUTRIGHT:
            return [price], 0
        if instrument.combo == ComboKind.STRIP:
            total_hours = sum(leg.hours for leg in legs)
            base = sum(leg.settle_tick * leg.hours for leg in legs)
            step, residual = divmod(price * total_hours - base, total_hours)
            return [leg.settle_tick + step for leg in legs], residual
        front, back = legs
        last = last_ticks[back.index]
        back_price = back.settle_tick if last is None else last
        front_price = back_price + price
        least = max(front.low_tick - front_price, back.low_tick - back_price)
        most = min(front.high_tick - front_price, back.high_tick - back_price)
        move = min(max(0, least), most)
        return [front_price + move, back_price + move], 0

    def charge_fee(self, number: int, instrument: Instrument, role: Liquidity, lots: int) -> int:
        """FEE-001: charge the account a fee for a fill. Returns the fee in mills."""
        rates = {
            Liquidity.MAKER: instrument.maker_fee,
            Liquidity.TAKER: instrument.taker_fee,
            Liquidity.AUCTION: instrument.auction_fee,
        }
        fee = rates[role] * instrument.fee_hours * lots
        self.post(self.accounts[number], HouseAccount.FEES, -fee)
        return fee

    def settle_position(self, account: Account, index: int) -> int:
        """SETTLE-007: pay the gain of a position at its mark, from which it counts then. Returns mills."""
        instrument, position = self.instruments[index], account.positions[index]
        value = self.marks[index] * position.lots
        gain = (value - position.open_value_tick_lots) * instrument.hours
        position.open_value_tick_lots = value
        self.post(account, HouseAccount.VARIATION, gain)
        return gain

    # --- limits

    def leg_lots(self, order: Order, index: int, side: int) -> int:
        """Lots that an order would add to one side of an outright if it filled."""
        legs = self.instruments[order.instrument].legs
        return sum(
            order.leaves_lots for leg, sign in legs if leg == index and sign * signed(order.side) == signed(side)
        )

    def lots_if_filled(self, account: Account, working: list[Order], index: int, side: int) -> int:
        """Lots held on one side of an outright if all working orders on that side fill; < 0: held on the other."""
        return signed(side) * account.lots(index) + sum(self.leg_lots(order, index, side) for order in working)

    def only_closes(self, account: Account, working: list[Order], order: Order) -> bool:
        """MARGIN-016: whether the order, with all working orders on its side, can only reduce a position in each leg.

        CLOSE_ONLY accounts may enter no other order (MARGIN-012).
        """
        return all(self.lots_if_filled(account, working, leg, side) <= 0 for leg, side in self.leg_sides(order))

    def leg_sides(self, order: Order) -> list[tuple[int, int]]:
        """(outright, side) of each leg that an order trades."""
        legs = self.instruments[order.instrument].legs
        return [(leg, Side.BUY if sign * signed(order.side) > 0 else Side.SELL) for leg, sign in legs]

    def breaks_limit(self, account: Account, working: list[Order], order: Order) -> bool:
        """Whether an order breaks the account's position limit, its term limit (LIMIT-004) or a spot limit (LIMIT-001).

        working   the account's working orders, this one among them
        """
        sides = self.leg_sides(order)
        if any(self.lots_if_filled(account, working, leg, side) > account.position_lots_max for leg, side in sides):
            return True
        if any(self.instruments[leg].term for leg, _ in sides) and not self.only_closes(account, working, order):
            terms = [index for index, instrument in self.instruments.items() if instrument.term]
            if sum(self._most_lots(account, working, index) for index in terms) > account.term_lots_max:
                return True
        if account.standing == Standing.LIQUIDATING:  # it only closes, whatever its hedge (FALL-003)
            return False
        return self._breaks_spot_limit(account, working, order)

    def _most_lots(self, account: Account, working: list[Order], index: int) -> int:
        """LIMIT-004: the most lots of an outright, long or short, if all working orders on one side fill."""
        return max(abs(self.lots_if_filled(account, working, index, side)) for side in Side)

    def spot_weight(self, instrument: Instrument) -> int:
        """Lots of the spot month in one lot bought, < 0 if it sells them (LIMIT-003)."""
        month = self.commodities[instrument.commodity].spot_month
        legs = [(self.instruments[leg], sign) for leg, sign in instrument.legs]
        return sum(sign for leg, sign in legs if month and any(month == child for child, _ in leg.months))

    def _breaks_spot_limit(self, account: Account, working: list[Order], order: Order) -> bool:
        """LIMIT-001: whether an order breaks the limit on the spot month."""
        commodity = self.commodities[self.instruments[order.instrument].commodity]
        direction = signed(order.side) * self.spot_weight(self.instruments[order.instrument])
        if not commodity.spot_lots_max or not direction:
            return False
        sign = 1 if direction > 0 else -1
        lots = sum(
            sign * account.lots(index) * self.spot_weight(instrument)
            for index, instrument in self.instruments.items()
            if instrument.combo == ComboKind.OUTRIGHT and instrument.commodity == commodity.index
        )
        for other in working:
            instrument = self.instruments[other.instrument]
            if instrument.commodity == commodity.index:
                added = sign * signed(other.side) * self.spot_weight(instrument) * other.leaves_lots
                lots += max(added, 0)
        return lots > commodity.spot_lots_max

    # --- invariants

    def check(self) -> None:
        """Assert that positions and money are conserved (INV-017, INV-018)."""
        for index in self.instruments:
            held = [account.positions[index] for account in self.accounts.values() if index in account.positions]
            assert sum(position.lots for position in held) == 0, "positions sum to zero"
            assert sum(position.open_value_tick_lots for position in held) == 0, (
                "one party pays what the other receives"
            )
        paid_in, paid_out = -self.house_mills[HouseAccount.DEPOSITS], self.house_mills[HouseAccount.WITHDRAWALS]
        assert 0 <= paid_out <= paid_in <= MONEY_MAX, "what is paid in is bounded (SPEC-004)"
        self.check_ledger()

    def check_ledger(self) -> None:
        """Assert that what some accounts have received others have paid (INV-018). It holds after every command."""
        cash = sum(account.cash_mills for account in self.accounts.values())
        assert cash + sum(self.house_mills.values()) == 0, "all accounts sum to zero"
        for house in (HouseAccount.VARIATION, HouseAccount.ROUNDING):
            assert self.house_mills[house] == 0, f"the house keeps nothing of {house.name}"
