"""`trades` messages that kernels write: numbers, aggressors, uncrosses, as plain Python makes them of prints."""

from itertools import product

import msgspec
import pytest

from exchange.codes import EventFlag, EventKind, Liquidity, Side
from exchange.engine.event_rows import Row
from exchange.gateway.outbox import JSON, MSGPACK
from exchange.publish.fold.event_fold import Frames
from exchange.publish.market_data import MarketData
from exchange.publish.prints import trades_message
from exchange.publish.raw_channels import payloads
from tests.publish.feed import START_US, at_time, spec
from tests.publish.helpers import H27, J27, Levels, event, event_array, table


def print_of(trade_id: int, book: int = 1, **fields: int) -> Row:
    common = {"instrument": book, "trade_id": trade_id, "trade_tick": -trade_id, "lots": 3}
    return event(EventKind.FILL, 2, **{**common, "liquidity": Liquidity.MAKER, **fields})


def sent(rows: list[Row], numbers: dict[tuple[str, int], int] | None = None) -> list[tuple[int, bytes, bytes]]:
    """(channel, JSON, MessagePack) of what two books' channels get of one command."""
    market = MarketData(table(), Levels(1, START_US), numbers)
    for instrument in (H27, J27):
        market.subscribe(spec("trades", instrument))
    market.fold(event_array(at_time(rows, START_US)), 2, START_US * 1_000)
    made = []
    for number, message in market.due(START_US):
        assert isinstance(message, Frames)
        (text,), (packed,) = (list(payloads(message.encoded[name])) for name in ("json", "msgpack"))
        made.append((number, text, packed))
    return made


@pytest.mark.rule("MDATA-012", "MDATA-001")
@pytest.mark.parametrize(("side", "liquidity", "flags"), list(product(Side, Liquidity, (0, EventFlag.IMPLIED))))
def test_a_print_is_as_plain_python_makes_it(side: Side, liquidity: Liquidity, flags: int) -> None:
    rows = at_time([print_of(50 + n, side=side, liquidity=liquidity, flags=flags) for n in range(20)], START_US)
    message = trades_message(rows)
    message.channel, message.sequence, message.previous = 1, 69, 41
    assert sent(rows, {("trades", 1): 41}) == [(1, JSON.encode(message), MSGPACK.encode(message))]


@pytest.mark.rule("MDATA-012", "MDATA-001")
def test_a_command_has_one_message_for_each_book_in_the_order_of_first_prints() -> None:
    rows = [print_of(7, 2), print_of(8), print_of(8, side=Side.SELL), print_of(9, 2), print_of(10, 3)]
    published = [(number, msgspec.json.decode(text)) for number, text, _ in sent(rows)]
    assert [(number, text["s"], text["p"], [row[0] for row in text["x"]]) for number, text in published] == [
        (2, 9, 0, [7, 9]),
        (1, 8, 0, [8]),
    ]
