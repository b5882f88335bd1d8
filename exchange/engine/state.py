"""The one record that is the exchange: STATE, made from limits.

Start-up, snapshot, fork and hash are operations on its bytes. Entry kernels take the one-element array and index it
once; inner kernels take the record.
"""

from functools import cache
from typing import Any

import numpy as np
from blake3 import blake3

from exchange.book.layout import (
    ALLOCATION,
    BOOK,
    GUARD,
    LEFT_NS,
    LEVEL,
    LINK,
    MEMBER,
    NODE,
    ORDER,
    QUOTE,
    ROUTE,
    SOURCES,
)
from exchange.clearing.layout import ACCOUNT, COMMODITY, POSITION, RISK
from exchange.limits import FIRST_INDEX, LEGS_MAX, MMP_FILLS, QUOTE_ENTRIES_MAX, SCAN_TIERS, Limits
from exchange.machine import CACHE_LINE
from exchange.records import EVENT, Alias, record_type
from exchange.seams import zero_pages

STATE_VERSION = 21
PREFETCH_COMMANDS = 16  # commands; a power of two
SCRATCH_MIN = 1 << 14  # a dry run notes seven words for each order that it takes by an implied price

GROUP = record_type(
    [
        ("state", "u1"),
        ("before_halt", "u1"),
        ("reason", "u1"),
        ("listed", "u1"),
        ("waiting", "<i4"),  # orders whose cancel waits for a state that allows it (COD-004), at most so many
        ("lead_book", "<i4"),  # the lead month, 0 none: its breach reserves the whole group (BAND-008)
        ("settled_day", "<i4"),  # trading day of its last published settlement, days since 1970, 0 none (SEC-061)
        ("reopen_ns", "<i8"),  # when RESERVED is due to end, 0 if no timer ends it
    ],
    {"left_ns": LEFT_NS},
)

SESSION = record_type(
    [
        ("last_request_id", "<i8"),  # SESS-007
        ("opened_ns", "<i8"),
        ("number", "<u4"),  # the session whose row this is, 0 none so far, see `engine.sessions`
        ("account", "<i4"),
        ("killed_by", "u1"),  # a bit for each KillParty that stopped it (KILL-001)
        ("spare", "u1", (7,)),
    ]
)

# A market-maker protection group of an account (MMP-001); its counts are of the fills in its window.
PROTECTION = record_type(
    [
        ("account", "<i4"),
        ("group", "<i4"),  # product group whose quotes it takes, 0 any
        ("number", "<u4"),  # the account's own for it
        ("tripped", "<i4"),  # Threshold that tripped it, 0 armed
        ("window_ns", "<i8"),
        ("lots_max", "<i8"),  # thresholds, 0 none
        ("fills_max", "<i8"),
        ("delta_max", "<i8"),
        ("hours_max", "<i8"),
        ("lots", "<i8"),
        ("fills", "<i8"),
        ("delta", "<i8"),  # bought less sold
        ("hours", "<i8"),
        ("first", "<i4"),  # place of the oldest fill in its ring
        ("quotes", "<i4"),  # that work
        ("next_group", "<i4"),  # of the same account
        ("next_pull", "<i4"),  # group whose quotes are pulled after its own
        ("tried_lots", "<i8"),  # what a dry run adds; zero between commands
        ("tried_fills", "<i8"),
        ("tried_delta", "<i8"),
        ("tried_hours", "<i8"),
        ("tried", "<i4"),  # COUNTED or PULLED by a dry run, else 0
        ("next_tried", "<i4"),  # group that the dry run met before
    ],
    {"first_tried": Alias("next_tried", "row 0: the group that a dry run met last, first of the list")},
)

# One maker fill of a quote; a group's ring begins at its row * MMP_FILLS.
PROTECTION_FILL = record_type([("time_ns", "<i8"), ("hours", "<i8"), ("lots", "<i4"), ("spare", "<i4")])

