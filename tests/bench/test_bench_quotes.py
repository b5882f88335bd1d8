"""Every message of the benchmark moves every side of its quotes, and nothing is refused."""

import numpy as np
import pytest
from rich.table import Table

from bench.bench_quotes import LOTS, MID, SPREAD, MassQuotes, message, quoted_engine, run_quotes
from bench.record import Report
from exchange.codes import CommandFlag, EventKind
from exchange.engine import query

ENTRIES = 3


@pytest.mark.rule("QUOTE-001")
def test_every_message_moves_both_sides_of_every_entry() -> None:
    engine = quoted_engine(MassQuotes(2, ENTRIES))
    for middle in (MID, MID + 1, MID):
        events = engine.apply(message(engine, ENTRIES, middle))
        assert np.count_nonzero(events["kind"] == EventKind.ORDER_REPLACED) == 2 * ENTRIES
        assert not np.count_nonzero(events["kind"] == EventKind.ORDER_REJECTED)
        for index in range(1, 1 + ENTRIES):
            assert query.depth(engine.states, index) == ([(middle - SPREAD, LOTS)], [(middle + SPREAD, LOTS)])


def test_a_message_is_one_run_of_rows() -> None:
    rows = message(quoted_engine(MassQuotes(1, ENTRIES)), ENTRIES, MID)
    assert (rows["flags"] & CommandFlag.MORE != 0).tolist() == [True, True, False]
    assert rows["instrument"].tolist() == [1, 2, 3] and set(np.diff(rows["sequence"])) == {1}


def test_the_question_adds_a_row_and_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    report = Report(True, Table("what", "figure", "detail"))
    run_quotes(report, "quotes")
    assert report.table.row_count == 1
    assert report.figures["quotes"]["sides"] == 2 * report.parameters["quotes"]["entries"]
    assert report.figures["quotes"]["message"].least > 0
