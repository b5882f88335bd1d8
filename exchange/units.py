"""Integer units and every rounding decision.

Prices are in ticks (1 tick = 1 mill = $0.001 per GPU-hour), quantities in lots, money in mills, ratios in basis points,
time in ns. The name of each function says in which direction it rounds; `a // b` rounds down, also below zero.
"""

from decimal import Decimal, InvalidOperation, Overflow

BP = 10_000
MILLS_PER_DOLLAR = 1_000
NS_PER_US = 1_000
NS_PER_MS = 1_000_000
NS_PER_S = 1_000_000_000
NS_PER_HOUR = 3_600 * NS_PER_S
NS_PER_DAY = 24 * NS_PER_HOUR

# Upper bounds, with which all intermediate values are proven to fit into 64 bits (SPEC-004).
DIGITS_MAX = 18  # digits of a number that a person writes
PRICE_MAX = 100_000
POSITION_LOTS_MAX = 1_000_000
ORDER_LOTS_MAX = 10_000
LONGEST_HOURS = 43_848  # five years, two of them leap years

# The engine counts money in 64-bit integers, which overflow silently. So an account's money must stay below 2^63 mills,
# or eight units of PRICE_MAX x CATALOGUE_HOURS_MAX x POSITION_LOTS_MAX mills. An account has at most, in these units:
#   4.5 of initial margin (MARGIN-013). Mills per GPU-hour of one position, working orders included:
#     PRICE_MAX             what buys above and sells below the mark can lose together
#     PRICE_MAX             scan range, which is not above the seed
#     2 CHARGE_MILLS_MAX    taker fee of working buys and of working sells
#     1 CHARGE_MILLS_MAX    for hours held against each other, the larger of both charges (`margin.scan_mills`, which
#                           doubles its sum for a moment)
#     That is 2.3. Spreads and strips can lose 8 PRICE_MAX an hour more (both sides' prices, fees, residuals), but only
#     on hours of months, and the books of a venue (exchange/limits.py) are too few for more than 3.1 million of these.
#   2.1 of losses beyond what was paid in: a position's loss against the mark, and what closing it loses against the
#     mark and in fees, for which no free margin is needed (MARGIN-016). Opening another position needs free margin.
#   0.9 of cash: MONEY_MAX, all deposits of a venue together. So no total of the house is more either.
# A gain of one account is a loss of others, so within a day their deposits bound it; each settlement pays it.
# `tests/contracts_spec/test_bounds.py` checks the sum.
CHARGE_MILLS_MAX = PRICE_MAX // 10  # largest fee or margin charge, mills per GPU-hour
LOT_HOUR_MILLS_MAX = 8 * PRICE_MAX
# Most GPU-hours of one lot, summed over all outrights: an account may have the largest position in each of them.
CATALOGUE_HOURS_MAX = ((1 << 63) - 1) // (LOT_HOUR_MILLS_MAX * POSITION_LOTS_MAX)
MONEY_MAX = 10**18


def ceil_div(numerator: int, denominator: int) -> int:
    """Quotient rounded up."""
    return -(-numerator // denominator)


def nearest_half_up(numerator: int, denominator: int) -> int:
    """Quotient rounded to the nearest integer, an exact half up (final index settlement, CDP)."""
    return (2 * numerator + denominator) // (2 * denominator)


def value_mills(price_tick: int, hours: int, lots: int) -> int:
    """Value of a position or trade in mills, exact (SPEC-004). `hours`: GPU-hours of one lot."""
    return price_tick * hours * lots


def share_floor(amount: int, ratio_bp: int) -> int:
    """Part of an amount, `ratio_bp` basis points, rounded down."""
    return amount * ratio_bp // BP


def share_ceil(amount: int, ratio_bp: int) -> int:
    """Part of an amount, `ratio_bp` basis points, rounded up."""
    return ceil_div(amount * ratio_bp, BP)


def price_from_text(text: str) -> int:
    """Ticks from dollars per GPU-hour: `2.845` is 2845. ValueError if the text is no number or is between two ticks."""
    try:
        ticks = Decimal(text) * MILLS_PER_DOLLAR
    except (InvalidOperation, Overflow):
        raise ValueError(f"price {text!r} is not a decimal number of dollars, like 2.845") from None
    if ticks.is_finite() and ticks.adjusted() > DIGITS_MAX:
        raise ValueError(f"price {text!r} is out of range")
    if not ticks.is_finite() or ticks != ticks.to_integral_value():
        raise ValueError(f"price {text!r} is off the tick: at most three decimals, like 2.845")
    return int(ticks)


def price_text(price_tick: int) -> str:
    """Dollars per GPU-hour with three decimals: 2845 is `2.845`."""
    sign = "-" if price_tick < 0 else ""
    return f"{sign}{abs(price_tick) // 1000}.{abs(price_tick) % 1000:03d}"


def money_text(mills: int) -> str:
    """Dollars with thousands separators, rounded toward zero to the cent: 1514288640 is `1,514,288.64`."""
    sign = "-" if mills < 0 else ""
    cents = abs(mills) // 10
    return f"{sign}{cents // 100:,}.{cents % 100:02d}"
