"""Definitions of instruments."""

from datetime import UTC, date, datetime

import msgspec
import pytest

from exchange.clearing_codes import Life
from exchange.codes import ComboKind, EventKind, PeriodKind
from exchange.engine.event_rows import Row
from exchange.publish.instruments import days_since_1970, month_start_us
from tests.publish.helpers import B200, H27, J27, LISTED, event, event_array, instrument, table

RATES = {"commodity": 1, "psr_mills": 400, "intra_mills": 60, "tier_mills": 50}


@pytest.mark.rule("MDATA-012", "MDATA-022")
def test_definition_is_that_of_the_protocol() -> None:
    listed = [instrument(1, H27, "H100.G90.H27", low_tick=2277, high_tick=3415, **RATES)]
    definition = table(listed).definition(1, "OPEN")
    assert msgspec.to_builtins(definition) == {
        "i": H27, "sym": "H100.G90.H27", "rev": 3, "fam": "PHY", "chip": "H100", "floor_bp": 9000, "kind": "month",
        "from": "2027-03-01", "hours": 744, "tick_mills": 1, "min_inc": 1, "min_q": 1, "max_q": 10000, "unit_lots": 8,
        "ccy": "USD", "match": "fifo", "band": 200, "limit": (2277, 3415), "settle": 2846, "ltd": 1803326400000000,
        "deliv_from": 1803859200000000, "deliv_to": 1806537600000000, "maker_fee": 0, "taker_fee": 2, "phase": "OPEN",
        "auction_fee": 1,
        "ref_tenths": 7_900, "ref_prov": True,
        "rates": {"k": "H100", "psr": 400, "intra": 60, "tier": 50, "addon_bp": 5_000},
    }  # fmt: skip


def test_a_combination_says_which() -> None:
    row = instrument(1, 2**31 + 1, "H100.G90.F27-G27", combo=int(ComboKind.CALENDAR))
    assert table([row]).definition(1, "OPEN").combo == "calendar"


@pytest.mark.parametrize(
    ("kind", "stop"), [("MONTH", "2027-02"), ("QUARTER", "2027-04"), ("YEAR", "2028-01"), ("TERM3", "2030-01")]
)
def test_delivery_ends_with_the_period(kind: str, stop: str) -> None:
    definition = table([instrument(1, 7, "X.G90.F27", start_month=84, period_kind=PeriodKind[kind])]).definition(1, "")
    expected = datetime.fromisoformat(stop + "-01").replace(tzinfo=UTC)
    assert definition.delivery_to_us == int(expected.timestamp()) * 1_000_000


def test_days_agree_with_the_calendar() -> None:
    for year in range(2019, 2045):
        for month in range(1, 13):
            assert days_since_1970(year, month) == (date(year, month, 1) - date(1970, 1, 1)).days
    assert month_start_us(0) == int(datetime(2020, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000


def test_a_table_finds_books_by_id_also_those_listed_later() -> None:
    listed = [LISTED[0]]
    instruments = table(listed)
    assert (instruments.index_of(H27), instruments.index_of(J27), instruments.id_of(9)) == (1, 0, 0)
    listed.append(LISTED[1])
    listed[0] = LISTED[0]._replace(revision=4)
    instruments.refresh()
    assert (instruments.index_of(J27), instruments.hours[2]) == (2, 720)
    assert instruments.row(1).revision == 4


@pytest.mark.rule("SPEC-042")
def test_a_table_takes_the_instruments_of_some_books() -> None:
    instruments = table([LISTED[0]])
    instruments.update([LISTED[1]], 7)
    assert (instruments.index_of(H27), instruments.index_of(J27), instruments.sequence) == (1, 2, 7)
    instruments.update([LISTED[1]._replace(index=1)], 8)
    assert (instruments.index_of(H27), instruments.index_of(J27)) == (0, 1), "the first book has another instrument"
    instruments.update([LISTED[1]._replace(index=1, life=Life.SETTLED)], 9)
    assert instruments.index_of(J27) == 0 and instruments.id_of(1) == J27, "one that has ended keeps its name"
    assert instruments.hours[1:] == [720, 720] and instruments.revision == 4


@pytest.mark.rule("SPEC-051", "ACCT-003")
def test_what_a_book_had_before_is_known_by_command() -> None:
    instruments = table()
    instruments.update([LISTED[1]._replace(index=1, instrument_id=7)], 20)
    instruments.update([LISTED[1]._replace(index=1, instrument_id=8, hours=9)], 30)
    at = [(instruments.id_at(1, number), instruments.hours_at(1, number)) for number in (1, 19, 20, 29, 30)]
    assert at == [(H27, 744), (H27, 744), (7, 720), (7, 720), (8, 9)]
    assert (instruments.id_at(2, 1), instruments.id_at(9, 1)) == (J27, instruments.id_of(9))


def ended(sequence: int, index: int, instrument_id: int) -> Row:
    return event(EventKind.INSTRUMENT_ENDED, sequence, instrument=index, ended_id=instrument_id)


@pytest.mark.rule("SPEC-051", "RECOV-003")
def test_a_start_reads_from_kept_events_what_a_book_had_before() -> None:
    older = [ended(5, 1, B200), ended(7, 1, J27)]
    newer = [ended(8, 2, J27), ended(9, 1, 1 << 31), ended(9, 3, 0)]
    pieces = [event_array(newer), event_array(older)]
    instruments = table()
    instruments.load(pieces)
    assert [instruments.id_at(1, number) for number in (5, 6, 7, 9, 10)] == [B200, J27, J27, 1 << 31, H27]
    assert (instruments.hours_at(1, 6), instruments.hours_at(1, 10)) == (720, 744)
    assert (instruments.id_at(2, 8), instruments.id_at(3, 1)) == (J27, B200), "they still have it"