# Where a command that did not fit into the event buffer goes on. All zero between commands.
CURSOR = record_type(
    [
        ("step", "<i4"),  # a step of engine.apply, 0 idle
        ("slot", "<i4"),  # the order that matches
        ("book", "<i4"),  # the book that uncrosses
        ("account", "<i4"),  # the account of the command
        ("index", "<i4"),  # orders that leave: the next one's place in the scratch table,
        ("stop", "<i4"),  # and the end of them there
        ("count", "<i4"),  # orders taken out so far
        ("touched_first", "<i4"),  # positions that wait for their POSITION_CHANGED
        ("touched_last", "<i4"),
        ("market_state", "<i4"),  # the state that an uncross or expiry ends in
        ("uncross_tick", "<i4"),
        ("state_reason", "<i4"),  # StateReason of the change of state
        ("uncross_lots", "<i8"),  # volume that is left of the uncross
        ("spare_word", "<i8"),
        ("side", "<i4"),
        ("flags", "<i4"),  # CommandFlag
        ("instrument", "<i4"),
        ("group", "<u4"),  # product group
        ("session", "<u4"),  # that sent the command
        ("scope", "<i4"),  # of a kill
        ("tag", "<u8"),
        ("request_id", "<i8"),
        ("minimum_lots", "<i4"),  # of the NEW that matches
        ("halt_reason", "<i4"),  # StateReason of a breach, see engine.matching.velocity
        ("breached_book", "<i4"),  # the book whose window it breached
        ("halt_step", "<i4"),
        ("pass_step", "<i4"),  # of a pro-rata pass over a level, see engine.matching.level_pass
        ("pass_slot", "<i4"),  # the order of the level whose turn is next
        ("detour", "<i4"),  # LEAVING, PULLING: orders leave before the running step goes on
        ("leaving", "<i4"),  # CancelReason of those that leave, 0 each its own
        ("stage", "<i4"),  # of the uncross of `book`: JOINING, TRADING, 0 done
        ("protection", "<i4"),
        ("pull_first", "<i4"),  # protection groups that have tripped and whose quotes are pulled
        ("pull_last", "<i4"),
        ("pull_slot", "<i4"),  # where the search for the next quote goes on
        ("pull_emitted", "<i4"),  # 1: PROTECTION_TRIPPED of the first one is out
        # a run of quotes: its entries so far, and the entry that is being worked
        ("run", "<i8"),  # sequence of its first row, which all its events carry; 0 none
        ("last_sequence", "<i8"),
        ("more", "<i4"),  # another entry follows
        ("entries", "<i4"),
        ("place", "<i4"),
        ("spare", "<i4"),
        ("quote_id", "<i8", (2,)),
        ("quote_tick", "<i8", (2,)),
        ("quote_lots", "<i4", (2,)),
        ("quote_state", "<i4", (2,)),  # QuoteState
        ("named", "<u4", (QUOTE_ENTRIES_MAX,)),  # instruments of the entries so far
    ],
    {
        "next_slot": Alias("slot", "CANCEL_ALL: the next order of the account to look at, 0 none"),
        "due_root": Alias("slot", "CLOCK: root of the heap of orders whose time has come, 0 none"),
        "elected_root": Alias("slot", "an uncross: root of the heap of stops that its price elects, 0 none"),
        "aggressor_book": Alias("book", "a breach: the book of the aggressor, which may be reserved"),
        "last_account": Alias("account", "KILL, UNKILL, a dead-man timer: the account that was done last, 0 none"),
        "accounts_done": Alias("count", "KILL, UNKILL: how many accounts or sessions had their turn"),
        "level_tick": Alias("uncross_tick", "a pro-rata pass: price of the level"),
        "kill_party": Alias("side", "KILL, UNKILL: KillParty"),
        "killed_session": Alias("group", "KILL, UNKILL: number of the session, for Scope SESSION"),
        "killed_firm": Alias("group", "KILL, UNKILL: number of the firm, for Scope FIRM"),
    },
)


# What `engine.prefetch` found out about a command that comes.
AHEAD = record_type(
    [
        ("word", "<u8"),  # its `order_hash`
        ("slot", "<i4"),  # of the first entry with this hash: nearly always the order that is meant; 0 none
        ("position_word", "<u4"),  # of a NEW: `position_hash` of its account and book, if rows are asked for by it
        ("position", "<i4"),  # of a NEW: most likely its account's position in its book, row, 0 none, POSITION_UNKNOWN
        ("meets", "<i4"),  # 1: a NEW that may meet a resting order, as far as that is asked
        ("spare", "<i8"),
    ]
)
# Bits of the cursor's detour: orders that leave together, and quotes that a protection group pulls.
LEAVING = 1
PULLING = 2
POSITION_UNKNOWN = np.int64(-1)  # where rows lie close together


