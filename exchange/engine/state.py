"""STATE: the one record that holds everything the exchange knows. Its tables have the sizes of a `Limits`.

Start-up, snapshot, fork and hash are operations on its bytes. Kernels that Python calls take an array with one record,
`states`; kernels that kernels call take the record, `state`.
"""

from functools import cache
from typing import Any

import numpy as np

from exchange.book.layout import (
    ALLOCATION,
    BOOK,
    GUARD,
    IMPLIED_QUOTE,
    IMPLIED_ROUTE,
    LEFT_NS,
    LEVEL,
    LINK,
    NODE,
    ORDER,
    ROUTE,
    ROUTE_RANGE,
)
from exchange.clearing.index_layout import INDEX, RENTAL
from exchange.clearing.layout import ACCOUNT, BOOK_MONTHS, COMMODITY, MARGIN_TERMS, POSITION, RISK
from exchange.clearing_codes import HouseAccount
from exchange.limits import FIRST_INDEX, LEGS_MAX, MMP_FILLS, QUOTE_ENTRIES_MAX, Limits
from exchange.machine import CACHE_LINE
from exchange.records import EVENT, Alias, record_type
from exchange.seams import zero_pages

STATE_VERSION = 29
PREFETCH_COMMANDS = 16  # how many commands ahead `engine.prefetch` looks; a power of two

GROUP = record_type(
    [
        ("state", "u1"),
        ("before_halt", "u1"),
        ("reason", "u1"),
        ("listed", "u1"),
        ("waiting", "<i4"),  # upper bound of the orders whose cancel waits for another market state (COD-004)
        ("lead_book", "<i4"),  # book of the lead month, whose breach reserves the whole group (BAND-008), 0 none
        ("settled_day", "<i4"),  # trading day of its last settlement, days since 1970, 0 none (SEC-061)
        ("catalogue_day", "<i4"),  # trading day whose whole catalogue is listed; 0: only chosen instruments are
        ("spare", "<i4"),
        ("reopen_ns", "<i8"),  # when RESERVED ends, 0 if no timer ends it
    ],
    {"left_ns": LEFT_NS},
)

SESSION = record_type(
    [
        ("last_request_id", "<i8"),  # highest so far (SESS-007)
        ("opened_ns", "<i8"),
        ("number", "<u4"),  # number of the session that the row belongs to, 0 none; see `engine.sessions`
        ("account", "<i4"),
        ("killed_by", "u1"),  # a bit for each KillParty that has killed it (KILL-001)
        ("spare", "u1", (7,)),
    ]
)

# A market-maker protection group of an account (MMP-001). Its counts are of the fills inside its window.
PROTECTION = record_type(
    [
        ("account", "<i4"),
        ("group", "<i4"),  # product group that it covers, 0: all
        ("number", "<u4"),  # the account's number for it
        ("tripped", "<i4"),  # Threshold that tripped it, 0: it is armed
        ("window_ns", "<i8"),
        ("lots_max", "<i8"),  # thresholds of the counts below, 0 none
        ("fills_max", "<i8"),
        ("delta_max", "<i8"),
        ("hours_max", "<i8"),
        ("lots", "<i8"),
        ("fills", "<i8"),
        ("delta", "<i8"),  # lots bought less lots sold
        ("hours", "<i8"),
        ("first", "<i4"),  # place of the oldest fill in the group's ring
        ("quotes", "<i4"),  # number of its quotes at work
        ("next_group", "<i4"),  # next protection group of the account
        ("next_pull", "<i4"),  # next in the queue of groups whose quotes are to be cancelled
        ("dry_lots", "<i8"),  # counts that a dry run adds; zero between commands
        ("dry_fills", "<i8"),
        ("dry_delta", "<i8"),
        ("dry_hours", "<i8"),
        ("dry_run_mark", "<i4"),  # COUNTED or PULLED during a dry run, else 0
        ("next_dry_run", "<i4"),  # next in the list of groups that the dry run has counted in
    ],
    {"first_dry_run": Alias("next_dry_run", "row 0: first of the list of groups that the dry run has counted in")},
)

