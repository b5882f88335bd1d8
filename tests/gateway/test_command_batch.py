"""A batch of commands: who answers each, and rows that leave it."""

from exchange.gateway.command_batch import CommandBatch
from exchange.wire.table import Answerer


def answer(*_: object) -> None: ...


def batch_of(*answerers: Answerer) -> CommandBatch:
    """A row for each, with its place as its request id."""
    batch = CommandBatch(8)
    for place, answerer in enumerate(answerers):
        batch.rows[place]["request_id"] = place
        if answerer == Answerer.SESSION:
            batch.add_request(100 + place)
        elif answerer == Answerer.TICKET:
            batch.add_ticket(answer, place, 100 + place)
        else:
            batch.add_unanswered()
    return batch


ALL = (Answerer.SESSION, Answerer.TICKET, Answerer.NOBODY, Answerer.TICKET, Answerer.SESSION)


def test_each_row_says_who_answers_it() -> None:
    batch = batch_of(*ALL)
    assert batch.count == 5 and batch.gathered_rows()["request_id"].tolist() == [0, 1, 2, 3, 4]
    assert batch.answerers[:5].tolist() == list(ALL)
    assert batch.tickets == {1: (answer, 1, 101), 3: (answer, 3, 103)}
    assert [batch.received_us[0], batch.received_us[4]] == [100, 104]


def test_rows_that_are_dropped_take_their_answers_with_them() -> None:
    batch = batch_of(*ALL)
    batch.drop({0, 2, 3})
    assert batch.gathered_rows()["request_id"].tolist() == [1, 4]
    assert batch.answerers[:2].tolist() == [Answerer.TICKET, Answerer.SESSION]
    assert batch.tickets == {0: (answer, 1, 101)} and batch.received_us[1] == 104


def test_a_gap_is_closed_by_the_rows_behind_it() -> None:
    batch = batch_of(*[Answerer.SESSION] * 6)
    batch.add_rows(-5)
    batch.close_gap(2, 3)
    batch.add_rows(3)
    assert batch.gathered_rows()["request_id"].tolist() == [0, 3, 4, 5]
    assert batch.received_us[:4].tolist() == [100, 103, 104, 105]


def test_a_batch_that_is_used_again_has_nothing_of_before() -> None:
    batch = batch_of(*ALL)
    batch.expires.append((0, 5))
    batch.clear()
    assert batch.count == 0 and batch.tickets == {} and batch.expires == []
    batch.add_unanswered()
    assert batch.answerers[0] == Answerer.NOBODY
