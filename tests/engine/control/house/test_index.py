"""INDEX: what is reported of a day, and the value that noon takes; engine and reference side by side."""

from datetime import date
from typing import Any

import msgspec
import pytest

from contracts_spec.periods import EPOCH
from exchange.clearing_codes import IndexHow
from exchange.codes import CommandKind, EventKind, MarketState, SettleMethod
from exchange.engine.control.checks import ControlError
from exchange.engine.index_values import value_of
from exchange.units import NS_PER_DAY, NS_PER_HOUR
from tests.funded import Funded
from tests.market import listing

SEED = 2_810
START = (date(2027, 1, 11) - EPOCH).days  # the first day whose value is taken
EXT, CDP = 1, 2  # indices: of an external source, of the certified delivered price


def opened(index: int, floor_bp: int, external: bool) -> dict[str, Any]:
    days = {"taken_day": START - 1, "printed_day": START - 1}
    return {"index": index, "group": 1, "floor_bp": floor_bp, "external": external, "tick": SEED, **days}


class Indexed:
    """Both engines with two indices. `day`: the day whose value is taken next."""

    def __init__(self) -> None:
        self.funded = Funded()
        self.day = START
        self.do(opened=[opened(EXT, 9_000, True), opened(CDP, 8_000, False)])

    def do(self, **payload: Any) -> list[Any]:
        return self.funded.pair.control(CommandKind.INDEX, payload)

    def refused(self, **payload: Any) -> str:
        engine = self.funded.pair.fast.engine
        before = engine.state_hash()
        with pytest.raises(ControlError) as caught:
            engine.check_control(CommandKind.INDEX, msgspec.json.encode(payload))
        assert engine.state_hash() == before
        return str(caught.value).split(":")[0]

    def now(self, day: int) -> int:
        """12:30 of the day after."""
        return (day + 1) * NS_PER_DAY + 12 * NS_PER_HOUR

    def give(self, tick: int, day: int = 0, index: int = EXT) -> None:
        day = day or self.day
        self.do(prints=[{"index": index, "day": day, "tick": tick}], now_ns=self.now(day))

    def rent(self, *sales: tuple[int, int, int]) -> None:
        """Rentals of the coming day at the second index: (seller, price, hours)."""
        self.do(rentals=[rental(self.day, *sale) for sale in sales])

    def take(self) -> dict[int, tuple[int | None, str]]:
        """Noon: by index, value of the day and how it was found."""
        events = self.do(take_day=self.day)
        assert {event.kind for event in events} == {EventKind.INDEX_TAKEN}
        found = {index: value_of(self.state, index, self.day) for index in (EXT, CDP)}
        self.day += 1
        return {index: (value.tick, value.how.name) for index, value in found.items() if value is not None}

    @property
    def state(self) -> Any:
        return self.funded.pair.fast.engine.states[0]


def rental(day: int, seller: int, tick: int, hours: int, index: int = CDP) -> dict[str, int]:
    return {"index": index, "day": day, "seller": seller, "tick": tick, "hours": hours}


@pytest.mark.rule("INDEX-002")
def test_noon_takes_the_last_print_of_the_day_and_freezes_it() -> None:
    index = Indexed()
    index.give(2_811)
    index.give(2_815)
    assert index.take()[EXT] == (2_815, "PRINT")
    late = {"prints": [{"index": EXT, "day": START, "tick": 2_899}], "now_ns": index.now(START)}
    assert index.refused(**late) == "FROZEN"
    assert value_of(index.state, EXT, START) == (START, 2_815, IndexHow.PRINT)


