"""Row formats of many books, one row a book: FLOW, RESULT. Its random numbers are a `bench.flows.draws.STREAM`."""

from exchange.records import record_type

# Parameters of the zero-intelligence flow (`noise.py`). Weights are relative to each other.
FLOW = record_type(
    [
        ("add_weight", "<i8"),  # limit orders
        ("take_weight", "<i8"),  # orders that trade at once
        ("cancel_weight", "<i8"),  # cancels, for each order slot in use
        ("step_ns", "<i8"),  # time from one message to the next
        ("depth_ticks", "<i4"),  # a limit price is 1 to so many ticks from the best opposite price
        ("lots_max", "<i4"),
        ("first_account", "<i4"),  # accounts of the flow; all others belong to somebody else
        ("accounts", "<i4"),
        ("middle_tick", "<i4"),  # price around which an empty book fills
        ("instrument", "<i4"),
    ]
)

# What has happened in one book since the results were last cleared, and its best prices now.
RESULT = record_type(
    [
        ("rows", "<i8"),  # commands that have been run
        ("events", "<i8"),
        ("fills", "<i8"),  # FILL rows: two a trade
        ("fill_lots", "<i8"),  # lots of these
        ("refused", "<i8"),  # commands that the engine has refused
        ("event_hash", "<u8"),  # hash of all events in order (`play.hash_event`)
        ("best_tick", "<i8", (2,)),  # by side
        ("best_lots", "<i8", (2,)),  # lots shown there, 0: the side is empty
        ("done", "<i8"),  # 1: the book has run to the end, 0: a CUDA thread has stopped on an error
    ]
)
