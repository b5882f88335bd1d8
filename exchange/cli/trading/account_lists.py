"""Does the work of `gpux positions`, `gpux fills` and `gpux limits`."""

from clients.client import Session
from clients.errors import Refused
from exchange.cli.trading.asking import account_of, asked
from exchange.cli.trading.place import Access
from exchange.cli.trading.showing import SIDES, average, moment, print_json, show, table
from exchange.units import money_text, price_text
from exchange.wire.errors import ErrorCode
from exchange.wire.messages import Fill

EVENTS_PER_QUERY = 2_000  # of the account stream, which one `query` of fills may cover


async def show_positions(place: Access, account: int, json: bool) -> None:
    """Print the positions of an account."""
    async with asked(place) as session:
        positions = await session.positions(account_of(session, account))
        rows = {row.instrument: row for row in (await session.instruments()).values()}
    names = ("symbol", "lots", "GPU-hours", "average", "mark", "gain $")
    made = table(names, names[:1])
    for position in positions:
        row = rows.get(position.instrument)
        symbol = row.symbol if row else str(position.instrument)
        if json:
            print_json(position, sym=symbol)
            continue
        gain = position.unrealised_mills + (position.realised_mills or 0)
        made.add_row(
            symbol, f"{position.lots:,}", f"{position.lots * row.hours:,}" if row else "",
            average(position.value_tick_lots, position.lots), price_text(position.mark_tick), money_text(gain),
        )  # fmt: skip
    if not json:
        show(made, "no positions")


async def show_fills(place: Access, count: int, account: int, json: bool) -> None:
    """Print the last fills of an account."""
    async with asked(place) as session:
        found = await last_fills(session, account_of(session, account), count)
        symbols = {row.instrument: row.symbol for row in (await session.instruments()).values()}
    names = ("time UTC", "trade", "symbol", "side", "lots", "price", "fee $", "as", "order", "coid")
    made = table(names, ("time UTC", "symbol", "side", "as", "coid"))
    for fill in found:
        symbol = symbols.get(fill.instrument, str(fill.instrument))
        if json:
            print_json(fill, sym=symbol)
            continue
        made.add_row(
            moment(fill.time_us), str(fill.trade_id), symbol, SIDES[fill.side], f"{fill.lots:,}",
            price_text(fill.price_tick), money_text(fill.fee_mills), fill.liquidity, str(fill.order_id),
            fill.client_order_id,
        )  # fmt: skip
    if not json:
        show(made, "no fills that the venue still keeps", spare=("coid", "trade", "as", "order"))


async def last_fills(session: Session, account: int, count: int) -> list[Fill]:
    """The last fills of an account, oldest first: fewer than `count` if the venue keeps no more."""
    found: list[Fill] = []
    last, oldest = session.core.accounts[account].sequence, 1
    while last >= oldest and len(found) < count:
        first = max(oldest, last - EVENTS_PER_QUERY + 1)
        try:
            found = await session.fills(first, last, account) + found
        except Refused as refused:
            kept = refused.error.oldest
            if refused.error.code != ErrorCode.REPLAY_RANGE or kept is None or kept <= first:
                raise
            oldest = kept
            continue
        last = first - 1
    return found[-count:]


async def show_limits(place: Access, json: bool) -> None:
    """Print the rate limits of a venue, with the tokens that the key has left."""
    async with asked(place) as session:
        left = {use.bucket: use for use in await session.limits()} if session.core.key else {}
        hello = session.core.hello
    assert hello is not None
    made = table(("limit", "a second", "burst", "left", "one for each"), ("limit", "one for each"))
    for limit in hello.limits:
        use = left.get(limit.bucket)
        if json:
            print_json(limit, left=use.tokens_left if use else None)
            continue
        tokens = f"{use.tokens_left:,}" if use else ""
        made.add_row(limit.bucket, f"{limit.rate:,}", f"{limit.burst:,}", tokens, limit.scope_of_bucket)
    if not json:
        show(made, "no limits")
        print(f"in flight {hello.inflight}, frame {hello.frame_bytes_max} bytes, {hello.channels_max} channels")
