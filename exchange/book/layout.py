"""Row formats of the book's tables: ORDER, LINK, NODE, LEVEL, BOOK, ALLOCATION, GUARD, and for implied prices MEMBER,
SOURCES, QUOTE, ROUTE.

Every table has a row 0 that means "none". Rows are `np.record`, so that kernels read fields as attributes compiled or
not. Indices are signed (i4): an unsigned and a signed 64-bit integer would meet as a float in Numba.
"""

from exchange.limits import LEAD_MAKERS_MAX, LEGS_MAX, SCAN_TIERS, SUMMARY_WORDS, WINDOW_SLOTS
from exchange.records import Alias, place_in, record_type

# Two cache lines. What neighbours change (queue and account links) is in LINK: a compact table stays in cache.
# Fields stand where COMMAND and EVENT have the same ones, so that rows are written with a few wide moves
# (`new_order._write_order`, `emit.emit_old_order`).
ORDER = record_type(
    [
        ("entry", "<i8"),  # order of acceptance: "ascending id" (ORDER-014)
        ("stamp", "<i8"),  # priority inside a level (MATCH-003)
        ("resting", "u1"),  # 1 while linked into a level
        ("smp_mode", "u1"),
        ("side", "u1"),
        ("post_only", "u1"),
        ("state", "u1"),  # OrderState; NONE marks a free row, PENDING a stop that was not injected
        ("flags", "u1"),  # CommandFlag of the NEW, and OrderFlag
        ("order_type", "u1"),
        ("tif", "u1"),
        ("account", "<i4"),
        ("session", "<u4"),
        ("book", "<i4"),
        ("price", "<i4"),  # ticks
        ("order_id", "<i8"),  # generation << SLOT_BITS | slot; kept in a free row so that the next id differs
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

# An order's neighbours are written two at once: a newer one below, an older one above.
NEWER, ACCOUNT_NEWER = place_in(LINK, "newer"), place_in(LINK, "account_newer")
NEXT_FREE = place_in(LINK, "next_free")
assert (place_in(LINK, "older"), place_in(LINK, "account_older")) == (NEWER + 4, ACCOUNT_NEWER + 4)

# A node of a heap: an order that waits for a price or a time (`book.heap`).
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

# One leg of a combination: its book, +1 bought or -1 sold with the combination. An outright is its own only leg.
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
        ("fast_path_places", "<i4", (2,)),  # places of each side that take the fast path, from 1 on
        ("mark_tick", "<i4"),  # the last settlement, from which gains and losses are counted
        ("last_tick", "<i4"),
        ("features", "<i4"),  # BookFeature bits: what matching here must ask beyond price and time
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
        ("margin_bound_mills", "<i8"),  # most that one more working lot adds to the hold, loss and fee apart
        ("residual_mills", "<i8"),  # combination: most that leg prices can lose beyond the price, a lot
        ("working", "<i8", (2,)),  # lots that work on each side, wherever they wait
        ("auction_fee", "<i4"),
        ("band_ticks", "<i4"),  # reject band (BAND-011), 0 off
        ("spot_weight", "<i4"),  # lots of the spot month in a bought lot (LIMIT-003)
        ("first_risk", "<i4"),  # RISK row of account 0 in the one scan tier, else in the commodity's first
        ("group", "<i4"),
        ("combo", "u1"),
        ("matching", "u1"),
        ("one_tier", "u1"),  # 1: an outright that has all its hours in one scan tier
        ("waiting", "u1"),  # 1: cancels of orders here may wait for a state that allows them (COD-004)
        # which words of the occupancy bitmap are not zero, sides in turn: the first words are among what orders touch
        ("summary", "<u8", (2 * SUMMARY_WORDS,)),
        ("legs", LEG, (LEGS_MAX,)),
        # the day so far
        ("open_tick", "<i4"),
        ("day_high", "<i4"),
        ("day_low", "<i4"),
        ("indicative_tick", "<i4"),
        ("volume_lots", "<i8"),
        ("volume_tick_lots", "<i8"),
        ("open_interest", "<i8"),
        ("last_trade_id", "<i8"),  # last numbers of the book's event channels: trades,
        ("status_sequence", "<i8"),  # and status
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
        ("unelected", "<i4", (2,)),  # heaps of stops that wait for a price, a side each
        ("elected_first", "<i4"),  # line of elected stops that a halt holds up; row 0: that wait for their injection
        ("elected_last", "<i4"),
        ("first_parked", "<i4"),  # list of orders outside the daily limits (BAND-004)
        ("first_quote", "<i4"),  # list of its quotes, through the nodes of the heap that they do not need
    ]
)