@pytest.mark.rule("INDEX-003")
def test_two_missing_days_take_the_last_value_then_a_market_waits_for_its_committee() -> None:
    index = Indexed()
    index.give(2_815)
    index.give(0)  # taken away again
    assert [index.take()[EXT] for _ in range(3)] == [(SEED, "CARRIED"), (SEED, "CARRIED"), (None, "MISSING")]
    value = {"index": EXT, "day": index.day - 1, "tick": 2_805}
    assert index.refused(committee=[value]) == "a committee's value takes two people (SEC-061)"
    assert index.refused(committee=[value | {"tick": 0}], by_two=True) == "OUT_OF_RANGE"
    assert index.refused(committee=[value | {"day": index.day}], by_two=True) == "UNKNOWN"
    assert index.refused(committee=[value | {"day": START}], by_two=True) == "FROZEN"
    assert index.refused(committee=[value | {"index": 3}], by_two=True) == "UNKNOWN"
    (event,) = index.do(committee=[value], by_two=True)
    assert (event.index_tick, event.index_how, event.trading_day) == (2_805, IndexHow.COMMITTEE, index.day - 1)
    assert index.refused(committee=[value], by_two=True) == "FROZEN"
    index.give(2_805 + 1_402)
    assert index.take()[EXT] == (2_805 + 1_402, "PRINT"), "half away from the committee's value"


