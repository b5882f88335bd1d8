"""Numbers of the messages of a command."""

from exchange.codes import EventKind
from exchange.publish.daily.numbers import PLACES, numbered
from tests.publish.helpers import event


def test_rows_of_one_command_have_numbers_of_their_own_that_rise_from_command_to_command() -> None:
    rows = [event(EventKind.SETTLED, sequence) for sequence in (7, 7, 8, 8, 8, 30)]
    numbers = [number for number, _ in numbered(rows)]
    assert numbers == [7 * PLACES + 1, 7 * PLACES + 2, *(8 * PLACES + place for place in (1, 2, 3)), 30 * PLACES + 1]
    assert [row for _, row in numbered(rows)] == rows and numbers == sorted(set(numbers))
