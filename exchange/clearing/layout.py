"""Row formats of clearing: ACCOUNT, POSITION, RISK, COMMODITY.

Money is in mills, quantities in lots or GPU-hours. Row 0 of every table means "none".
"""

from exchange.records import record_type

# Rows fill whole cache lines. What every command reads comes first.
ACCOUNT = record_type(
    [
        ("cash_mills", "<i8"),
        ("unrealised_pnl_mills", "<i8"),  # of all positions; equity is cash plus this (MARGIN-013)
        ("initial_margin_mills", "<i8"),  # as of the last weighing (`margin.py`), and what working orders can lose
        ("unweighed_mills", "<i8"),  # most by which working orders have raised the scans since the last weighing
        ("unweighed", "<i8"),  # bits of its RISK rows that have changed since the last weighing, see BOOK's `scan_bits`
        ("last_order", "<i4"),  # youngest order of its list of live orders, immediate ones left out
        ("order_lots_max", "<i4"),
        ("position_lots_max", "<i4"),
        ("recent_position", "<i4"),  # position of its last order that took the fast path and rested
        ("stream", "<i8"),  # last number used in the account's stream
        # second cache line
        ("sessions", "<u8"),  # bits of the sessions that entered orders for it, see `orders.session_bit`
        ("first_order", "<i4"),  # oldest order of its list of live orders
        ("touched", "<i4"),  # its positions that wait for their POSITION_CHANGED in the running command
        ("smp_id", "<u4"),
        ("term_lots", "<i4"),  # T3 and T5: sum over instruments of the larger side, working orders included (LIMIT-004)
        ("deposits_mills", "<i8"),  # paid in less paid out
        ("fees_mills", "<i8"),  # paid so far
        ("firm", "<u4"),
        ("term_lots_max", "<i4"),
        ("timer_ns", "<i8"),  # when the dead-man timer fires (SESS-022), 0 disarmed
        ("killed_by", "u1"),  # a bit for each KillParty that killed the account (KILL-001),
        ("firm_killed_by", "u1"),  # or its whole firm
        ("flags", "<u2"),  # AccountFlag
        ("first_protection", "<i4"),  # its market-maker protection groups
    ]
)

POSITION = record_type(
    [
        ("account", "<i4"),
        ("book", "<i4"),
        ("lots", "<i8"),  # signed, long > 0
        ("open_value_tick_lots", "<i8"),  # sum of price * lots; lots held at the last mark count at that (SETTLE-007)
        ("working", "<i8", (2,)),  # lots of working orders per side, combinations counted at their legs
        ("paid_mills", "<i8"),  # variation margin received so far
        ("next_touched", "<i4"),  # list of positions that wait for their POSITION_CHANGED in the running command
        ("touched", "<i4"),  # 1: it is in that list
        ("spare", "<i8"),
    ]
)

# One account in one scan tier (MARGIN-002) of a combined commodity (MARGIN-001): GPU-hours, and in the row of the first
# tier lots of the spot month too.
RISK = record_type(
    [
        ("held", "<i8", (2,)),  # long, short
        ("working", "<i8", (2,)),  # hours that working orders add, hours that they take away
        ("crossed", "<i8"),  # hours that working combinations buy and sell at once
        ("scan_mills", "<i8"),  # what the tier contributed to initial margin at the last weighing
        ("spot_lots", "<i4"),  # spot-month lots held, signed (LIMIT-003)
        ("spot_working", "<i4", (2,)),  # working lots that add to them, that take from them
        ("spare", "<i4"),
    ]
)

COMMODITY = record_type(
    [
        ("psr_mills", "<i8"),  # scan range, mills per GPU-hour (MARGIN-004)
        ("intra_mills", "<i8"),  # MARGIN-005
        ("tier_mills", "<i8"),  # MARGIN-006
        ("spot_lots_max", "<i8"),  # LIMIT-001; 0: no limit
        ("group", "<i4"),
        ("spot_month", "<i4"),  # months since 2020-01, 0 none
    ]
)