@pytest.mark.rule("INDEX-003")
def test_a_value_further_than_half_from_the_last_one_is_missing() -> None:
    index = Indexed()
    index.give(SEED + SEED // 2 + 1)
    assert index.take()[EXT] == (SEED, "CARRIED")
    index.give(SEED - SEED // 2)
    assert index.take()[EXT] == (SEED - SEED // 2, "PRINT")


@pytest.mark.rule("INDEX-001", "INDEX-004")
def test_the_certified_delivered_price_is_the_value_of_its_own_index() -> None:
    """V8: four sellers, the largest clipped to a quarter."""
    index = Indexed()
    index.rent((1, 2_800, 6_000), (2, 2_830, 2_000), (3, 2_850, 1_000), (4, 2_870, 1_000))
    assert index.refused(prints=[{"index": CDP, "day": START, "tick": 2_811}], now_ns=index.now(START)) == "SOURCE"
    events = {event.floor_bp: event for event in index.do(take_day=index.day)}
    assert (events[8_000].index_tick, events[8_000].index_how) == (2_828, IndexHow.PRINT)
    assert events[8_000].susceptibility_ticks > 0 == events[9_000].susceptibility_ticks
    index.day += 1
    index.rent((1, 2_800, 6_000), (2, 2_830, 2_000))
    assert index.take()[CDP] == (2_828, "CARRIED"), "two sellers are too few"
    assert not index.state.rentals["index"].any(), "taken days leave no rentals"


@pytest.mark.rule("INDEX-001")
def test_rentals_of_one_seller_count_together_at_their_exact_mean() -> None:
    index = Indexed()
    index.rent((1, 2_801, 7), (2, 2_800, 500), (3, 2_800, 500), (1, 2_802, 4), (4, 2_830, 1), (1, 2_850, 900))
    value, how = index.take()[CDP]
    assert how == "PRINT" and value not in (None, SEED)
    assert int(index.state.indices[CDP].taken_day) == START


@pytest.mark.rule("INDEX-003")
def test_from_the_third_missing_day_an_external_index_takes_the_delivered_price() -> None:
    index = Indexed()
    index.take(), index.take()
    sales = [(1, 2_900, 400), (2, 2_910, 400), (3, 2_920, 400), (4, 2_930, 400)]
    index.do(rentals=[rental(index.day, *sale, index=EXT) for sale in sales])
    assert index.take()[EXT] == (2_915, "CDP")


@pytest.mark.rule("INDEX-003")
@pytest.mark.parametrize(
    ("method", "expected"), [(SettleMethod.T1, (2_900, "FRONT")), (SettleMethod.T2, (None, "MISSING"))]
)
def test_without_it_the_front_month_counts_if_its_window_made_its_price(
    method: SettleMethod, expected: tuple[int | None, str]
) -> None:
    index = Indexed()
    day = START + 2
    months = [(5, "H100.G90.F27", day), (6, "H100.G90.G27", day + 21), (7, "H100.G90.Z26", day - 1)]
    limits = {"low_tick": 2_248, "high_tick": 3_372}
    terms = {"settle_tick": SEED, "hours": 744, "months": [(84, 744)], "floor_bp": 9_000, **limits}
    listings = [listing(number, name, ltd_ns=ltd * NS_PER_DAY + 5, **terms) for number, name, ltd in months]
    index.funded.states(MarketState.CLOSED)
    index.funded.pair.control(CommandKind.LIST, {"commodities": [], "instruments": listings})
    index.take(), index.take()
    prices = [(5, 2_900, method), (6, 2_950, SettleMethod.T1), (7, 2_960, SettleMethod.T1)]
    books = [{"index": number, "settle_tick": tick, "method": how, **limits} for number, tick, how in prices]
    index.funded.pair.control(CommandKind.DAY_LIMITS, {"books": books, "day": day + 1, "by_two": True})
    assert index.take()[EXT] == expected


@pytest.mark.rule("INDEX-003", "SETTLE-009")
def test_on_day_three_of_a_month_a_day_without_a_value_takes_the_last_one() -> None:
    index = Indexed()
    first = (date(2027, 2, 1) - EPOCH).days
    while index.day < first - 2:
        index.give(2_820)
        index.take()
    found = [index.take()[EXT] for _ in range(3)]
    assert found == [(2_820, "CARRIED"), (2_820, "CARRIED"), (None, "MISSING")]
    assert index.take()[EXT] == (None, "MISSING")
    events = index.do(take_day=index.day)
    assert [event.index_how for event in events if event.floor_bp == 9_000] == [IndexHow.MISSING], "1 February stays"
    index.day += 1
    while index.day < (date(2027, 3, 2) - EPOCH).days:
        index.take()
    told = index.do(take_day=index.day)
    filled = [event.trading_day for event in told if event.index_how == IndexHow.LAST and event.floor_bp == 9_000]
    assert filled == [*range(first, first + 28)]
    assert value_of(index.state, EXT, first) == (first, 2_820, IndexHow.LAST)


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"prints": [{"index": EXT, "day": START, "tick": 100_001}]}, "OUT_OF_RANGE"),
        ({"prints": [{"index": EXT, "day": START, "tick": -1}]}, "OUT_OF_RANGE"),
        ({"prints": [{"index": EXT, "day": START + 1, "tick": 9}], "now_ns": (START + 2) * NS_PER_DAY - 1}, "EARLY"),
        ({"prints": [{"index": 3, "day": START, "tick": 9}], "now_ns": 2**62}, "SOURCE"),
        ({"prints": [{"index": EXT, "day": START + 99, "tick": 9}], "now_ns": 2**62}, "OUT_OF_RANGE"),
        ({"rentals": [rental(START, 1, 0, 5)]}, "OUT_OF_RANGE"),
        ({"rentals": [rental(START, 1, 5, 0)]}, "OUT_OF_RANGE"),
        ({"rentals": [rental(START, 0, 5, 5)]}, "OUT_OF_RANGE"),
        ({"rentals": [rental(START - 1, 1, 5, 5)]}, "FROZEN"),
        ({"rentals": [rental(START, 1, 5, 5, index=9)]}, "SOURCE"),
        ({"rentals": [rental(START + 41, 1, 5, 5)]}, "OUT_OF_RANGE"),
        ({"take_day": START + 1}, "index"),
        ({"take_day": START - 1}, "FROZEN"),
        ({"take_day": START, "rentals": [rental(START, 1, 5, 5)]}, "index"),
        ({"opened": [opened(EXT, 9_500, True)]}, "index 1 is open already"),
        ({"opened": [opened(3, 9_000, True)]}, "index 3"),
        ({"opened": [opened(3, 9_500, True), opened(3, 8_500, True)]}, "index"),
        ({"opened": [opened(17, 9_500, True)]}, "index 17 not in 1..16"),
    ],
)  # fmt: skip
@pytest.mark.rule("INDEX-002")
def test_what_cannot_be_is_refused_with_its_reason_and_changes_nothing(payload: dict[str, Any], reason: str) -> None:
    assert Indexed().refused(**payload) == reason


@pytest.mark.rule("INDEX-001")
def test_a_table_full_of_rentals_takes_more_of_the_same_sellers_only() -> None:
    index = Indexed()
    rows = index.state.rentals
    rows["index"], rows["day"], rows["seller"] = CDP, START, range(1, len(rows) + 1)
    rows["hours"] = rows["value_tick_hours"] = 1
    assert index.refused(rentals=[rental(START, len(rows) + 1, 5, 5)]) == "FULL"
    index.funded.pair.fast.engine.check_control(
        CommandKind.INDEX, msgspec.json.encode({"rentals": [rental(START, len(rows), 5, 5)]})
    )
