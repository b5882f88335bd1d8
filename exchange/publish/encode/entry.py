"""The kernels that Python calls. They take records as arrays of one, because Numba takes a record slowly."""

from exchange.kernel import kernel
from exchange.publish.encode.batch import collect_replies, encode_batch, note_released, note_reply
from exchange.publish.encode.put import add_message, frame_slots


@kernel
def encode_commands(tables, chains, streams, commands, received_us, answerers, events, cells, now_us, slot_mask):
    """As `batch.encode_batch`."""
    return encode_batch(
        tables[0], chains[0], streams[0], commands, received_us, answerers, events, cells, now_us, slot_mask
    )


@kernel
def note_events(streams, events):
    """As `batch.note_released`."""
    note_released(streams[0], events)


@kernel
def note_answer(streams, slot, request_id, sequence, received_us, operations):
    """As `batch.note_reply`."""
    note_reply(streams[0], slot, request_id, sequence, received_us, operations)


@kernel
def collect_answers(streams, request_ids, sequences, received_us, operations, ends):
    """As `batch.collect_replies`."""
    collect_replies(streams[0], request_ids, sequences, received_us, operations, ends)


@kernel
def append_message(chains, slot, begin, stop, kind):
    """As `put.add_message`."""
    add_message(chains[0], slot, begin, stop, kind)


@kernel
def frame_messages(chains, frames, spans, start, payload_max):
    """As `put.frame_slots`."""
    return frame_slots(chains[0], frames, spans, start, payload_max)
