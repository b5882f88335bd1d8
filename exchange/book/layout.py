"""Row formats of the book's tables: ORDER, LINK, NODE, LEVEL, BOOK, ALLOCATION, WINDOW, GUARD, and for implied prices
IMPLIED_ROUTE, ROUTE_RANGE, IMPLIED_QUOTE, ROUTE.

Row 0 of every table means "none". Rows are `np.record`: kernels read fields as attributes, compiled or not. Indices are
signed (i4), because Numba turns an operation on an unsigned and a signed 64-bit integer into a float.
"""

from exchange.limits import LEAD_MAKERS_MAX, LEGS_MAX, SUMMARY_WORDS, WINDOW_SLOTS
from exchange.records import Alias, place_in, record_type

# An order takes two cache lines. Its links to neighbours are in LINK, a compact table that stays in the cache: a change
# of a neighbour then does not load the whole order. Fields that COMMAND and EVENT also have are at the same offsets, so
# that a few wide moves copy a row (`new_order._write_order`, `emit.copied_order_event`).
ORDER = record_type(
    [
        ("entry_number", "<i8"),  # orders get 1, 2, 3 ... as they are accepted: the "ascending id" of ORDER-014
        ("stamp", "<i8"),  # time priority inside a level: lower comes first (MATCH-003)
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
        ("order_id", "<i8"),  # generation << SLOT_BITS | slot; a free row keeps it, so that the next id differs
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
        ("value_tick_lots", "<i8"),  # sum of price * lots over its fills
        ("expiry_ns", "<i8"),
        ("tag", "<u8"),
    ],
    {
        "minimum_lots": Alias("shown_lots", "a waiting stop: least lots to execute when it is injected, 0: none"),
        "protection": Alias("trigger", "a quote: row of its protection group, 0: none"),
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

# One node of a heap (`heap.py`): an order that waits for a price or a time.
NODE = record_type(
    [
        ("key", "<i8"),  # the node with the smallest key comes first
        ("left", "<i4"),
        ("right", "<i4"),
        ("parent", "<i4"),  # 0: this node is the root
        ("rank", "<i4"),  # length of its right spine; 0: the node is in no heap
    ],
    # A quote never waits for a price, so the links of its book's list of quotes use its node.
    {
        "next_quote": Alias("left", "a quote: the next one in its book's list, 0: none"),
        "previous_quote": Alias("right", "a quote: the previous one in its book's list, 0: none"),
    },
)

LEVEL = record_type([("head", "<i4"), ("tail", "<i4"), ("shown_lots", "<i4"), ("hidden_lots", "<i4")])

# One leg of a combination: its book, and a sign: +1 if a buyer of the combination buys the leg, -1 if it sells it. An
# outright has itself as its only leg.
LEG = record_type([("book", "<i4"), ("sign", "<i4")])

# One instrument and its book. Every order reads the first three cache lines. `engine/prefetch.py` counts on which lines
# fields lie in, so a new one comes last.
BOOK = record_type(
    [
        # the ladder
        ("best", "<i4", (2,)),  # place of the best price of each side, 0 none
        ("first_level_row", "<i4"),  # first row of the buys in the level table; sells begin `side_rows` later
        ("side_rows", "<i4"),  # a multiple of 64
        ("edge_tick", "<i4", (2,)),  # tick of place 1 of each side: lowest of the buys, highest of the sells
        # prices and limits, ticks
        ("low_tick", "<i4"),  # daily limits (BAND-013)
        ("high_tick", "<i4"),
        ("fast_path_places", "<i4", (2,)),  # the fast path accepts places 1 to this one, by side
        ("mark_tick", "<i4"),  # the last mark, at which positions are valued (MARGIN-014)
        ("last_tick", "<i4"),
        ("features", "<i4"),  # BookFeature bits: what matching needs here beyond price and time
        ("order_lots_max", "<i4"),
        ("maker_fee", "<i4"),  # mills per GPU-hour
        ("taker_fee", "<i4"),
        ("market_state", "u1"),  # MarketState in force, see `market_state.effective_state`
        ("own_state", "u1"),  # MarketState, NONE to follow the group
        ("before_halt", "u1"),
        ("has_last", "u1"),
        ("has_indicative", "u1"),
        ("order_entry", "u1"),
        ("term", "u1"),  # 1: a term contract, T3 or T5 (LIMIT-004)
        ("leg_count", "u1"),
        # money
        ("hours", "<i8"),  # GPU-hours of one lot: mills per tick and lot
        ("fee_hours", "<i8"),  # hours that fees count; of a spread those of its longer leg (FEE-001)
        ("margin_hours", "<i8"),  # GPU-hours that margin counts for a bought lot, net over legs (MARGIN-001)
        ("commodity_bit", "<i8"),  # bit of its commodity, as in ACCOUNT's `changed_scans`
        ("margin_bound_mills", "<i8"),  # most that one more working lot adds to initial margin, loss and fee aside
        ("residual_mills", "<i8"),  # of a combination: most that a lot's legs lose beyond the loss at its own price
        ("working_lots", "<i8", (2,)),  # lots of working orders by side, in queues or not
        ("auction_fee", "<i4"),
        ("band_ticks", "<i4"),  # reject band (BAND-011), 0 off
        ("spot_weight", "<i4"),  # spot-month lots in a bought lot, signed (LIMIT-003)
        ("first_risk", "<i4"),  # RISK row of account 0 in its commodity
        ("group", "<i4"),
        ("combo", "u1"),
        ("matching", "u1"),
        ("plain", "u1"),  # 1: an outright without term lots and delivery add-on: its lots count in one position only
        ("waiting", "u1"),  # 1: orders here may wait for a state in which they can be cancelled (COD-004)
        # Which words of the occupancy bitmap are not 0, one bit a word; words of buys and sells alternate.
        ("summary", "<u8", (2 * SUMMARY_WORDS,)),
        ("legs", LEG, (LEGS_MAX,)),
        # the day so far
        ("open_tick", "<i4"),
        ("day_high", "<i4"),
        ("day_low", "<i4"),
        ("indicative_tick", "<i4"),
        ("volume_lots", "<i8"),
        ("volume_tick_lots", "<i8"),
        ("long_and_short_lots", "<i8"),  # lots held long plus lots held short: twice the open interest
        ("last_trade_id", "<i8"),  # last trade id of this book
        ("status_sequence", "<i8"),  # last number of its status channel
        ("min_inc", "<i4"),  # price increment, ticks
        ("lot_inc", "<i4"),  # lot increment
        # the instrument
        ("instrument_id", "<u4"),
        ("commodity", "<u2"),
        ("floor_bp", "<u2"),
        ("start_month", "<i4"),
        ("revision", "<i4"),
        ("life", "u1"),  # Life; only a book that is LISTED trades
        ("reason", "u1"),  # StateReason of the last change of its own state
        ("family", "u1"),
        ("period_kind", "u1"),
        ("quotes", "<i4"),  # number of quotes at work
        ("ltd_ns", "<i8"),
        ("symbol", "<u8", (4,)),
        ("protection_ticks", "<i4"),  # how far from the best price a market order may trade (ORDER-008)
        ("show_ratio", "<i4"),  # largest total lots of an iceberg per displayed lot (ICE-006), 0 off
        ("unelected", "<i4", (2,)),  # root of the heap of stops that wait for a price, by side
        ("injection_first", "<i4"),  # its injection queue: elected stops (`stops.py`)
        ("injection_last", "<i4"),
        ("first_parked", "<i4"),  # list of orders parked outside the daily limits (BAND-004)
        ("first_quote", "<i4"),  # list of its quotes, linked through NODE
        # what the next settlement price is made from (SETTLE-001 to SETTLE-003)
        ("window_lots", "<i8"),  # lots printed in the closing window since the last settlement
        ("window_tick_lots", "<i8"),  # sum of price * lots of these
        ("settle_tick", "<i4"),  # the last settlement
        ("quoted_tick", "<i4"),  # at the close: last price of the day, moved inside the quotes
        ("is_quoted", "u1"),  # 1: that has a trade of the day or a quote behind it
        ("settle_method", "u1"),  # SettleMethod of the last settlement
        ("settle_flagged", "u1"),  # 1: it contradicts the price of another tier (SETTLE-006)
        ("waits_for_value", "u1"),  # 1: an index month with a day that has no value, which may not open (INDEX-003)
        ("settled_day", "<i4"),  # trading day whose limits follow from it, days since 1970; 0: not known
        ("addon_mills", "<i8"),  # delivery add-on of a lot short, of a combination of all its legs (MARGIN-009)
    ]
)

# How a pro-rata book allocates a level (PRO-002 to PRO-005). Every book has one row, with its number.
ALLOCATION = record_type(
    [
        ("top_order", "<i8", (2,)),  # id of the order with TOP by side, 0 none; that order may have ended
        ("lead_account", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_percent", "<i4", (LEAD_MAKERS_MAX,)),
        ("lead_makers", "<i4"),  # number of lead market makers
        ("top", "<i4"),  # 1: the book has TOP priority
        ("top_lots_max", "<i4"),  # most lots that TOP gets first, 0: no limit
        ("split_percent", "<i4"),  # per cent allocated by time; the rest goes by size
        ("minimum_allocation", "<i4"),  # lots; a smaller share by size becomes 0
        ("spare", "<i4"),
    ]
)
# One implied route into a book, through a combination that has the book as a leg, or that is the book itself.
IMPLIED_ROUTE = record_type(
    [
        ("combination", "<i4"),
        ("own_leg", "<i4"),  # number of the book among the combination's legs, from 1; 0: the book is the combination
        ("expiry_rank", "<i4"),  # order by the other legs' nearest last trading day; equal days, equal ranks (IMP-009)
        ("spare", "<i4"),
    ]
)

# The implied prices of one book, by side. 0 lots: that side has none.
IMPLIED_QUOTE = record_type(
    [
        ("tick", "<i4", (2,)),
        ("lots", "<i4", (2,)),
        ("shown_tick", "<i4", (2,)),  # as last published; 0 lots if it would lock or cross (IMP-005)
        ("shown_lots", "<i4", (2,)),
        ("changed", "<i4"),  # a bit for each side whose best real level has changed, and CHANGED_STATE
        ("due", "<i4"),  # a bit for each side to compute again, and DUE_LOOK
    ]
)

# Where the implied routes into one book are in the IMPLIED_ROUTE table, nearest expiry first.
ROUTE_RANGE = record_type([("first", "<i4"), ("count", "<i4")])

# The real orders that one implied fill would trade: one for each leg, or the combination's and one for each other leg.
# The arrays have one entry for each of these orders.
ROUTE = record_type(
    [
        ("count", "<i4"),  # orders in the route; 0: no route
        ("combination", "<i4"),
        ("own_leg", "<i4"),
        ("tick", "<i4"),  # the implied price
        ("lots", "<i4"),
        ("spare", "<i4"),
        ("books", "<i4", (LEGS_MAX,)),
        ("sides", "<i4", (LEGS_MAX,)),
        ("slots", "<i4", (LEGS_MAX,)),
        ("ticks", "<i4", (LEGS_MAX,)),
        ("internal", "<i4", (LEGS_MAX,)),  # 1: trades in an internal leg, with the combination's order (SMP-010)
    ]
)

# A look-back window over prints (BAND-005). A slot here is a stretch of time, with the number time // slot_ns.
WINDOW = record_type(
    [
        ("width_ticks", "<i8"),  # 0: off
        ("slot_ns", "<i8"),  # length of a slot; 0: the window measures from the settlement price
        ("pause_ns", "<i8"),  # how long RESERVED lasts after a breach of the window
        ("until_ns", "<i8"),  # `low` and `high` are valid before this time; 0: they are not valid
        ("low", "<i4"),  # lowest and highest print of the slots in the window, ticks
        ("high", "<i4"),
        ("dry_low", "<i4"),  # the same, with the prints of the present dry run
        ("dry_high", "<i4"),
        ("dry_run", "<i8"),  # 1: in a dry run, `dry_low` and `dry_high` are in use
        ("slots", "<i8", (WINDOW_SLOTS,)),  # ring of slot numbers plus 1; 0: a slot without a print
        ("lows", "<i4", (WINDOW_SLOTS,)),
        ("highs", "<i4", (WINDOW_SLOTS,)),
    ]
)

LEFT_NS = Alias("reopen_ns", "in HALT: time left on the timer that ends RESERVED, ns; 0: no timer")

# Price guards. Every book has one row, with its number.
GUARD = record_type(
    [
        ("windows", WINDOW, (2,)),  # velocity, circuit breaker (BAND-010)
        ("reopen_ns", "<i8"),  # when the book's own RESERVED ends, 0 if no timer ends it
        ("closing_from_ns", "<i8"),  # begin of the closing window, ns since midnight UTC
        ("closing_to_ns", "<i8"),
        ("closing_pause_ns", "<i8"),  # longest RESERVED in the closing window
        ("collar_ticks", "<i8"),  # how far an uncross may be from its reference price (AUC-014), 0: off
        ("extension_ns", "<i8"),  # how long an extension of an auction lasts
        ("extensions_max", "<i4"),
        ("extensions", "<i4"),  # extensions of the present auction so far
        ("next_dry_run", "<i8"),  # next book in the list of books with prints of a dry run
    ],
    {"left_ns": LEFT_NS},
)
