"""Self-match prevention in price-time books: what each instruction does, and to which order (SMP-001 to SMP-006)."""

import pytest

from tests.played import play

OWN = "a S3@100 smp=Z; b S3@100"


@pytest.mark.rule("SMP-002", "SMP-003", "SMP-004", "SMP-005")
@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("B5@100 smp=Z", "CXL a 3 SMP; TRD b t 3@100; RST t 2@100"),
        ("B5@100 smp=Z:CA", "CXL t 5 SMP"),
        ("B5@100 smp=Z:CB", "CXL a 3 SMP; CXL t 5 SMP"),
        ("B5@100 smp=Z:DC", "DEC a t 3; TRD b t 2@100"),
        ("B2@100 smp=Z:DC", "DEC a t 2"),
    ],
)
def test_the_aggressor_s_instruction_rules(order: str, answer: str) -> None:
    assert play(f"N t {order}", OWN).text == f"ACK t; {answer}"


@pytest.mark.rule("SMP-001")
def test_the_resting_order_s_instruction_does_not_matter() -> None:
    assert play("N t B5@100 smp=Z", "a S3@100 smp=Z:CA").text == "ACK t; CXL a 3 SMP; RST t 5@100"


@pytest.mark.rule("SMP-006")
def test_only_an_order_whose_turn_has_come_is_touched() -> None:
    market = play("N t B2@100 smp=Z", "b S3@100; a S3@100 smp=Z")
    assert market.text == "ACK t; TRD b t 2@100" and market.order("a").leaves_lots == 3


@pytest.mark.rule("SMP-005", "FEE-001")
def test_a_decrement_is_no_trade() -> None:
    market = play("N t B3@100 smp=Z:DC", OWN, "fee=1")
    assert market.text == "ACK t; DEC a t 3"
    assert market.book().volume_lots == 0 and market.fees_mills == 0
