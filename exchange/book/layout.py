"""Row formats of the book's tables: ORDER, LINK, NODE, LEVEL, BOOK, ALLOCATION, WINDOW, GUARD, and for implied prices
MEMBER, SOURCES, QUOTE, ROUTE.

Row 0 of every table means "none". Rows are `np.record`, so that kernels read fields as attributes, compiled or not.
Indices are signed (i4): Numba makes a float of an unsigned and a signed 64-bit integer.
"""

from exchange.limits import LEAD_MAKERS_MAX, LEGS_MAX, SCAN_TIERS, SUMMARY_WORDS, WINDOW_SLOTS
from exchange.records import Alias, place_in, record_type

# Two cache lines. What neighbours change (links of queue and account) is in LINK, a compact table that stays in cache.
# Fields are where COMMAND and EVENT have the same ones, so that a few wide moves write a row
# (`new_order._write_order`, `emit.emit_old_order`).
ORDER = record_type(
    [
        ("entry", "<i8"),  # order of acceptance: "ascending id" (ORDER-014)
        ("stamp", "<i8"),  # priority inside a level (MATCH-003)
        ("resting", "u1"),  # 1 while linked into a level
        ("smp_mode", "u1"),
        ("side", "u1"),
        ("post_only", "u1"),
        ("state", "u1"),  # OrderState; NONE marks a free row, PENDING a stop that is not injected yet
        ("flags", "u1"),  # CommandFlag of the NEW, and OrderFlag
        ("order_type", "u1"),
        ("tif", "u1"),
        ("account", "<i4"),
        ("session", "<u4"),
        ("book", "<i4"),
        ("price", "<i4"),  # ticks
        ("order_id", "<i8"),  # generation << SLOT_BITS | slot; kept in a free row, so that the next id differs
        ("position", "<i4"),  # row of the owner's position in the order's own book, 0 for combinations
        ("smp_id", "<u4"),
        ("client_order_id_0", "<u8"),
        ("client_order_id_1", "<u8"),
        ("client_order_id_2", "<u8"),
        ("shown_lots", "<i4"),
        ("leaves_lots", "<i4"),
        ("filled_lots", "<i4"),
        ("order_lots", "<i4"),
        ("display_lots", "<i4"),
        ("trigger", "<i4"),  # ticks
        ("value_tick_lots", "<i8"),  # sum of price * lots executed
        ("expiry_ns", "<i8"),
        ("tag", "<u8"),
    ],
    {
        "minimum_lots": Alias("shown_lots", "a stop that waits: least quantity to execute when it is injected, 0 none"),
        "protection": Alias("trigger", "a quote: row of its protection group, 0 none"),
    },
)
assert ORDER.itemsize == 128

LINK = record_type(
    [
        ("newer", "<i4"),  # neighbour towards the tail of the level's queue
        ("older", "<i4"),
        ("account_newer", "<i4"),  # neighbour in the account's list, in order of entry
        ("account_older", "<i4"),
    ],
    {"next_free": Alias("newer", "a free row: slot of the next free one")},
)

# The two links of a list are written as one word: the newer one in its lower half, the older one in its upper half.
NEWER, ACCOUNT_NEWER = place_in(LINK, "newer"), place_in(LINK, "account_newer")
NEXT_FREE = place_in(LINK, "next_free")
assert (place_in(LINK, "older"), place_in(LINK, "account_older")) == (NEWER + 4, ACCOUNT_NEWER + 4)

# A node of a heap: an order that waits for a price or a time, see `heap.py`.
NODE = record_type(
    [
        ("key", "<i8"),  # the smallest is first
        ("left", "<i4"),
        ("right", "<i4"),
        ("parent", "<i4"),  # 0: the root
        ("rank", "<i4"),  # 0: in no heap
    ],
    # A quote waits for no price and no time, so that its node is free for this.
    {
        "next_quote": Alias("left", "a quote: the one behind it in its book's list, 0 none"),
        "previous_quote": Alias("right", "a quote: the one before it in its book's list, 0 none"),
    },
)

LEVEL = record_type([("head", "<i4"), ("tail", "<i4"), ("shown_lots", "<i4"), ("hidden_lots", "<i4")])

# One leg of a combination: its book, and +1 if it is bought with the combination, -1 if it is sold. An outright has one
# leg, itself.
LEG = record_type([("book", "<i4"), ("sign", "<i4")])

