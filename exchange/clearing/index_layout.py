"""Row formats of the daily index: INDEX with its INDEX_DAYs, RENTAL. Prices in ticks, days since 1970."""

from exchange.records import record_type

KEPT_DAYS = 64  # of an index: a month, and the days until it is settled finally

INDEX_DAY = record_type(
    [
        ("day", "<i4"),  # 0: the row is empty
        ("print_tick", "<i4"),  # of the index's own source, 0: none was given
        ("front_tick", "<i4"),  # settlement of the front month, if the closing window made it (T1), 0: it did not
        ("value_tick", "<i4"),  # taken and frozen (INDEX-002), 0: it has none
        ("how", "u1"),  # IndexHow
        ("spare", "u1", (7,)),
    ]
)

INDEX = record_type(
    [
        ("group", "<i4"),  # product group of the chip, 0: the row is empty
        ("floor_bp", "<i4"),
        ("external", "<i4"),  # 1: its source is named outside the exchange, 0: it is the certified delivered price
        ("taken_day", "<i4"),  # the last day whose value was taken
        ("days", INDEX_DAY, (KEPT_DAYS,)),  # the row of a day is its number modulo KEPT_DAYS
    ]
)

# Executed rentals of one seller on one day (INDEX-001).
RENTAL = record_type(
    [
        ("index", "<i4"),  # row of its INDEX, 0: this row and all after it are empty
        ("day", "<i4"),
        ("seller", "<i8"),
        ("hours", "<i8"),
        ("value_tick_hours", "<i8"),  # sum of price * hours
    ]
)
