"""Prices and shares are taken as they are typed, or refused with what was found."""

from pathlib import Path

import pytest

from exchange.cli.prices import (
    PRINTS_BYTES_MAX,
    parse_amounts,
    parse_price,
    parse_prices,
    parse_prints,
    parse_shares,
    read_prints,
)
from exchange.errors import UserError


@pytest.mark.rule("SPEC-053")
def test_prices_are_dollars_with_three_decimals_at_most() -> None:
    assert parse_prices(["H100.G90.H27=2.845", "A=-0.001", "B=3"]) == {"H100.G90.H27": 2_845, "A": -1, "B": 3_000}
    assert parse_prices([]) == {}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (["H100"], "is not SYMBOL=PRICE"),
        (["2.845"], "is not SYMBOL=PRICE"),
        (["=2.845"], "is not SYMBOL=PRICE"),
        (["A=1", "B=2", "A=1"], "A is given twice"),
        (["A=2,845"], "not a decimal number of dollars"),
        (["A=1e3"], "not a decimal number of dollars"),
        (["A=x"], "'A=x'"),
        (["A=2.8455"], "A=2.8455"),
    ],
)
def test_what_is_no_price_is_refused(texts: list[str], said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_prices(texts)


@pytest.mark.rule("PRO-003")
def test_shares_are_accounts_with_percents() -> None:
    assert parse_shares(["7=30", "4294967295=100"]) == [(7, 30), (4_294_967_295, 100)]
    for wrong in ("7", "7=", "=30", "7=30%", "7=1000", "-7=30", "7=3.5"):
        with pytest.raises(UserError, match="is not ACCOUNT=PERCENT"):
            parse_shares([wrong])


def test_a_single_price_is_named_as_its_argument_is() -> None:
    assert parse_price("PRICE", "2.845") == 2_845
    with pytest.raises(UserError, match=r"PRICE: price '2,8' is not a decimal number"):
        parse_price("PRICE", "2,8")


@pytest.mark.rule("INDEX-002")
def test_prints_are_lines_of_index_day_and_value() -> None:
    lines = ["H100.G90,2026-11-24,2.815", " A100.G90 , 2026-11-25 , none ", ""]
    assert parse_prints(lines) == [("H100.G90", "2026-11-24", 2_815), ("A100.G90", "2026-11-25", 0)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("H100.G90,2026-11-24", "print 1: 'H100.G90,2026-11-24' is not INDEX,DAY,VALUE"),
        ("H100.G90,,2.8", "is not INDEX,DAY,VALUE"),
        ("H100.G90,2026-11-24,2.8,x", "is not INDEX,DAY,VALUE"),
        ("H100.G90,2026-11-24,x", "print 1: price 'x' is not a decimal number"),
        ("H100.G90,2026-11-24,0", "print 1: value 0 is not above 0"),
        ("H100.G90,2026-11-24,-2.8", "is not above 0"),
    ],
)
def test_what_is_no_print_is_refused_with_its_line(line: str, said: str) -> None:
    with pytest.raises(UserError, match=said):
        parse_prints([line])


def test_a_file_of_prints_is_read_or_refused_with_its_name(tmp_path: Path) -> None:
    file = tmp_path / "prints.csv"
    file.write_text("H100.G90,2026-11-24,2.815\nH100.G90,2026-11-25,2.816\n")
    assert [tick for _, _, tick in read_prints(str(file))] == [2_815, 2_816]
    file.write_text("x" * (PRINTS_BYTES_MAX + 1))
    with pytest.raises(UserError, match=r"prints\.csv: more than 65536 bytes"):
        read_prints(str(file))
    file.write_bytes(b"\xff")
    for name in (str(file), str(tmp_path / "missing.csv"), str(tmp_path)):
        with pytest.raises(UserError, match=f"--file {name}: "):
            read_prints(name)


@pytest.mark.rule("SETTLE-011")
def test_amounts_are_accounts_with_mills() -> None:
    assert parse_amounts(["7=7440", "8=-7440"]) == [(7, 7_440), (8, -7_440)]
    for wrong in ("7", "7=", "=30", "7=3.5", "-7=30", "7=+5"):
        with pytest.raises(UserError, match="is not ACCOUNT=MILLS"):
            parse_amounts([wrong])
