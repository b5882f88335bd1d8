"""The checks at the end of the demo: a replay of the journal by a new engine must give the same results."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from exchange.clearing_codes import CashReason, HouseAccount
from exchange.codes import EventKind
from exchange.engine import query
from exchange.engine.engine import Engine
from exchange.journal.errors import Refusal
from exchange.journal.money import ReportedMoney
from exchange.journal.replay import replay_folder
from exchange.journal.verify import verify
from exchange.limits import Limits
from exchange.records import column
from exchange.units import MILLS_PER_DOLLAR

TRADED = "the market traded"


@dataclass(frozen=True)
class Check:
    """One check: what it states, whether that holds, and the numbers behind it."""

    name: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class DemoResult:
    """Number of orders and trades in the journal, and the checks."""

    orders: int
    fills: int
    checks: list[Check]

    @property
    def passed(self) -> bool:
        return not self.failed

    @property
    def failed(self) -> list[str]:
        """Names of the checks that do not hold."""
        return [check.name for check in self.checks if not check.passed]


# The positions that the clients know: account -> instrument id -> lots, without positions of 0 lots.
Holdings = Mapping[int, Mapping[int, int]]


def check_venue(
    folder: str,
    limits: Limits,
    sequence: int,
    state_hash: bytes,
    holdings: Holdings,
    book_faults: int,
    progress: Callable[[str], None],
) -> DemoResult:
    """Verify the journal of a stopped venue, replay it, and compare the results.

    limits                 size of the venue
    sequence, state_hash   of the final state of the venue
    holdings               positions that the clients know
    book_faults            gaps and wrong checksums of the clients' books
    progress               called with a text about the next step, to be printed
    """
    try:
        progress("verifying the journal")
        report = verify(folder)
        progress(f"replaying {report.records:,} commands")
        engine = Engine(limits)
        counts: Counter[int] = Counter()
        money = ReportedMoney()
        variation: list[int] = []

        def take(events: np.ndarray) -> None:
            counts.update(_kinds(events))
            money.add(events)
            variation.extend(variation_of(events))

        fills = replay_folder(folder, engine, on_events=take).fills
    except Refusal as refusal:
        return DemoResult(0, 0, [Check("journal verified", False, str(refusal))])
    orders = counts[EventKind.ORDER_ACCEPTED] + counts[EventKind.ORDER_REJECTED]
    checks = [
        Check(TRADED, fills > 0, f"{orders:,} orders, {fills:,} trades"),
        positions_sum_to_zero(engine.states),
        ledger_sums_to_zero(engine.states),
        totals_match_events(engine.states, money),
        variation_sums_to_zero(variation),
        clients_agree(engine.states, holdings),
        Check("every client's book passed its checksums", book_faults == 0, f"{book_faults} gaps or mismatches"),
        Check("journal verified", True, f"{report.frames:,} frames, {report.records:,} commands, chain unbroken"),
        same_state(engine, sequence, state_hash),
    ]
    return DemoResult(orders, fills, checks)


def _kinds(events: np.ndarray) -> dict[int, int]:
    kinds, numbers = np.unique(events["kind"], return_counts=True)
    return dict(zip(kinds.tolist(), numbers.tolist(), strict=True))


def positions_sum_to_zero(states: np.ndarray) -> Check:
    """Check that long and short positions sum to zero in every instrument."""
    sums, values = query.position_sums(states)
    wrong = int(((sums != 0) | (values != 0)).sum())
    rows = states["positions"][0]
    rows = rows[rows["lots"] != 0]
    detail = f"{len(np.unique(rows['book']))} instruments, {int(np.abs(rows['lots']).sum()) // 2:,} lots held"
    return Check("positions sum to zero", wrong == 0, detail if not wrong else f"{wrong} instruments do not")


def ledger_sums_to_zero(states: np.ndarray) -> Check:
    """Check that all accounts, customers' and the house's, sum to zero, and gains too (INV-018)."""
    totals = query.totals(states)
    house = [f"{house.name.lower()} {to_the_mill(mills)}" for house, mills in totals.house_mills.items() if mills]
    detail = ", ".join([f"customers {to_the_mill(totals.cash_mills)}", *house])
    if totals.ledger_mills or totals.gains_mills:
        detail += f"; they sum to {totals.ledger_mills} mills, gains to {totals.gains_mills}"
    return Check("ledger zero", totals.ledger_mills == totals.gains_mills == 0, detail)


def totals_match_events(states: np.ndarray, money: ReportedMoney) -> Check:
    """Check that the house's accounts equal the sums over the events, so that no total has overflowed (SPEC-004)."""
    faults = money.faults(states)
    paid_in, fees = -money.house_mills[HouseAccount.DEPOSITS], money.house_mills[HouseAccount.FEES]
    detail = f"{paid_in:,} mills paid in, {fees:,} of fees"
    return Check("totals of money match the events", not faults, "; ".join(faults) or detail)


def variation_of(events: np.ndarray) -> list[int]:
    """Amounts of variation margin in EVENT rows, mills: received > 0."""
    paid = (events["kind"] == EventKind.CASH_MOVED) & (column(events, "cash_reason") == CashReason.VARIATION)
    amounts: list[int] = events["amount_mills"][paid].tolist()
    return amounts


def variation_sums_to_zero(amounts: list[int]) -> Check:
    """Check that what some accounts have paid in variation margin others have received (SETTLE-007)."""
    received = sum(amount for amount in amounts if amount > 0)
    detail = f"{to_the_mill(received)} paid and received in {len(amounts)} entries"
    if sum(amounts):
        detail = f"{to_the_mill(received)} received, the sum is {to_the_mill(sum(amounts))}"
    return Check("variation paid sums to zero", not sum(amounts), detail)


def to_the_mill(mills: int) -> str:
    """Dollars with three decimals, so that a reader can check a sum."""
    dollars, rest = divmod(abs(mills), MILLS_PER_DOLLAR)
    return f"{'-' if mills < 0 else ''}${dollars:,}.{rest:03d}"


def clients_agree(states: np.ndarray, holdings: Holdings) -> Check:
    """Check that the positions that each client knows are those of the venue."""
    ids = {row.index: row.instrument_id for row in query.instruments(states)}
    wrong = [
        account
        for account, known in holdings.items()
        if {ids[row.instrument]: row.lots for row in query.positions(states, account) if row.lots} != known
    ]
    detail = f"{len(holdings)} accounts compared" if not wrong else f"accounts {wrong} differ"
    return Check("clients and venue agree on every position", not wrong, detail)


def same_state(engine: Engine, sequence: int, state_hash: bytes) -> Check:
    """Check that the replayed state equals the final state of the venue, by state hash."""
    replayed = engine.state_hash()
    if engine.sequence != sequence:
        return Check(
            "state hash equal after replay", False, f"replay ends at {engine.sequence}, the venue at {sequence}"
        )
    detail = replayed.hex()[:16] if replayed == state_hash else f"{replayed.hex()[:16]} is not {state_hash.hex()[:16]}"
    return Check("state hash equal after replay", replayed == state_hash, detail)