# One fill of a resting quote. The ring of a group begins at entry MMP_FILLS * its row.
PROTECTION_FILL = record_type([("time_ns", "<i8"), ("hours", "<i8"), ("lots", "<i4"), ("spare", "<i4")])

# Days for which settlements of an instrument were published, days since 1970. Those of ended instruments stay until
# others need the row.
SETTLED_DAYS = record_type(
    [
        ("instrument_id", "<i8"),
        ("first_day", "<i4"),
        ("last_day", "<i4"),
        ("newest_tick", "<i4"),  # settlement of the last day
        ("previous_tick", "<i4"),  # that of the day settled before it, 0: there is none
    ]
)

# Where the running command goes on when the event buffer was full. All zero between commands.
CURSOR = record_type(
    [
        ("step", "<i4"),  # a step of `engine.apply`, 0: no command is running
        ("slot", "<i4"),  # the aggressor
        ("book", "<i4"),  # the book that uncrosses
        ("account", "<i4"),  # the account of the command
        ("index", "<i4"),  # cancel queue, in the scratch table: place of the next order
        ("stop", "<i4"),  # end of the cancel queue
        ("count", "<i4"),  # orders cancelled so far
        ("report_first", "<i4"),  # queue of positions that still need a POSITION_CHANGED
        ("report_last", "<i4"),
        ("market_state", "<i4"),  # MarketState that a SET_STATE leads to
        ("uncross_tick", "<i4"),
        ("state_reason", "<i4"),  # StateReason of the SET_STATE
        ("uncross_lots", "<i8"),  # lots that the uncross has still to trade
        ("spare_word", "<i8"),
        ("side", "<i4"),
        ("flags", "<i4"),  # CommandFlag
        ("instrument", "<i4"),
        ("group", "<u4"),  # product group
        ("session", "<u4"),  # session that sent the command
        ("scope", "<i4"),  # Scope of a kill
        ("tag", "<u8"),
        ("request_id", "<i8"),
        ("minimum_lots", "<i4"),  # minimum quantity of the aggressor
        ("halt_reason", "<i4"),  # StateReason of a breach (`matching.velocity`)
        ("breached_book", "<i4"),  # the book whose window was breached
        ("halt_step", "<i4"),
        ("pass_step", "<i4"),  # step of a pro-rata pass (`matching.level_pass`)
        ("pass_slot", "<i4"),  # next order of the pass
        ("pending_cancels", "<i4"),  # QUEUED_CANCELS, QUOTE_PULLS: cancels that come before the running step goes on
        ("queued_cancel_reason", "<i4"),  # CancelReason for the cancel queue, 0: each order's flags say which
        ("stage", "<i4"),  # stage of the uncross of `book`: JOINING, TRADING, 0 done
        ("protection", "<i4"),
        ("pull_first", "<i4"),  # queue of tripped protection groups whose quotes are to be cancelled
        ("pull_last", "<i4"),
        ("pull_slot", "<i4"),  # order from which the search for the next quote goes on
        ("pull_emitted", "<i4"),  # 1: PROTECTION_TRIPPED of the first group has been emitted
        # a mass quote: the run, and its present entry
        ("run", "<i8"),  # sequence of its first row, which all its events carry; 0: no run
        ("last_sequence", "<i8"),
        ("more", "<i4"),  # 1: another entry follows
        ("entries", "<i4"),
        ("entry_place", "<i4"),  # place of the present entry in the mass quote, from 0
        ("spare", "<i4"),
        ("quote_id", "<i8", (2,)),
        ("quote_tick", "<i8", (2,)),
        ("quote_lots", "<i4", (2,)),
        ("quote_state", "<i4", (2,)),  # QuoteState
        ("quoted_instruments", "<u4", (QUOTE_ENTRIES_MAX,)),  # instruments of the entries so far (QUOTE-006)
    ],
    {
        "next_slot": Alias("slot", "CANCEL_ALL: slot of the account's next order to look at, 0: none"),
        "due_root": Alias("slot", "CLOCK: root of the heap of expired orders, 0: none"),
        "elected_root": Alias("slot", "an uncross: root of the heap of stops that its price elects, 0: none"),
        "aggressor_book": Alias("book", "a breach: the aggressor's book, which may become RESERVED"),
        "last_account": Alias("account", "KILL, UNKILL, a dead-man timer: last account that was handled, 0: none"),
        "accounts_done": Alias("count", "KILL, UNKILL: number of accounts or sessions handled so far"),
        "level_tick": Alias("uncross_tick", "a pro-rata pass: price of the level, ticks"),
        "kill_party": Alias("side", "KILL, UNKILL: KillParty"),
        "killed_session": Alias("group", "KILL, UNKILL: number of the session, for Scope SESSION"),
        "killed_firm": Alias("group", "KILL, UNKILL: number of the firm, for Scope FIRM"),
    },
)


