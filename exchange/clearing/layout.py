"""Row formats of clearing: ACCOUNT, POSITION, RISK, COMMODITY, BOOK_MONTHS, MARGIN_TERMS.

Money is in mills, quantities are in lots or GPU-hours, prices in ticks. Row 0 of every table means "none".
"""

from exchange.records import record_type

BOOK_MONTHS_MAX = 60  # months of the longest period, a term of five years
PAIRS_MAX = 63

# A row takes two cache lines; every command reads the first.
ACCOUNT = record_type(
    [
        ("cash_mills", "<i8"),
        ("unrealised_pnl_mills", "<i8"),  # against the mark, over all positions; equity is cash plus this (MARGIN-012)
        ("initial_margin_mills", "<i8"),  # scans as last computed (`margin.py`), and what working orders can lose
        ("scan_rise_bound_mills", "<i8"),  # upper bound of what scans have risen by since they were last computed
        ("changed_scans", "<i8"),  # a bit for each RISK row whose scan must be computed again (`commodity_bit`)
        ("last_order", "<i4"),  # newest of its live orders; IOC and FOK orders are not in this list
        ("order_lots_max", "<i4"),
        ("position_lots_max", "<i4"),
        ("recent_position", "<i4"),  # POSITION row of its last order that rested by the fast path
        ("stream", "<i8"),  # last number used in the account's stream
        # second cache line
        ("sessions", "<u8"),  # a bit for each session that has entered orders for it (`orders.session_bit`)
        ("first_order", "<i4"),  # oldest of its live orders, but for IOC and FOK
        ("reports_queued", "<i4"),  # number of its positions that still need a POSITION_CHANGED in the running command
        ("smp_id", "<u4"),
        ("term_lots", "<i4"),  # T3 and T5: sum of `positions.largest_possible_lots` (LIMIT-004)
        ("required_mills", "<i8"),  # initial margin of its positions alone, as of the last MARGIN (MARGIN-001)
        ("call_due_ns", "<i8"),  # when its margin call leads to liquidation, 0: it is not called (MARGIN-012)
        ("firm", "<u4"),
        ("term_lots_max", "<i4"),
        ("timer_ns", "<i8"),  # when the dead-man timer fires (SESS-022), 0: disarmed
        ("killed_by", "u1"),  # a bit for each KillParty that has killed the account (KILL-001)
        ("firm_killed_by", "u1"),  # the same for its whole firm
        ("flags", "<u2"),  # AccountFlag
        ("first_protection", "<i4"),  # first of its list of market-maker protection groups
    ]
)

POSITION = record_type(
    [
        ("account", "<i4"),
        ("book", "<i4"),
        ("lots", "<i8"),  # signed, long > 0
        ("open_value_tick_lots", "<i8"),  # sum of price * lots; lots held at the last mark count at it (SETTLE-007)
        ("working_lots", "<i8", (2,)),  # lots of working orders by side; those of combinations count in their legs
        ("paid_mills", "<i8"),  # variation margin received so far
        ("next_report", "<i4"),  # next in the queue of positions that still need a POSITION_CHANGED
        ("report_queued", "<i4"),  # 1: it is in that queue
        ("spare", "<i8"),
    ]
)

# GPU-hours of one account in one combined commodity (MARGIN-001), all months and quality tiers together (MARGIN-002).
RISK = record_type(
    [
        ("net_hours", "<i8"),  # held, signed: long > 0
        ("working_hours", "<i8", (2,)),  # what working orders would add, and would take away; a combination: its net
        ("gross_hours", "<i8"),  # of each position the most, long or short, that its working orders can lead to
        ("scan_mills", "<i8"),  # the row's part of initial margin, as last computed
        ("spot_lots", "<i4"),  # spot-month lots held, signed (LIMIT-003)
        ("spot_working", "<i4", (2,)),  # working lots that would add to these, and take from them
        ("spare", "<i4"),
        ("addon_mills", "<i8"),  # delivery add-on, if of each position all that sells fills (MARGIN-009)
    ]
)

COMMODITY = record_type(
    [
        ("psr_mills", "<i8"),  # scan range, mills per GPU-hour (MARGIN-004)
        ("intra_mills", "<i8"),  # intra-commodity charge, mills per GPU-hour (MARGIN-005)
        ("tier_mills", "<i8"),  # tier charge, mills per GPU-hour (MARGIN-006)
        ("spot_lots_max", "<i8"),  # largest spot-month position (LIMIT-001), 0: no limit
        ("group", "<i4"),
        ("spot_month", "<i4"),  # months since 2020-01, 0: none
    ]
)

# The delivery months of an outright, which margin counts each by itself (MARGIN-001). Every book has one row, with its
# number.
BOOK_MONTHS = record_type(
    [
        ("count", "<i8"),  # of the months; 0: a combination
        ("month", "<i4", (BOOK_MONTHS_MAX,)),  # months since 2020-01
        ("hours", "<i4", (BOOK_MONTHS_MAX,)),  # GPU-hours of one lot in that month
    ]
)

# Two commodities whose opposite nets earn a credit (MARGIN-007).
PAIR = record_type(
    [
        ("commodities", "<i4", (2,)),
        ("ratio", "<i4", (2,)),  # hours of each that offset each other
        ("credit_bp", "<i4"),
        ("spare", "<i4"),
    ]
)

# What full margin is computed with besides the commodities' rates; the last MARGIN has set it.
MARGIN_TERMS = record_type(
    [
        ("pairs", PAIR, (PAIRS_MAX,)),  # in the order in which they are taken
        ("pairs_used", "<i4"),
        ("addon_bp", "<i4"),  # delivery add-on, share of the scan (MARGIN-009)
        ("addon_month", "<i4", (64,)),  # by commodity: month whose uncovered shorts pay it, since 2020-01; 0: none
    ]
)
