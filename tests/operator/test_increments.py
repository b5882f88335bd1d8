"""A new increment of a book, from the operator's settlement to what its clients see (SPEC-002)."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from exchange.engine import query
from exchange.wire.messages import ChannelSpec, Exec, Instruments, Subscribe
from tests.gateway.harness import SYMBOL, Bench
from tests.operator.asking import coming_day, do, refused

CHIP = "H100"


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Bench(str(tmp_path)) as made:
        yield made


@pytest.mark.rule("SPEC-002", "ORDER-004", "MARGIN-013")
def test_a_new_increment_cancels_what_is_off_it_and_everybody_is_told(bench: Bench) -> None:
    owner, watcher = bench.connect(bench.keys[1]), bench.connect(bench.keys[2])
    watcher.ask(Subscribe(request_id=1, channels=[ChannelSpec(name_of_channel="instruments")]))
    on = (bench.price - 10) // 5 * 5
    owner.ask(bench.order(10, "off", tif="gtc", price_tick=on + 1))
    owner.ask(bench.order(11, "on", tif="gtc", price_tick=on))
    held = query.margin(bench.venue.states, 1).initial_mills
    do(bench, "state", target=CHIP, to="closed")
    for increment in (0, -5, 100_001):
        assert refused(bench, "settle", increments={SYMBOL: increment}) == (
            f"{SYMBOL}: increment {increment} is not in 1..100000 ticks (SPEC-002)"
        )
    row = bench.venue.table.row(1)
    why = refused(bench, "settle", increments={SYMBOL: row.high_tick + 1})
    assert why.endswith(f"leaves no price within the coming limits {row.low_tick}..{row.high_tick}")
    assert refused(bench, "settle", increments={"H100.G90.X99": 5}) == "no instrument H100.G90.X99 is listed"
    owner.take(), watcher.take()
    told = do(bench, "settle", increments={SYMBOL: 5})
    assert told == [f"H100: settled, limits for {coming_day(bench)} set; 1 orders cancelled"]
    (gone,) = [message for message in owner.take() if isinstance(message, Exec)]
    assert (gone.client_order_id, gone.state, gone.reason) == ("off", "cancelled", "admin")
    (defined,) = [message for message in watcher.take() if isinstance(message, Instruments)]
    assert (defined.rows[0].minimum_increment, defined.rows[0].revision) == (5, 2)
    assert [order.client_order_id for order in query.open_orders(bench.venue.states, 1)] == ["on"]
    assert query.margin(bench.venue.states, 1).initial_mills * 2 == held
    do(bench, "state", target=CHIP, to="preopen")
    assert owner.ask(bench.order(12, "off", price_tick=on + 1))[0].name == "PRICE_INCREMENT"
    assert owner.ask(bench.order(13, "off", price_tick=on + 5))[0].state == "open"
