"""The ledger: every posting has two sides."""

from hypothesis import given
from hypothesis import strategies as some

from exchange.reference.house.ledger import Ledger

POSTINGS = some.lists(some.tuples(some.sampled_from("ABC"), some.sampled_from("ABC"), some.integers(-(10**12), 10**12)))


@given(POSTINGS)
def test_all_balances_sum_to_zero(postings: list[tuple[str, str, int]]) -> None:
    ledger = Ledger()
    for payer, payee, mills in postings:
        ledger.post(0, "deposit", payer, payee, mills)
        assert ledger.total() == 0


def test_what_was_received_is_reported_by_cause_and_from_an_entry_on() -> None:
    ledger = Ledger()
    ledger.post(1, "fee", "A", "fees", 5)
    ledger.post(2, "variation", "A", "variation", -7)
    ledger.post(3, "fee", "A", "fees", 0)
    assert (ledger.balance("A"), ledger.balance("fees"), ledger.count("A")) == (2, 5, 2)
    assert ledger.received("A", ("fee",)) == -5
    assert ledger.received("A", ("fee", "variation"), first=1) == 7
    assert ledger.balance("B") == 0