# How a pro-rata book shares a level out (PRO-002 to PRO-005): one row a book, beside BOOK.
ALLOCATION = record_type(
    [
        ("top_order", "<i8", (2,)),  # id of the order that holds TOP on each side, 0 none; it may have left
        ("lead_account", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_percent", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_makers", "<i4"),  # how many there are
        ("top", "<i4"),  # 1: TOP is given
        ("top_lots_max", "<i4"),  # 0: no ceiling
        ("split_percent", "<i4"),  # what goes in time order before the shares
        ("minimum_allocation", "<i4"),  # smaller shares become 0
        ("spare", "<i4"),
    ]
)
# One route to an implied price in a book: a combination on it, or the book's own combination.
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
        ("shown_tick", "<i4", (2,)),  # as last reported; one that locks or crosses is not shown (IMP-005)
        ("shown_lots", "<i4", (2,)),
        ("changed", "<i4"),  # sides whose best real level has changed, as bits, and CHANGED_STATE
        ("due", "<i4"),  # sides to work out again, as bits, and DUE_LOOK
    ]
)

# The routes into one book: rows of the member table, nearest expiry first.
SOURCES = record_type([("first", "<i4"), ("count", "<i4")])

# The real orders that one implied fill would trade: of a strip's months, or of the strip and all months but one.
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
        ("owners_before", "<i4", (LEGS_MAX,)),  # a bit for each source before whose order had the owner of one here
    ]
)

# A look-back window over prints (BAND-005). Numbers of slots are time // slot_ns.
WINDOW = record_type(
    [
        ("width_ticks", "<i8"),  # 0: off
        ("slot_ns", "<i8"),  # length of a slot; 0: the window stands at the settlement
        ("pause_ns", "<i8"),  # how long RESERVED lasts after a breach
        ("until_ns", "<i8"),  # end of the slot that `low` and `high` are right for; 0: they are not
        ("low", "<i4"),  # ticks, over all slots that count
        ("high", "<i4"),
        ("trial_low", "<i4"),  # while a dry run prints: the range with its prints
        ("trial_high", "<i4"),
        ("trial", "<i8"),  # 1: they stand for the range
        ("slots", "<i8", (WINDOW_SLOTS,)),  # number of the slot plus 1, 0: no print
        ("lows", "<i4", (WINDOW_SLOTS,)),
        ("highs", "<i4", (WINDOW_SLOTS,)),
    ]
)

LEFT_NS = Alias("reopen_ns", "in HALT: what is left until RESERVED ends, 0 if no timer ends it")

# What guards a book against prices that run away: one row a book, beside BOOK.
GUARD = record_type(
    [
        ("windows", WINDOW, (2,)),  # velocity, circuit breaker (BAND-010)
        ("reopen_ns", "<i8"),  # when its own RESERVED is due to end, 0 if no timer ends it
        ("closing_from_ns", "<i8"),  # ns of the UTC day where the closing window begins
        ("closing_to_ns", "<i8"),
        ("closing_pause_ns", "<i8"),  # longest RESERVED inside it
        ("collar_ticks", "<i8"),  # how far an uncross may be from the reference (AUC-014), 0: off
        ("extension_ns", "<i8"),  # how long an auction beyond it is extended
        ("extensions_max", "<i4"),
        ("extensions", "<i4"),  # of the running auction so far; only a book with a state of its own has some
        ("next_trial", "<i8"),  # the next book that a dry run has printed in; itself ends the list
    ],
    {"left_ns": LEFT_NS},
)
