"""Lines for a person: mistakes with an exit code, warnings that are heard of whenever one begins to listen."""

import pytest

from exchange.errors import UserError, Warnings


def test_a_mistake_has_its_text_and_an_exit_code() -> None:
    assert (str(UserError("no chip X is listed")), UserError("no chip X is listed").code) == ("no chip X is listed", 2)
    assert UserError("the spec does not hold", 78).code == 78


@pytest.mark.rule("DUR-152")
def test_warnings_are_kept_and_repeated_to_who_listens_later() -> None:
    warnings, lines = Warnings(), list[str]()
    warnings.note("the key store was damaged")
    warnings.listen(lines.append)
    warnings.note("group 2 stays CLOSED")
    assert lines == warnings.lines == ["the key store was damaged", "group 2 stays CLOSED"]