# One instrument and its book. The first three cache lines hold what every order reads.
BOOK = record_type(
    [
        # the ladder
        ("best", "<i4", (2,)),  # place of the best price of each side, 0 none
        ("ladder", "<i4"),  # first row of the buys in the level table; sells begin `side_rows` later
        ("side_rows", "<i4"),  # a multiple of 64
        ("edge_tick", "<i4", (2,)),  # tick of place 1 of each side: lowest of the buys, highest of the sells
        # prices and limits, ticks
        ("low_tick", "<i4"),  # daily limits (BAND-013)
        ("high_tick", "<i4"),
        ("fast_path_places", "<i4", (2,)),  # places of each side, from 1 on, that take the fast path
        ("mark_tick", "<i4"),  # the last settlement, from which gains and losses are counted
        ("last_tick", "<i4"),
        ("features", "<i4"),  # BookFeature bits: what matching here needs beyond price and time
        ("order_lots_max", "<i4"),
        ("maker_fee", "<i4"),  # mills per GPU-hour
        ("taker_fee", "<i4"),
        ("phase", "u1"),  # effective MarketState: its own where stricter, else the group's
        ("own_state", "u1"),  # MarketState, NONE to follow the group
        ("before_halt", "u1"),
        ("has_last", "u1"),
        ("has_indicative", "u1"),
        ("order_entry", "u1"),
        ("term", "u1"),  # a T3 or T5 (LIMIT-004)
        ("leg_count", "u1"),
        # money
        ("hours", "<i8"),  # GPU-hours of one lot: mills per tick and lot
        ("fee_hours", "<i8"),  # longer leg of a combination (FEE-001)
        ("scan_hours", "<i8", (SCAN_TIERS,)),  # hours of a bought lot in each scan tier, net over legs
        ("tier_hours", "<i8"),  # the one that is not 0, if `one_tier`
        ("scan_bits", "<i8"),  # of an account's `unweighed`: the scan tiers that lots weigh on
        ("margin_bound_mills", "<i8"),  # most that one more working lot adds to initial margin, loss and fee apart
        ("residual_mills", "<i8"),  # combination: most that a lot's leg prices can lose beyond its own price
        ("working", "<i8", (2,)),  # working lots of each side, in queues or not
        ("auction_fee", "<i4"),
        ("band_ticks", "<i4"),  # reject band (BAND-011), 0 off
        ("spot_weight", "<i4"),  # lots of the spot month in a bought lot (LIMIT-003)
        ("first_risk", "<i4"),  # RISK row of account 0 in the one scan tier, else in the commodity's first
        ("group", "<i4"),
        ("combo", "u1"),
        ("matching", "u1"),
        ("one_tier", "u1"),  # 1: an outright that has all its hours in one scan tier
        ("waiting", "u1"),  # 1: cancels of orders here may wait for a state that allows them (COD-004)
        # a bit for each word of the occupancy bitmap that is not 0, words of the two sides in turn
        ("summary", "<u8", (2 * SUMMARY_WORDS,)),
        ("legs", LEG, (LEGS_MAX,)),
        # the day so far
        ("open_tick", "<i4"),
        ("day_high", "<i4"),
        ("day_low", "<i4"),
        ("indicative_tick", "<i4"),
        ("volume_lots", "<i8"),
        ("volume_tick_lots", "<i8"),
        ("open_interest", "<i8"),  # doubled: lots held, long and short
        ("last_trade_id", "<i8"),  # last number of its channel of trades,
        ("status_sequence", "<i8"),  # and of status
        ("min_inc", "<i4"),  # must divide an order's price,
        ("lot_inc", "<i4"),  # and its lots
        # what it is
        ("instrument_id", "<u4"),
        ("commodity", "<u2"),
        ("floor_bp", "<u2"),
        ("start_month", "<i4"),
        ("revision", "<i4"),
        ("listed", "u1"),
        ("reason", "u1"),  # StateReason of the last change of its own state
        ("family", "u1"),
        ("period_kind", "u1"),
        ("quotes", "<i4"),  # that work here
        ("ltd_ns", "<i8"),
        ("symbol", "<u8", (4,)),
        ("crossed_hours", "<i4", (SCAN_TIERS,)),  # min(positive, negative) leg hours of one lot
        ("month_hours", "<i4", (SCAN_TIERS,)),  # as scan_hours, of an outright: its children's hours in each tier
        ("protection_ticks", "<i4"),  # how far from the best price a market order may trade (ORDER-008)
        ("show_ratio", "<i4"),  # largest total of an iceberg by its display (ICE-006), 0 off
        ("unelected", "<i4", (2,)),  # heaps of stops that wait for a price, one a side
        ("elected_first", "<i4"),  # line of elected stops that wait for the end of a halt; row 0: for injection
        ("elected_last", "<i4"),
        ("first_parked", "<i4"),  # list of orders outside the daily limits (BAND-004)
        ("first_quote", "<i4"),  # list of its quotes, linked through their heap nodes, which quotes do not need
    ]
)

