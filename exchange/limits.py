"""Capacities of a state record, named sizes, and how capacities relate.

A size is part of the record's type, so kernels compile once per size: use a named one wherever it fits.
"""

from dataclasses import dataclass

QUOTE_ENTRIES_MAX = 32  # of one mass quote (QUOTE-001)
MMP_FILLS = 256  # a protection group remembers (MMP-001)
KEPT_HOURS = 24  # events are kept for resume and replay (DUR-154)

# A step of the compiled loop, or a part of one that asks for room again, never emits more rows than this.
STEP_EVENTS = 32  # an implied group of a strip: a fill of each of 13 orders, and a new slice of 12
SLOT_BITS = 24
GENERATION_BITS = 29  # slot and generation together stay below 2**53 (WIRE-012)
SCAN_TIERS = 2  # MARGIN-002: front, deferred
ENTRIES_PER_ORDER = 3  # of a table of client order ids, at least
FIRST_INDEX = 64  # entries of the first, smallest table of client order ids
LEGS_MAX = 12  # months of a strip
WINDOW_SLOTS = 60  # of a look-back window (BAND-005)
LEAD_MAKERS_MAX = 16  # of one book (PRO-003)
SUMMARY_WORDS = 32  # bitmap summary of one side of a ladder: 32 * 64 * 64 ticks
LADDER_TICKS_MAX = SUMMARY_WORDS * 64 * 64 - 64


@dataclass(frozen=True)
class Limits:
    """How much one state record holds. Row 0 of every table is "none" and comes on top."""

    name: str
    orders: int
    ladder_rows: int  # price levels of all books, both sides; a multiple of 64
    books: int
    accounts: int
    positions: int
    groups: int  # product groups: chips
    commodities: int  # combined commodities: chip x {physical, index}
    sessions: int  # that may be resumed; one less than a power of two
    protections: int  # market-maker protection groups of all accounts
    event_rows: int  # length of the event buffer

    def __post_init__(self) -> None:
        assert self.orders < 1 << SLOT_BITS, "an order id carries its slot"
        assert SLOT_BITS + GENERATION_BITS <= 53, "an order id is exact in a JavaScript number"
        assert self.ladder_rows % 64 == 0 and self.ladder_rows < 1 << 31
        assert self.event_rows >= STEP_EVENTS
        assert self.book_words <= 64, "one word says which words of a bitmap of books are not zero"
        assert self.commodities * SCAN_TIERS < 64, "an account has a bit for each scan tier of a commodity"
        assert (self.accounts + 1) * self.commodities * SCAN_TIERS < 1 << 31, "a book names its RISK rows in four bytes"
        assert self.positions < 1 << 31
        assert (self.sessions + 1).bit_count() == 1, "low bits of its number say where a session's row lies"

    @property
    def order_index(self) -> int:
        """Entries of all tables of client order ids, the largest at most a third full; table n begins at entry n."""
        return 2 * max(FIRST_INDEX, 1 << (ENTRIES_PER_ORDER * self.orders - 1).bit_length())

    @property
    def book_words(self) -> int:
        """Words of a bitmap of books."""
        return self.books // 64 + 1

    @property
    def members(self) -> int:
        """Legs of all combinations that are implied, and these themselves."""
        return 4 * self.books

    @property
    def position_index(self) -> int:
        """Entries of the (account, instrument) index: a power of two, at most half full."""
        return 1 << (2 * self.positions - 1).bit_length()


TEST = Limits("test", 1_024, 65_536, 64, 64, 1_024, 8, 16, 63, 15, 256)
# The launch catalogue is about 1,100 instruments with 4 M rows of price windows. Limit days double windows and raise
# what they are a share of: 23 M after four of them in a row. Only rows that hold orders, or that a settlement has
# moved, take memory.
VENUE = Limits("venue", 1_048_575, 25_165_824, 4_095, 16_383, 262_143, 127, 31, 65_535, 2_047, 2_048)
# One book of up to 131,008 ticks: tapes of one instrument, experiments.
TAPE = Limits("tape", 2_097_151, 524_288, 7, 1_023, 8_191, 7, 15, 63, 7, 2_048)

NAMED = {limits.name: limits for limits in (TEST, VENUE, TAPE)}
