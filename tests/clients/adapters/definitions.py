"""Instruments as a venue defines them: two months and their calendar spread."""

from exchange.wire.messages import InstrumentDefinition

DAY_US = 86_400_000_000


def _month(number: int, symbol: str, hours: int, later_days: int = 0) -> InstrumentDefinition:
    return InstrumentDefinition(
        instrument=number, symbol=symbol, revision=1, family="PHY", chip="H100", floor_bp=9000, period_kind="month",
        first_day="2027-01-01", hours=hours, tick_mills=1, minimum_increment=1, order_lots_min=1, order_lots_max=10_000,
        unit_lots=8, currency="USD", matching="fifo", band_ticks=200, limit_ticks=(2248, 3372), settle_tick=2810,
        last_trading_us=1_798_146_000_000_000 + later_days * DAY_US, delivery_from_us=1_798_761_600_000_000,
        delivery_to_us=1_801_440_000_000_000, maker_fee=0, taker_fee=2, phase="OPEN",
    )  # fmt: skip


F27 = _month(34734164, "H100.G90.F27", 744)
G27 = _month(34734165, "H100.G90.G27", 672, 31)
SPREAD = InstrumentDefinition(
    instrument=1 << 31, symbol="H100.G90.F27-G27", revision=1, family="PHY", chip="H100", floor_bp=9000, period_kind="",
    first_day="2027-01-01", hours=708, tick_mills=1, minimum_increment=1, order_lots_min=1, order_lots_max=10_000,
    unit_lots=8, currency="USD", matching="fifo", band_ticks=100, limit_ticks=(-500, 500), settle_tick=0,
    last_trading_us=F27.last_trading_us, delivery_from_us=F27.delivery_from_us, delivery_to_us=F27.delivery_to_us,
    maker_fee=0, taker_fee=1, phase="OPEN", combo="calendar", legs=[(F27.instrument, 1), (G27.instrument, -1)],
)  # fmt: skip