# How a pro-rata book allocates a level (PRO-002 to PRO-005): one row a book, beside BOOK.
ALLOCATION = record_type(
    [
        ("top_order", "<i8", (2,)),  # id of the order that holds TOP on each side, 0: none; the order may have left
        ("lead_account", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_percent", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_makers", "<i4"),  # number of lead market makers
        ("top", "<i4"),  # 1: TOP is given
        ("top_lots_max", "<i4"),  # 0: no ceiling
        ("split_percent", "<i4"),  # part allocated by time before the rest is by size
        ("minimum_allocation", "<i4"),  # smaller shares become 0
        ("spare", "<i4"),
    ]
)
# One implied route into a book: a combination with the book as a leg, or the book's own combination.
MEMBER = record_type(
    [
        ("combination", "<i4"),
        ("own_leg", "<i4"),  # number of the book among the combination's legs, from 1; 0: it is the combination
        ("expiry_rank", "<i4"),  # by the nearest last trading day of the other legs; equal days, equal ranks (IMP-009)
        ("spare", "<i4"),
    ]
)

# The implied prices of one book, per side; no lots: none.
QUOTE = record_type(
    [
        ("tick", "<i4", (2,)),
        ("lots", "<i4", (2,)),
        ("shown_tick", "<i4", (2,)),  # as last published; one that locks or crosses is not shown (IMP-005)
        ("shown_lots", "<i4", (2,)),
        ("changed", "<i4"),  # bits of sides whose best real level has changed, and CHANGED_STATE
        ("due", "<i4"),  # bits of sides to work out again, and DUE_LOOK
    ]
)

# The implied routes into one book: rows of the MEMBER table, nearest expiry first.
SOURCES = record_type([("first", "<i4"), ("count", "<i4")])

# The real orders that one implied fill would trade: one for each leg, or the combination's and one for each other leg.
ROUTE = record_type(
    [
        ("count", "<i4"),  # 0 none
        ("combination", "<i4"),
        ("own_leg", "<i4"),
        ("tick", "<i4"),  # the implied price
        ("lots", "<i4"),
        ("spare", "<i4"),
        ("books", "<i4", (LEGS_MAX,)),
        ("sides", "<i4", (LEGS_MAX,)),
        ("slots", "<i4", (LEGS_MAX,)),
        ("ticks", "<i4", (LEGS_MAX,)),
        ("owners_before", "<i4", (LEGS_MAX,)),  # a bit for each earlier place whose order excluded one here
    ]
)

# A look-back window over prints (BAND-005). The number of a slot is time // slot_ns.
WINDOW = record_type(
    [
        ("width_ticks", "<i8"),  # 0: off
        ("slot_ns", "<i8"),  # length of a slot; 0: the window measures from the settlement
        ("pause_ns", "<i8"),  # how long RESERVED lasts after a breach
        ("until_ns", "<i8"),  # until when `low` and `high` are valid; 0: they are not
        ("low", "<i4"),  # lowest and highest tick over all slots that count
        ("high", "<i4"),
        ("trial_low", "<i4"),  # the same with the prints of a dry run
        ("trial_high", "<i4"),
        ("trial", "<i8"),  # 1: a dry run has printed
        ("slots", "<i8", (WINDOW_SLOTS,)),  # number of the slot plus 1, 0: no print
        ("lows", "<i4", (WINDOW_SLOTS,)),
        ("highs", "<i4", (WINDOW_SLOTS,)),
    ]
)

LEFT_NS = Alias("reopen_ns", "in HALT: what is left until RESERVED ends, 0 if no timer ends it")

# Price guards of a book: one row a book, beside BOOK.
GUARD = record_type(
    [
        ("windows", WINDOW, (2,)),  # velocity, circuit breaker (BAND-010)
        ("reopen_ns", "<i8"),  # when its own RESERVED ends, 0 if no timer ends it
        ("closing_from_ns", "<i8"),  # ns of the UTC day where the closing window begins
        ("closing_to_ns", "<i8"),
        ("closing_pause_ns", "<i8"),  # longest RESERVED inside it
        ("collar_ticks", "<i8"),  # how far an uncross may be from the reference (AUC-014), 0: off
        ("extension_ns", "<i8"),  # how long an auction beyond it is extended
        ("extensions_max", "<i4"),
        ("extensions", "<i4"),  # of the current auction so far; only a book with a state of its own has some
        ("next_trial", "<i8"),  # next book in the list of those that a dry run has printed in
    ],
    {"left_ns": LEFT_NS},
)
