"""Self-match prevention: two orders of one owner meet."""

import pytest

from tests.reference.scenario import events

OWN = "a S1@100 smp=K; b S1@101 acct=Q"


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        pytest.param("CR", ["CXL a 1 SMP", "TRD b t 1@101", "RST t 1@101"], marks=pytest.mark.rule("SMP-002")),
        pytest.param("CA", ["CXL t 2 SMP"], marks=pytest.mark.rule("SMP-003")),
        pytest.param("CB", ["CXL a 1 SMP", "CXL t 2 SMP"], marks=pytest.mark.rule("SMP-004")),
        pytest.param("DC", ["DEC a t 1", "TRD b t 1@101"], marks=pytest.mark.rule("SMP-005")),
    ],
)
def test_the_instruction_of_the_aggressor_decides(mode: str, expected: list[str]) -> None:
    assert events(f"N t B2@101 smp=K:{mode}", OWN) == ["ACK t", *expected]


@pytest.mark.rule("SMP-006")
def test_only_an_order_whose_turn_has_come_is_touched() -> None:
    assert events("N t B1@100 smp=K", "b S1@100 acct=Q; a S1@100 smp=K") == ["ACK t", "TRD b t 1@100"]


@pytest.mark.rule("SMP-005")
def test_a_decrement_takes_hidden_lots_first() -> None:
    assert events("N t B3@100 smp=K:DC; N u B9@100 acct=Q", "a S5@100 smp=K disp=2") == [
        *("ACK t", "DEC a t 3", "ACK u", "TRD a u 2@100", "RST u 7@100")
    ]


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        ("CR", ["CXL a 1 SMP", "CXL c 2 SMP", "TRD b t 1@100", "RST t 1@100"]),
        ("DC", ["CXL a 1 SMP", "CXL c 2 SMP", "TRD b t 1@100", "RST t 1@100"]),
        ("CA", ["CXL t 2 SMP"]),
        ("CB", ["CXL a 1 SMP", "CXL c 2 SMP", "CXL t 2 SMP"]),
    ],
)
@pytest.mark.rule("SMP-007")
def test_a_pro_rata_book_takes_own_orders_out_before_it_shares_a_level(mode: str, expected: list[str]) -> None:
    level = "a S1@100 smp=K; b S1@100 acct=Q; c S2@100 smp=K"
    assert events(f"N t B2@100 smp=K:{mode}", level, "algo=prorata") == ["ACK t", *expected]
