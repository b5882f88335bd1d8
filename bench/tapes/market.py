"""A plain market for generated and imported flow: books of one product, funded accounts, OPEN."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.flows.flow import Flow
from bench.tapes.tape import Tape, TapeControl
from exchange.codes import CommandKind, MarketState, TimeInForce
from exchange.engine.control.define_account import AccountPayload
from exchange.engine.control.instrument_terms import CommodityTerms, InstrumentTerms
from exchange.engine.control.list_instruments import SYMBOL_BYTES, ListPayload
from exchange.engine.control.registry import encode_payload
from exchange.engine.engine import Engine
from exchange.errors import UserError
from exchange.limits import NAMED, SMALL
from exchange.records import COMMAND, column
from exchange.units import MONEY_MAX

GROUP = COMMODITY = 1
MONTH = 84  # January 2027
LISTINGS_EACH = 100  # listings in one payload, which has space for about 200
# A trillion dollars: no order is refused for margin, and every check still runs.
DEPOSIT_MILLS = 10**15


@dataclass(frozen=True)
class PlainMarket:
    """A market of equal books. Prices are ticks. Fees and margin rates are those of a month in the launch catalogue."""

    low_tick: int
    high_tick: int
    settle_tick: int
    books: int = 1
    accounts: int = 1
    hours: int = 744
    maker_fee: int = 1
    taker_fee: int = 3
    psr_mills: int = 300
    symbols: tuple[str, ...] = ()  # by book, as the source has them; empty: BOOK-1, BOOK-2, ...

    def names(self) -> list[str]:
        """Symbols of the books: those of the source that are allowed in a listing and stand for one book, or BOOK-n."""
        found = [f"BOOK-{index}" for index in range(1, 1 + self.books)]
        counts = Counter([*found, *self.symbols])
        for place, symbol in enumerate(self.symbols):
            fits = 1 <= len(symbol.encode()) <= SYMBOL_BYTES and symbol.isprintable()
            found[place] = symbol if fits and counts[symbol] == 1 else found[place]
        return found

    def controls(self) -> list[bytes]:
        """LIST payloads of all books."""
        terms = CommodityTerms(COMMODITY, GROUP, self.psr_mills, intra_mills=60, tier_mills=30)
        listings = [self.listing(index, name) for index, name in enumerate(self.names(), 1)]
        slices = [listings[start : start + LISTINGS_EACH] for start in range(0, self.books, LISTINGS_EACH)]
        return [encode_payload(ListPayload(commodities=[terms], instruments=part)) for part in slices]

    def listing(self, index: int, symbol: str) -> InstrumentTerms:
        return InstrumentTerms(
            index=index,
            instrument_id=index,
            symbol=symbol,
            group=GROUP,
            commodity=COMMODITY,
            hours=self.hours,
            settle_tick=self.settle_tick,
            low_tick=self.low_tick,
            high_tick=self.high_tick,
            months=[(MONTH, self.hours)],
            start_month=MONTH,
            maker_fee=self.maker_fee,
            taker_fee=self.taker_fee,
            band_ticks=self.high_tick - self.low_tick,
        )

    def opening(self) -> tuple[list[bytes], list[bytes], np.ndarray]:
        """LIST payloads, DEFINE_ACCOUNT payloads, and the rows of deposits and of PREOPEN and OPEN."""
        accounts = [encode_payload(AccountPayload(account)) for account in range(1, 1 + self.accounts)]
        rows = np.zeros(self.accounts + 2, COMMAND)
        rows["kind"] = CommandKind.DEPOSIT
        rows["account"] = np.arange(1, 3 + self.accounts)
        # The venue refuses a deposit with which all of them would be above MONEY_MAX.
        column(rows, "amount_mills")[:] = min(DEPOSIT_MILLS, MONEY_MAX // max(1, self.accounts))
        rows[-2:] = 0
        rows["kind"][-2:] = CommandKind.SET_STATE
        rows["group"][-2:] = GROUP
        column(rows, "market_state")[-2:] = [MarketState.PREOPEN, MarketState.OPEN]
        return self.controls(), accounts, rows


def flow_market(flow: Flow) -> PlainMarket:
    """The market for a generated flow. The price range of its books is exactly that of the flow."""
    prices = np.concatenate([rows["price"][rows["price"] > 0] for rows in (flow.warm, flow.commands)])
    low, high = int(prices.min()), int(prices.max())
    return PlainMarket(low, high, (low + high) // 2, flow.parameters.books, flow.parameters.accounts)


def fitting_limits(market: PlainMarket, rows: np.ndarray) -> str:
    """Name of the smallest state size with space for the market and the orders of the rows, as if none were filled.

    UserError: no state size is large enough
    """
    orders = live_orders_max(rows)
    ladder = market.books * 2 * (market.high_tick - market.low_tick + 65)
    for limits in sorted(NAMED.values(), key=lambda limits: limits.orders * limits.books):
        enough = limits.orders > orders and limits.ladder_rows >= ladder
        enough = enough and limits.books >= market.books and limits.accounts >= market.accounts
        if enough and limits.positions >= min(market.books * market.accounts, len(rows)):
            return limits.name
    raise UserError(f"{orders:,} orders in {market.books:,} books do not fit into any state size ({', '.join(NAMED)})")


def live_orders_max(rows: np.ndarray) -> int:
    """Most orders that can be live at once while these rows run, in a market where each cancel finds its order.

    An order counts from its NEW to a CANCEL with its client order id, as if nothing filled it; without such an id, or
    without a CANCEL, to the end.
    """
    rests = (rows["kind"] == CommandKind.NEW) & (rows["tif"] != TimeInForce.IOC)
    if int(np.count_nonzero(rests)) < SMALL.orders:
        return int(np.count_nonzero(rests))
    named = rows["client_order_id_0"] != 0
    lasting = int(np.count_nonzero(rests & ~named))
    places = np.flatnonzero(named & (rests | (rows["kind"] == CommandKind.CANCEL)))
    keys = [rows[name][places] for name in ("client_order_id_2", "client_order_id_1", "client_order_id_0", "account")]
    by_order = np.lexsort(keys)
    same = np.ones(max(len(places) - 1, 0), bool)
    for key in keys:
        same &= key[by_order[1:]] == key[by_order[:-1]]
    enters = rests[places[by_order]]
    was_live = np.zeros(len(places), bool)  # the row before, of the same order, is its NEW
    was_live[1:] = same & enters[:-1]
    change = np.zeros(len(places), np.int64)
    change[by_order] = np.where(enters, ~was_live, -1 * was_live)
    return lasting + int(np.cumsum(change).max(initial=0))


def market_tape(
    market: PlainMarket, parts: Sequence[np.ndarray], notes: dict[str, object] | None = None, limits: str = ""
) -> Tape:
    """A tape that opens the market and then plays the parts in order. It numbers the rows.

    parts    COMMAND rows with their times; all parts but the last only fill the books. The rows of the opening get the
             time of the first row
    limits   name of the state size; empty: the smallest that fits
    """
    listings, accounts, opening = market.opening()
    payloads = [(CommandKind.LIST, payload) for payload in listings]
    payloads += [(CommandKind.DEFINE_ACCOUNT, payload) for payload in accounts]
    rows = np.concatenate([opening, *parts])
    rows["sequence"] = np.arange(1 + len(payloads), 1 + len(payloads) + len(rows))
    start_ns = int(parts[0]["time_ns"][0]) if len(parts[0]) else 0
    rows["time_ns"][: len(opening)] = start_ns
    controls = []
    for index, (kind, payload) in enumerate(payloads):
        row = np.zeros(1, COMMAND)
        row["sequence"], row["time_ns"], row["kind"] = index + 1, start_ns, kind
        controls.append(TapeControl(row, payload))
    limits = limits or fitting_limits(market, rows)
    return Tape(rows, controls, limits, "bench", resting_rows=len(rows) - len(parts[-1]), notes=notes or {})


def engine_at(tape: Tape, rows: int) -> Engine:
    """A new engine after all controls and the first rows of a tape. The controls of the tape must come first."""
    engine = Engine(NAMED[tape.limits])
    for control in tape.controls:
        assert control.sequence == engine.sequence + 1, "controls come first"
        engine.check_control(int(control.row["kind"][0]), control.payload)
        engine.control(control.row, control.payload)
    engine.run_silently(tape.commands[:rows])
    return engine
