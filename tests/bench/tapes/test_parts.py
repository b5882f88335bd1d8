"""Parts of a tape come in order, and their hash is that of the canonical bytes."""

import blake3
import numpy as np
import pytest

from bench.tapes.parts import OrderCheck, Part, TapeControl, TapeHash, merged, row_of
from exchange.errors import UserError
from exchange.records import COMMAND


def rows_at(*sequences: int) -> np.ndarray:
    rows = np.zeros(len(sequences), COMMAND)
    rows["sequence"] = rows["time_ns"] = sequences
    return rows


def control_at(sequence: int) -> TapeControl:
    return TapeControl(rows_at(sequence), b"{}")


def sequences_of(parts: list[Part]) -> list[list[int] | int]:
    return [part.sequence if isinstance(part, TapeControl) else part["sequence"].tolist() for part in parts]


@pytest.mark.parametrize("cut", range(5))
def test_controls_are_placed_by_sequence_in_pieces_of_any_length(cut: int) -> None:
    rows = rows_at(2, 3, 6, 7)
    controls = [control_at(number) for number in (1, 4, 5, 8, 9)]
    found = sequences_of(list(merged([rows[:cut], rows[cut:]], controls)))
    flat = [number for part in found for number in (part if isinstance(part, list) else [part])]
    assert flat == list(range(1, 10)) and [part for part in found if isinstance(part, int)] == [1, 4, 5, 8, 9]


@pytest.mark.rule("TAPE-001")
@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([rows_at(1, 2, 2)], "row 3 has 2, the one before it 2"),
        ([rows_at(1, 3), rows_at(3)], "row 3 has 3, the one before it 3"),
        ([rows_at(1, 3), control_at(2)], "row 3 has 2, the one before it 3"),
        ([control_at(2), control_at(1)], "row 2 has 1, the one before it 2"),
        ([rows_at(), rows_at(5), rows_at(6, 4)], "row 3 has 4, the one before it 6"),
    ],
)
def test_the_first_row_out_of_order_is_named(parts: list[Part], expected: str) -> None:
    check = OrderCheck("day.parquet")
    for part in parts[:-1]:
        check.check(part)
    with pytest.raises(UserError, match=f"day.parquet: sequences do not ascend: {expected}"):
        check.check(parts[-1])


@pytest.mark.rule("TAPE-001")
def test_time_may_stand_still_but_not_run_backwards_even_between_parts() -> None:
    first, second = rows_at(1, 2), rows_at(3, 4)
    second["time_ns"] = 2
    OrderCheck("day").check(second)
    check = OrderCheck("day")
    check.check(first)
    check.check(second)
    late = rows_at(5)
    late["time_ns"] = 1
    with pytest.raises(UserError, match=r"row 5 \(sequence 5\): time_ns 1, allowed: 2, that of the row before, or mor"):
        check.check(late)


@pytest.mark.rule("TAPE-002")
def test_hash_is_that_of_all_rows_and_then_of_all_controls() -> None:
    parts: list[Part] = [control_at(1), rows_at(2, 3), control_at(4), rows_at(5), rows_at()]
    digest, rows, controls = TapeHash(), b"", b""
    for part in parts:
        digest.update(part)
        if isinstance(part, TapeControl):
            controls += part.row.tobytes() + (2).to_bytes(8, "little") + b"{}"
        else:
            rows += row_of(part).tobytes()
    assert digest.hexdigest() == blake3.blake3(rows + controls).hexdigest()


def test_hash_of_rows_that_do_not_lie_side_by_side_is_that_of_their_copy() -> None:
    apart, copied = TapeHash(), TapeHash()
    apart.update(rows_at(1, 2, 3, 4)[::2])
    copied.update(rows_at(1, 3))
    assert apart.hexdigest() == copied.hexdigest()
