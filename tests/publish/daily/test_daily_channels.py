"""Which channels the values of a batch are on, and what each channel begins with."""

from exchange.clearing_codes import IndexHow
from exchange.codes import EventKind
from exchange.publish.consumer import ReleasedBatch
from exchange.publish.daily.daily_channels import DailyChannels
from exchange.publish.daily.index_values import IndexDay
from exchange.publish.daily.numbers import PLACES
from tests.publish.helpers import H27, Levels, event, event_array, table

DAY = 20_780


def daily() -> DailyChannels:
    source = Levels()
    source.indices = [IndexDay(2, 9_000, DAY, 2_811, IndexHow.PRINT)]
    return DailyChannels(table(), source)


def batch(*rows: tuple[int, ...]) -> ReleasedBatch:
    return ReleasedBatch(event_array(rows), rows[0][0], rows[-1][0], rows[-1][1])


def test_a_settlement_is_on_two_channels_and_a_value_on_that_of_its_chip() -> None:
    channels = daily()
    settled = event(EventKind.SETTLED, 7, instrument=1, settlement_tick=2_800, trading_day=DAY)
    taken = event(EventKind.INDEX_TAKEN, 8, group=2, floor_bp=9_000, trading_day=DAY, index_tick=2_811)
    made = [(name, place, number) for name, place, number, _, _ in channels.take(batch(settled, taken))]
    assert made == [
        ("settlement", 0, 7 * PLACES + 1), ("settlement", 1, 7 * PLACES + 1), ("index", 2, 8 * PLACES + 1),
    ]  # fmt: skip
    assert [channels.last_number(name, place) for name, place, _ in made] == [number for *_, number in made]
    assert channels.last_number("index", 3) == 0 and channels.last_number("status", 1) is None


def test_a_batch_without_such_rows_has_no_message() -> None:
    assert list(daily().take(batch(event(EventKind.FILL, 9, instrument=1)))) == []


def test_a_snapshot_has_what_its_channel_is_about() -> None:
    (settlement,), (value,) = daily().pages("settlement", 1, 9, 5), daily().pages("index", 2, 9, 5)
    assert (settlement.instrument, value.topic) == (H27, "H100")  # type: ignore[attr-defined]
    assert daily().pages("index", 3, 9, 5) == []