def in_cache_lines(fields: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """The same fields, with padding before each table, so that tables begin with a cache line and rows of 64 or 128
    bytes lie in whole ones."""
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


# What there is one of.
COUNTERS = [
    ("version", "<i8"),
    ("sequence", "<i8"),  # last command applied
    ("time_ns", "<i8"),  # its time
    ("entry", "<i8"),  # last order accepted
    ("stamp", "<i8"),  # last priority given
    ("trade_id", "<i8"),
    ("fees_mills", "<i8"),  # the house's
    ("deposits_mills", "<i8"),
    ("withdrawals_mills", "<i8"),
    ("index_size", "<i8"),  # entries of the present table of client order ids
    ("index_old_size", "<i8"),  # of the one before while its entries move, else 0
    ("index_moved", "<i8"),  # entries of it looked at so far
    ("index_entries", "<i8"),  # orders in the index
    ("listed_sequence", "<i8"),  # last number of the instruments channel
    ("next_timer_ns", "<i8"),  # no dead-man timer fires before, 0 none is armed
    ("used_orders", "<i4"),  # highest slot ever used
    ("free_order", "<i4"),  # last slot given back
    ("used_positions", "<i4"),
    ("used_ladder_rows", "<i4"),
    ("books_listed", "<i4"),
    ("month", "<i4"),  # current month, since 2020-01: splits scan tiers (MARGIN-002)
    ("next_expiry", "<i4"),  # heap of GTD orders, earliest first
    ("used_protections", "<i4"),
]


@cache
def state_dtype(limits: Limits) -> np.dtype:
    """STATE for these capacities; every table has one row more, for "none"."""
    return record_type(in_cache_lines([*COUNTERS, *_tables(limits)]))


def _tables(limits: Limits) -> list[tuple[Any, ...]]:
    return [
        ("cursor", CURSOR),
        ("route", ROUTE),  # what an implied fill would trade; all zero between two searches
        ("groups", GROUP, (limits.groups + 1,)),
        ("commodities", COMMODITY, (limits.commodities + 1,)),
        ("books", BOOK, (limits.books + 1,)),
        ("allocation", ALLOCATION, (limits.books + 1,)),
        ("guards", GUARD, (limits.books + 1,)),
        ("sources", SOURCES, (limits.books + 1,)),
        ("members", MEMBER, (limits.members,)),
        ("implied", QUOTE, (limits.books + 1,)),
        ("marked_books", "<u8", (2 * limits.book_words,)),  # bitmaps of books: CHANGED, then DUE
        ("marked_words", "<u8", (2,)),  # which words of each are not zero
        ("accounts", ACCOUNT, (limits.accounts + 1,)),
        ("sessions", SESSION, (limits.sessions + 1,)),
        ("protections", PROTECTION, (limits.protections + 1,)),
        ("protection_fills", PROTECTION_FILL, ((limits.protections + 1) * MMP_FILLS,)),
        ("positions", POSITION, (limits.positions + 1 + LEGS_MAX,)),  # the last ones only to try a quote on
        ("position_index", "<u8", (limits.position_index,)),
        ("risks", RISK, ((limits.accounts + 1) * limits.commodities * SCAN_TIERS,)),
        ("orders", ORDER, (limits.orders + 1,)),
        ("links", LINK, (limits.orders + 1,)),
        ("heap", NODE, (2 * (limits.orders + 1),)),
        ("order_index", "<u8", (limits.order_index,)),
        ("scratch", "<i4", (max(limits.orders + 1 + (limits.orders + 1) % 2, SCRATCH_MIN),)),
        ("shares", "<i4", (limits.orders + 1 + (limits.orders + 1) % 2,)),  # of a pro-rata pass, by slot
        ("levels", LEVEL, (limits.ladder_rows,)),
        ("occupied", "<u8", (limits.ladder_rows // 64,)),
    ]


@cache
def outbox_dtype(limits: Limits) -> np.dtype:
    """Event buffer of one kernel call. `capacity` may be set below its length: results do not depend on it."""
    return record_type(
        in_cache_lines(
            [
                ("count", "<i8"),
                ("capacity", "<i8"),
                ("scatter", "<i8"),  # how far apart the rows lie that commands touch (`engine.prefetch`)
                ("ahead", AHEAD, (PREFETCH_COMMANDS,)),  # of the next commands
                ("rows", EVENT, (limits.event_rows,)),
            ]
        )
    )


def new_state(limits: Limits) -> np.ndarray:
    """An empty exchange, shape (1,). Untouched pages cost no memory."""
    states = np.frombuffer(zero_pages(state_dtype(limits).itemsize), state_dtype(limits))
    states["version"] = STATE_VERSION
    states["index_size"] = FIRST_INDEX
    return states


def new_outbox(limits: Limits) -> np.ndarray:
    """An empty event buffer, shape (1,)."""
    outs = np.frombuffer(zero_pages(outbox_dtype(limits).itemsize), outbox_dtype(limits))
    outs["capacity"] = limits.event_rows
    return outs


def state_hash(states: np.ndarray) -> bytes:
    """BLAKE3 of the record's bytes: equal histories give equal hashes (DUR-063)."""
    return blake3(states.view(np.uint8).data, max_threads=2).digest()
