"""Row formats of clearing: ACCOUNT, POSITION, RISK, COMMODITY.

Money is in mills, quantities are in lots or GPU-hours, prices in ticks. Row 0 of every table means "none".
"""

from exchange.records import record_type

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
        ("spare", "<i8", (2,)),
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
        ("spare", "<i4", (3,)),
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
