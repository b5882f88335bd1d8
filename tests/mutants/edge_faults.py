"""Faults at the edge of the venue: requests from bytes, messages to bytes, market data from events."""

from tests.mutants.plant import Fault

FRAMES = "exchange/gateway/inbound/frames.py"
RECORDS = "exchange/gateway/inbound/records.py"
REQUESTS = "exchange/gateway/inbound/requests.py"
ROWS = "exchange/gateway/inbound/rows.py"
TEXT = "exchange/gateway/inbound/text.py"
BATCH = "exchange/publish/encode/batch.py"
PUT = "exchange/publish/encode/put.py"
REPLY_FORMS = "exchange/publish/encode/reply_forms.py"
ROW_MESSAGE = "exchange/publish/encode/row_message.py"
FOLD_FRAMES = "exchange/publish/fold/frames.py"
FOLD_ROWS = "exchange/publish/fold/fold_rows.py"
TRADE_FRAMES = "exchange/publish/fold/trade_frames.py"

# File -> tests that can notice its faults.
SUITES = {
    FRAMES: ("tests/gateway/inbound/test_frames.py",),
    RECORDS: ("tests/gateway/inbound/test_records.py",),
    REQUESTS: ("tests/gateway/inbound/test_requests.py",),
    ROWS: ("tests/gateway/inbound/test_rows.py", "tests/gateway/inbound/test_frames.py"),
    TEXT: ("tests/gateway/inbound/test_text.py",),
    BATCH: ("tests/publish/test_account_streams.py", "tests/publish/encode/test_batch.py"),
    PUT: ("tests/publish/encode/test_put.py", "tests/publish/encode/test_put_lists.py"),
    REPLY_FORMS: ("tests/publish/encode/test_reply_forms.py", "tests/publish/encode/test_batch.py"),
    ROW_MESSAGE: ("tests/publish/encode/test_row_message.py", "tests/publish/encode/test_row_values.py"),
    FOLD_FRAMES: ("tests/publish/fold/test_frames.py", "tests/publish/fold/test_trade_frames.py"),
    FOLD_ROWS: ("tests/publish/fold/test_fold_rows.py",),
    TRADE_FRAMES: ("tests/publish/fold/test_trade_frames.py",),
}

INBOUND_FAULTS = (
    Fault(
        "the last bytes of a payload are unmasked wrongly", FRAMES,
        "data[start - 4 + (place & 3)]", "data[start - 4 + (place & 1)]",
    ),
    Fault(
        "a frame longer than allowed is served", FRAMES,
        "if second < MASKED or second > LONG or size > frame_max:", "if second < MASKED or second > LONG:",
    ),
    Fault(
        "a frame without a mask is served", FRAMES,
        "if second < MASKED or second > LONG or size > frame_max:", "if second > LONG or size > frame_max:",
    ),
    Fault("a frame may have a record too many", FRAMES, "RECORDS_MAX = 64 ", "RECORDS_MAX = 65 "),
    Fault(
        "text on a MessagePack connection is read as JSON", FRAMES,
        "if first == TEXT_FRAME and encoding != MSGPACK:", "if first == TEXT_FRAME:",
    ),
    Fault(
        "pings wait behind a full window", FRAMES,
        "        if data[at] & CONTROL:\n", "        if data[at] & CONTROL and data[at] != PING:\n",
    ),
    Fault(
        "a ping that is too long drops the requests in front of it", FRAMES,
        " or size > CONTROL_MAX\n", "\n",
    ),
    Fault(
        "what follows a close frame is served", FRAMES,
        "                return waits, controls, data.shape[0], True\n", "                controls += 0\n",
    ),
    Fault(
        "a text of a record may go on behind its zeros", RECORDS,
        "            return most + 1\n", "            return size\n",
    ),
    Fault(
        "a record of another version is read", RECORDS,
        "version == 0 or version > reader.record_versions or", "version == 0 or",
    ),
    Fault(
        "a record with bytes behind its values is read", RECORDS,
        "return length if length == fields_bytes + count * ENTRY_BYTES else 0",
        "return length if length >= fields_bytes + count * ENTRY_BYTES else 0",
    ),
    Fault(
        "a key that stands twice in JSON is taken", TEXT,
        "stop - at - 2), number)\n        if number == NO_KEY or found >> number & 1:",
        "stop - at - 2), number)\n        if number == NO_KEY:",
    ),
    Fault(
        "a key that stands twice in MessagePack is taken", TEXT,
        "start, length), number)\n        if number == NO_KEY or found >> number & 1:",
        "start, length), number)\n        if number == NO_KEY:",
    ),
    Fault(
        "a number with leading zeros is read", TEXT,
        "if place == first or (reader.text[first] == DIGIT_0 and (place > first + 1 or first > at)):",
        "if place == first:",
    ),
    Fault("bytes behind a request in JSON are ignored", TEXT, "return found if at == size - 1 else 0", "return found"),
    Fault(
        "a MessagePack integer beyond 63 bits becomes negative", TEXT,
        "return np.int64(value) if value <= np.uint64(INT53) else np.int64(INT53 + 1)", "return np.int64(value)",
    ),
    Fault(
        "an order may name another account", ROWS,
        "reader.values[ACCOUNT] != reader.account", "reader.values[ACCOUNT] > reader.account",
    ),
    Fault(
        "the newest request is served again when it is sent again", ROWS,
        "reader.values[REQUEST_ID] <= reader.newest_id", "reader.values[REQUEST_ID] < reader.newest_id",
    ),
    Fault(
        "a price below the lowest of its instrument is entered", ROWS,
        "if place == reader.instruments or reader.values[PRICE] < reader.low_tick[place]:",
        "if place == reader.instruments:",
    ),
    Fault(
        "the last row of a mass quote says that more follow", ROWS,
        "FLAG_MORE if entry + 1 < reader.entries_count else 0", "FLAG_MORE if entry < reader.entries_count else 0",
    ),
    Fault(
        "cancels behind an order go first with those before it", ROWS,
        "if kind == KIND_CANCEL and reader.leading_cancels == reader.request_count:", "if kind == KIND_CANCEL:",
    ),
    Fault(
        "the frames of a read take one token together", REQUESTS,
        "connection.frame_bucket.take(now_ns, frames)", "connection.frame_bucket.take(now_ns, 1)",
    ),
)  # fmt: skip

