"""Capacities of a state record: the limits of its tables, and named sizes.

The limits are part of the record's type, and kernels are compiled for each type. So use a named size if one fits.
"""

from dataclasses import dataclass

from exchange.errors import UserError

QUOTE_ENTRIES_MAX = 32  # entries of one mass quote (QUOTE-001)
MMP_FILLS = 256  # fills that a protection group keeps (MMP-001)
KEPT_HOURS = 24  # how long events are kept for resume and replay (DUR-154)

# The most rows that one step of the compiled loop emits before it checks again for free rows in the event buffer.
STEP_EVENTS = 48  # the largest step, an implied fill of a strip, emits 13 fills, 12 legs, 13 new slices of icebergs
SLOT_BITS = 24  # of an order id
GENERATION_BITS = 29  # of an order id, which has to stay below 2**53 (WIRE-012)
ENTRIES_PER_ORDER = 3  # least entries of a table of client order ids for each order in it
FIRST_INDEX = 64  # entries of the first, smallest table of client order ids
LEGS_MAX = 12  # legs of a combination: the months of a strip of a year
WINDOW_SLOTS = 60  # time slots of a look-back window (BAND-005)
LEAD_MAKERS_MAX = 16  # lead market makers of one book (PRO-003)
SUMMARY_WORDS = 32  # words of the bitmap summary of one side of a ladder, for 32 * 64 * 64 ticks
LADDER_TICKS_MAX = SUMMARY_WORDS * 64 * 64 - 64
SCRATCH_MIN = 1 << 14  # least words of the scratch table, if there are not few orders
SCRATCH_WORDS = 16  # most words of it for each order: a dry run needs seven for each change of one


@dataclass(frozen=True)
class Limits:
    """Number of rows of each table of a state record, not counting row 0, which means "none"."""

    name: str
    orders: int
    ladder_rows: int  # price levels of all books, both sides; a multiple of 64
    books: int
    accounts: int
    positions: int
    groups: int  # product groups, one a chip
    commodities: int  # combined commodities, a physical one and an index one a chip
    sessions: int  # sessions that can be resumed; one less than a power of two
    protections: int  # market-maker protection groups of all accounts
    event_rows: int  # rows of the event buffer
    indices: int = 16  # daily indices, one a chip and quality tier
    rentals: int = 4_096  # rentals of days whose index value is not taken yet, those of one seller and day together
    busts: int = 1_024  # busted trades that the state remembers; older trades are no longer in the event history

    def __post_init__(self) -> None:
        assert self.orders < 1 << SLOT_BITS, "an order id carries its slot"
        assert SLOT_BITS + GENERATION_BITS <= 53, "an order id is exact in a JavaScript number"
        assert self.ladder_rows % 64 == 0 and self.ladder_rows < 1 << 31
        assert self.event_rows >= STEP_EVENTS
        assert self.book_words <= 64, "one word says which words of a bitmap of books are not zero"
        assert self.commodities < 64, "an account has a bit for each commodity"
        assert (self.accounts + 1) * self.commodities < 1 << 31, "a book names its RISK rows in four bytes"
        assert self.positions < 1 << 31
        assert (self.sessions + 1).bit_count() == 1, "low bits of its number say where a session's row lies"

    @property
    def order_index(self) -> int:
        """Entries of all tables of client order ids together (`book/index.py`). The largest is at most a third full."""
        return 2 * max(FIRST_INDEX, 1 << (ENTRIES_PER_ORDER * self.orders - 1).bit_length())

    @property
    def scratch_words(self) -> int:
        """Words of the scratch table: one for each order, which a mass cancel may queue, and more for dry runs."""
        rows = self.orders + 1
        return max(rows + rows % 2, min(SCRATCH_MIN, SCRATCH_WORDS * rows))

    @property
    def book_words(self) -> int:
        """64-bit words of a bitmap of all books."""
        return self.books // 64 + 1

    @property
    def implied_routes(self) -> int:
        """Rows of the IMPLIED_ROUTE table. A combination with implied prices takes one, and one more for each leg."""
        return 4 * self.books

    @property
    def position_index(self) -> int:
        """Entries of the hash table of positions: a power of two, at most half full."""
        return 1 << (2 * self.positions - 1).bit_length()


# Some dozens of books with a thousand orders, and tests.
MEDIUM = Limits("medium", 1_024, 65_536, 64, 64, 1_024, 8, 16, 63, 15, 256)
# The launch catalogue has about 1,100 instruments and 4 M price levels. A limit day doubles the daily limits and moves
# the settlement price that they are a share of: four in a row lead to 23 M levels. Only levels that hold orders, or
# that a settlement has moved, take memory.
VENUE = Limits("venue", 1_048_575, 25_165_824, 4_095, 16_383, 262_143, 127, 31, 65_535, 2_047, 2_048)
# For tapes of one instrument and experiments: a book of up to 131,008 ticks.
TAPE = Limits("tape", 2_097_151, 524_288, 7, 1_023, 8_191, 7, 15, 63, 7, 2_048)
# One book or a few, for thousands of markets side by side (GPU-005): 65,536 of them take 17 GB, event buffers included.
SMALL = Limits(
    "small", orders=511, ladder_rows=2_048, books=3, accounts=31, positions=63, groups=1, commodities=1, sessions=15,
    protections=1, event_rows=128, indices=1, rentals=1, busts=1,
)  # fmt: skip

NAMED = {limits.name: limits for limits in (SMALL, MEDIUM, TAPE, VENUE)}
EARLIER_NAMES = {"test": MEDIUM}  # in journals and tapes of before 0.5.0


def limits_named(name: str) -> Limits:
    """The size of a name. UserError: there is none."""
    found = NAMED.get(name) or EARLIER_NAMES.get(name)
    if found is None:
        raise UserError(f"state size {name!r}, allowed: {', '.join(NAMED)}")
    return found