# What `engine.prefetch` has found out about one of the next commands.
PREFETCH_NOTE = record_type(
    [
        ("key_hash", "<u8"),  # the command's `order_hash`
        ("slot", "<i4"),  # order of the first entry with this hash, 0 none: nearly always the order that is meant
        ("position_hash", "<u4"),  # of a NEW: `position_hash` of its account and book
        ("position", "<i4"),  # of a NEW: likely POSITION row of its account, 0 none, or POSITION_UNKNOWN
        ("crosses", "<i4"),  # 1: a NEW that crosses the best opposite price; 0 unless the extent is PREFETCH_ALL
        ("spare", "<i8"),
    ]
)
# Bits of the cursor's `pending_cancels`.
QUEUED_CANCELS = 1  # the orders of the cancel queue are to be cancelled
QUOTE_PULLS = 2  # the quotes of a tripped protection group are to be cancelled
POSITION_UNKNOWN = np.int64(-1)  # `prefetch` has not looked for the position


def in_cache_lines(fields: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Add padding before each table, so that it begins at a cache line and rows of 64 or 128 bytes do not cross one."""
    placed: list[tuple[Any, ...]] = []
    offset = 0
    for field in fields:
        if len(field) == 3 and offset % CACHE_LINE:
            padding = CACHE_LINE - offset % CACHE_LINE
            placed.append((f"padding_{field[0]}", "u1", (padding,)))
            offset += padding
        placed.append(field)
        offset += np.dtype([field]).itemsize
    return [*placed, ("padding_end", "u1", (-offset % CACHE_LINE,))] if offset % CACHE_LINE else placed


# Single values of the state.
COUNTERS = [
    ("version", "<i8"),
    ("sequence", "<i8"),  # of the last command applied
    ("time_ns", "<i8"),  # of the last command applied
    ("entry_number", "<i8"),  # number of orders accepted so far
    ("stamp", "<i8"),  # last priority stamp given to an order
    ("trade_id", "<i8"),
    ("index_size", "<i8"),  # entries of the present table of client order ids
    ("index_old_size", "<i8"),  # entries of the table before while they move to the present one, else 0
    ("index_moved", "<i8"),  # entries of that table looked at so far
    ("index_entries", "<i8"),  # orders in the index
    ("listed_sequence", "<i8"),  # last number of the channel of instruments
    ("last_combination", "<i8"),  # highest id of a combination so far; ids are never used again (SPEC-043)
    ("window_from_ns", "<i8"),  # the closing window: prints from here to before `window_to_ns` count in it (SETTLE-001)
    ("window_to_ns", "<i8"),
    ("busts", "<i8"),  # number of trades taken back so far
    ("next_timer_ns", "<i8"),  # no dead-man timer fires before this; 0: none is armed
    ("used_orders", "<i4"),  # highest order slot ever used
    ("free_order", "<i4"),  # first of the list of free order slots
    ("used_positions", "<i4"),
    ("used_ladder_rows", "<i4"),
    ("books_listed", "<i4"),
    ("next_expiry", "<i4"),  # root of the heap of GTD orders by expiry
    ("used_protections", "<i4"),
    ("variation_day", "<i4"),  # trading day whose noon run has been made last, days since 1970
]


@cache
def state_dtype(limits: Limits) -> np.dtype:
    """Row type of STATE for these limits. Every table has one row more, row 0, which means "none"."""
    return record_type(in_cache_lines([*COUNTERS, *_tables(limits)]))


def _tables(limits: Limits) -> list[tuple[Any, ...]]:
    return [
        ("house_mills", "<i8", (len(HouseAccount),)),  # balances of the house's accounts (INV-018)
        ("cursor", CURSOR),
        ("route", ROUTE),  # orders that an implied fill would trade; all zero between two searches
        ("groups", GROUP, (limits.groups + 1,)),
        ("commodities", COMMODITY, (limits.commodities + 1,)),
        ("margin_terms", MARGIN_TERMS),
        ("books", BOOK, (limits.books + 1,)),
        ("book_months", BOOK_MONTHS, (limits.books + 1,)),
        ("allocation", ALLOCATION, (limits.books + 1,)),
        ("guards", GUARD, (limits.books + 1,)),
        ("route_ranges", ROUTE_RANGE, (limits.books + 1,)),
        ("implied_routes", IMPLIED_ROUTE, (limits.implied_routes,)),
        ("implied", IMPLIED_QUOTE, (limits.books + 1,)),
        ("marked_books", "<u8", (2 * limits.book_words,)),  # two bitmaps of books: IMPLIED_CHANGED, then IMPLIED_DUE
        ("marked_words", "<u8", (2,)),  # for each bitmap, which of its words are not zero
        ("accounts", ACCOUNT, (limits.accounts + 1,)),
        ("sessions", SESSION, (limits.sessions + 1,)),
        ("protections", PROTECTION, (limits.protections + 1,)),
        ("protection_fills", PROTECTION_FILL, ((limits.protections + 1) * MMP_FILLS,)),
        ("positions", POSITION, (limits.positions + 1 + LEGS_MAX,)),  # the last ones are only for checks of quotes
        ("position_index", "<u8", (limits.position_index,)),
        ("risks", RISK, ((limits.accounts + 1) * limits.commodities,)),
        ("orders", ORDER, (limits.orders + 1,)),
        ("links", LINK, (limits.orders + 1,)),
        ("heap", NODE, (2 * (limits.orders + 1),)),
        ("order_index", "<u8", (limits.order_index,)),
        ("scratch", "<i4", (limits.scratch_words,)),
        ("shares", "<i4", (limits.orders + 1 + (limits.orders + 1) % 2,)),  # pro-rata shares, lots by slot
        ("levels", LEVEL, (limits.ladder_rows,)),
        ("occupied", "<u8", (limits.ladder_rows // 64,)),
        ("indices", INDEX, (limits.indices + 1,)),
        ("rentals", RENTAL, (limits.rentals,)),
        ("busted_trades", "<i8", (limits.busts,)),  # ids of the trades taken back last: a ring of `busts`
        ("settled_days", SETTLED_DAYS, (2 * (limits.books + 1),)),
        ("settled_margin_mills", "<i8", (limits.accounts + 1,)),  # margin held after the last settlement (SETTLE-013)
    ]


@cache
def outbox_dtype(limits: Limits) -> np.dtype:
    """Row type of the event buffer. Its `capacity` may be set below the number of rows; results do not depend on it."""
    return record_type(
        in_cache_lines(
            [
                ("count", "<i8"),
                ("capacity", "<i8"),
                ("prefetch_extent", "<i8"),  # what `engine.prefetch` fetches for this batch, PREFETCH_ORDERS for one
                ("notes", PREFETCH_NOTE, (PREFETCH_COMMANDS,)),  # ring, one row for each of the next commands
                ("rows", EVENT, (limits.event_rows,)),
            ]
        )
    )


def new_state(limits: Limits, count: int = 1) -> np.ndarray:
    """Empty STATEs, shape (count,). Pages that are not touched take no memory."""
    states = np.frombuffer(zero_pages(count * state_dtype(limits).itemsize), state_dtype(limits))
    states["version"] = STATE_VERSION
    states["index_size"] = FIRST_INDEX
    return states


def new_outbox(limits: Limits, count: int = 1) -> np.ndarray:
    """Empty event buffers, shape (count,)."""
    outs = np.frombuffer(zero_pages(count * outbox_dtype(limits).itemsize), outbox_dtype(limits))
    outs["capacity"] = limits.event_rows
    return outs
