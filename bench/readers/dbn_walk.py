"""The compiled walk over the records of a DBN file (`dbn`): each begins with its length in words of four bytes."""

import numpy as np

from exchange.kernel import kernel

TRUNCATED, TOO_SHORT = 1, 2
HEADER_BYTES = 16


@kernel
def walk_records(data, begin, starts, places):
    """Find all records from byte `begin`. Returns 0, or why the record at places[1] is refused.

    starts  start of each record, in place
    places  number of records, and end of the last whole one, shape (2,)
    """
    place, count, end = begin, 0, len(data)
    problem = 0
    while place < end:
        length = np.int64(data[place]) * 4
        if length < HEADER_BYTES:
            problem = TOO_SHORT
            break
        if place + length > end:
            problem = TRUNCATED
            break
        starts[count] = place
        count += 1
        place += length
    places[0], places[1] = count, place
    return problem