ENCODE_FAULTS = (
    Fault("-33 is packed in one byte", PUT, "    if value >= -32:\n", "    if value >= -33:\n"),
    Fault("a number of 17 bits and its sign is packed in two bytes", PUT, "-(1 << 15)", "-(1 << 16)"),
    Fault("100,000,000 is written with eight digits", PUT, "    if rest < E8:\n", "    if rest <= E8:\n"),
    Fault(
        "a frame of 126 bytes has a head of two", PUT,
        "    if size < 126:\n        frames[at + 1] = size\n", "    if size <= 126:\n        frames[at + 1] = size\n",
    ),
    Fault(
        "an array has more messages than allowed", PUT,
        "for _ in range(min(waiting, FRAME_MESSAGES)):", "for _ in range(waiting):",
    ),
    Fault(
        "unpaid gains count as free margin", ROW_MESSAGE,
        "tables.values[FREE_MILLS] = equity - unpaid - held", "tables.values[FREE_MILLS] = equity - held",
    ),
    Fault(
        "maintenance margin is rounded down", ROW_MESSAGE,
        "-(-rest * tables.maintenance_bp // BP)", "rest * tables.maintenance_bp // BP",
    ),
    Fault(
        "the gain of a closed position is shown as unrealised", ROW_MESSAGE,
        "values[UNREALISED_MILLS] = gain if lots else 0", "values[UNREALISED_MILLS] = gain",
    ),
    Fault(
        "a replaced order that kept its place is shown as one that lost it", ROW_MESSAGE,
        "return 1 if kept else 2", "return 2 if kept else 1",
    ),
    Fault(
        "an order that is sent again with other terms is answered as the same", REPLY_FORMS,
        'return REPLY_SAME if event["flags"] & EVENT_FLAG_SAME else REPLY_UNKNOWN', "return REPLY_SAME",
    ),
    Fault(
        "a command that cancels and does more is answered as one cancel", REPLY_FORMS,
        "return REPLY_ORDER if only_cancels(events, begin, stop) else REPLY_UNKNOWN", "return REPLY_ORDER",
    ),
    Fault(
        "a position that is closed is sent in the form of an open one", BATCH,
        "        if event.position_lots == 0:\n", "        if event.position_lots < 0:\n",
    ),
    Fault(
        "a reply is sent before its connection is live", BATCH,
        "if encoding == 0 or not streams.is_live[slot]:", "if encoding == 0:",
    ),
    Fault(
        "a reply goes to a session that has taken the row of another", BATCH,
        "form == REPLY_UNKNOWN or streams.session[slot] != command.session or", "form == REPLY_UNKNOWN or",
    ),
)  # fmt: skip

FOLD_FAULTS = (
    Fault(
        "the side of the maker is shown as the aggressor's", TRADE_FRAMES,
        "    return np.int64(1) - side\n", "    return side\n",
    ),
    Fault("a list of 16 has a head of one byte", FOLD_FRAMES, "    if count < 16:\n", "    if count <= 16:\n"),
    Fault(
        "a frame of market data of 126 bytes has a head of two", FOLD_FRAMES,
        "size = HEADER_SHORT if length < SHORT_BELOW else", "size = HEADER_SHORT if length <= SHORT_BELOW else",
    ),
    Fault(
        "the row of a taker changes a level", FOLD_ROWS,
        "return row.liquidity != LIQUIDITY_TAKER, row.level_tick", "return True, row.level_tick",
    ),
    Fault(
        "the end of an order that never rested changes a level", FOLD_ROWS,
        'return row["flags"] & EVENT_FLAG_NEVER_RESTED == 0, row.price', "return True, row.price",
    ),
    Fault(
        "each of a trade's two rows is a print", FOLD_ROWS,
        "            if row.trade_id != fold.print_id:\n", "            if row.trade_id:\n",
    ),
)  # fmt: skip

EDGE_FAULTS = tuple(fault.judged_by(SUITES[fault.file]) for fault in (*INBOUND_FAULTS, *ENCODE_FAULTS, *FOLD_FAULTS))
