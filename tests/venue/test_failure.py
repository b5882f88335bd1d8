"""What stopped a venue is the first error; each who listens gets it once."""

import pytest

from exchange.venue.failure import Failure


@pytest.mark.rule("DUR-083")
def test_the_first_error_is_kept_and_reported_once() -> None:
    failure, reports = Failure(), list[BaseException]()
    failure.listen(reports.append)
    first = OSError("the disk")
    failure.note(first)
    failure.note(RuntimeError("what came of it"))
    assert failure.error is first and reports == [first]


def test_who_listens_late_gets_the_error_at_once() -> None:
    failure, reports = Failure(), list[BaseException]()
    failure.note(OSError("the disk"))
    failure.listen(reports.append)
    assert [str(report) for report in reports] == ["the disk"]
