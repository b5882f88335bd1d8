"""Which instruments a row for a chip, or for all, is about."""

import pytest

from exchange.clearing_codes import Life
from exchange.publish.subscriptions.wide_channels import WideChannel, books_of
from tests.publish.helpers import B200, H27, J27, LISTED, table


@pytest.mark.rule("MDATA-023")
def test_a_chip_has_its_listed_instruments_and_all_has_every_one() -> None:
    listed = list(LISTED)
    reads: list[object] = []
    instruments = table(listed)
    assert [books_of(instruments, chip) for chip in ("H100", "B200", "A100", "ALL")] == [[1, 2], [3], [], [1, 2, 3]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(instruments), "listed", property(reads.append))
        assert len(books_of(instruments, "ALL")) == 3 and not reads, "the rows are read once a revision"
    wide = WideChannel(7, "H100")
    assert wide.instruments(instruments) == [H27, J27] and wide.sequence == 0
    listed[0] = listed[0]._replace(life=Life.SETTLED)
    assert wide.instruments(instruments) == [H27, J27], "the table has not been loaded again"
    instruments.refresh()
    assert wide.instruments(instruments) == [J27] and WideChannel(8, "ALL").instruments(instruments) == [J27, B200]
