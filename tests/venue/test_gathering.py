"""Commands that wait for their commit: in the order in which they came, none of one request apart from the others."""

import pytest

from exchange.gateway.command_batch import CommandBatch
from exchange.venue.gathering import Gathering


def add(gathering: Gathering, *numbers: int) -> None:
    """Commands, told apart by their request ids."""
    for number in numbers:
        batch = gathering.open
        batch.rows[batch.count]["request_id"] = number
        batch.add_unanswered()
        gathering.make_space(1)


def taken(gathering: Gathering) -> list[list[int]]:
    """Request ids of each batch that waits."""
    found = []
    while (batch := gathering.take_oldest()) is not None:
        found.append(batch.gathered_rows()["request_id"].tolist())
        gathering.recycle(batch)
    return found


def test_commands_are_taken_in_batches_in_the_order_in_which_they_came() -> None:
    gathering = Gathering(4)
    assert gathering.is_empty and gathering.take_oldest() is None
    add(gathering, *range(10))
    assert not gathering.is_empty and gathering.full_batches == 2
    assert taken(gathering) == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
    assert gathering.is_empty and gathering.full_batches == 0


@pytest.mark.rule("QUOTE-001")
def test_rows_of_one_command_are_kept_together() -> None:
    gathering = Gathering(4)
    add(gathering, 1, 2)
    gathering.make_space(3)
    add(gathering, 3, 4, 5)
    assert taken(gathering) == [[1, 2], [3, 4, 5]]


@pytest.mark.rule("ENTRY-013")
def test_a_batch_of_its_own_comes_behind_what_was_gathered_and_in_front_of_what_follows() -> None:
    gathering, alone = Gathering(4), CommandBatch(2)
    add(gathering, 1)
    alone.rows[0]["request_id"] = 7
    alone.add_unanswered()
    gathering.add_alone(alone)
    add(gathering, 2)
    assert gathering.full_batches == 0, "nothing is behind because of its size"
    assert taken(gathering) == [[1], [7], [2]]


def test_memory_of_a_common_batch_serves_again_that_of_a_control_does_not() -> None:
    gathering = Gathering(2)
    control = CommandBatch(2, control=b"{}")
    control.add_unanswered()
    gathering.add_alone(control)
    assert taken(gathering) == [[0]]
    seen = set()
    for number in range(20):
        add(gathering, number)
        batch = gathering.take_oldest()
        assert batch is not None and batch is not control and batch.count == 1
        seen.add(id(batch))
        gathering.recycle(batch)
        assert batch.count == 0
    assert len(seen) <= 3


def put(gathering: Gathering, *numbers: int) -> None:
    for number in numbers:
        gathering.open.rows[gathering.open.count]["request_id"] = number
        gathering.open.add_request(100 + number)


def ids_taken(gathering: Gathering) -> list[list[int]]:
    """Request ids of all batches, in the order in which they are taken."""
    found = []
    while (batch := gathering.take_oldest()) is not None:
        found.append(batch.gathered_rows()["request_id"].tolist())
        assert batch.received_us[: batch.count].tolist() == [100 + number for number in found[-1]]
        gathering.recycle(batch)
    return found


@pytest.mark.rule("WIRE-005")
def test_cancels_go_before_what_waits_of_other_connections() -> None:
    gathering = Gathering(8)
    put(gathering, 1, 2)
    put(gathering, 10)
    assert gathering.prefer(1, 0)
    put(gathering, 3, 11, 12)
    assert gathering.prefer(2, 0)
    assert ids_taken(gathering) == [[10, 11, 12], [1, 2, 3]] and gathering.is_empty


@pytest.mark.rule("WIRE-005")
def test_a_cancel_stays_behind_what_waits_of_its_own_connection() -> None:
    gathering = Gathering(4)
    put(gathering, 1)
    number = gathering.open_number
    put(gathering, 2)
    assert not gathering.prefer(1, number)
    gathering.make_space(4)
    put(gathering, 3)
    assert not gathering.prefer(1, number), "its batch is sealed, not taken"
    assert gathering.take_oldest() is not None
    put(gathering, 4)
    assert gathering.prefer(1, number) and ids_taken(gathering) == [[4], [3]]


def test_cancels_stay_where_they_are_if_nothing_else_waits_or_the_lane_is_full() -> None:
    gathering = Gathering(2)
    put(gathering, 1)
    assert not gathering.prefer(1, 0)
    put(gathering, 2)
    assert gathering.prefer(1, 0)
    gathering.make_space(2)
    put(gathering, 3, 4)
    assert not gathering.prefer(2, 0)
    assert ids_taken(gathering) == [[2], [1], [3, 4]]


def test_a_batch_of_its_own_has_a_number_too() -> None:
    gathering, alone = Gathering(4), CommandBatch(2)
    put(gathering, 1)
    alone.rows[0]["request_id"] = 2
    alone.add_request(102)
    gathering.add_alone(alone)
    number = gathering.open_number
    put(gathering, 3)
    for _ in range(2):
        put(gathering, 4)
        assert not gathering.prefer(1, number)
        gathering.take_oldest()
